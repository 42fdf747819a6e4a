import Glibc
import Files
package import SystemPackage

/// An app that systemd runs. All waiting is our own, with our own ends: systemctl is never waited for
/// (`--no-block`), since a unit may have no time-out itself.
package struct SystemdServices: ServiceControl {
  /// In start order.
  var units: [String]
  var stopTimeoutSeconds: Int
  var systemctl = Systemctl.system
  var time = MonotonicTime.live
  /// Where control groups are mounted.
  var controlGroups: FilePath = "/sys/fs/cgroup"

  package init(
    units: [String], stopTimeoutSeconds: Int, systemctl: Systemctl = .system,
    time: MonotonicTime = .live, controlGroups: FilePath = "/sys/fs/cgroup"
  ) {
    self.units = units
    self.stopTimeoutSeconds = stopTimeoutSeconds
    self.systemctl = systemctl
    self.time = time
    self.controlGroups = controlGroups
  }

  package func states() throws(ServiceError) -> [ServiceState] { try systemctl.show(units) }

  package var isShuttingDown: Bool { systemctl.isShuttingDown() }

  // MARK: stop

  package func stop(interruption: InterruptionCheck) throws(ServiceError) {
    for unit in units.reversed() { try stop(unit, interruption) }
  }

  private func stop(_ unit: String, _ interruption: InterruptionCheck) throws(ServiceError) {
    let before = try state(of: unit)
    if before.isDown { return }
    try systemctl.change(["stop", "--no-block", "--", unit])
    if try waitForEnd(of: unit, seconds: stopTimeoutSeconds, interruption) { return }
    // Its own time-out may be longer, or none.
    try systemctl.change(["kill", "-s", "KILL", "--", unit])
    if try waitForEnd(of: unit, seconds: EffectLimits.serviceKillSeconds, interruption) { return }
    if systemctl.isShuttingDown() { throw .shuttingDown }
    throw .cannotStop(unit, "it is \(try state(of: unit).words) after SIGKILL")
  }

  private func waitForEnd(of unit: String, seconds: Int, _ interruption: InterruptionCheck)
    throws(ServiceError) -> Bool
  {
    let end = time.now() + .seconds(seconds)
    while true {
      if try state(of: unit).isDown { return true }
      if let why = interruption() { throw .interrupted(why) }
      guard time.now() < end else { return false }
      time.sleep(.milliseconds(EffectLimits.servicePollMilliseconds))
    }
  }

  // MARK: start

  package func start(deadline: Duration, interruption: InterruptionCheck) throws(ServiceError) {
    for unit in units {
      guard try state(of: unit).isLoaded else { throw .noSuchUnit(unit) }
      // Earlier failures must not count against this start (StartLimitBurst=). Of a unit that never
      // ran there is nothing to forget, and that is no failure.
      try? systemctl.change(["reset-failed", "--", unit])
      try systemctl.change(["start", "--no-block", "--", unit])
      try waitForStart(of: unit, deadline, interruption)
    }
  }

  private func waitForStart(of unit: String, _ deadline: Duration, _ interruption: InterruptionCheck)
    throws(ServiceError)
  {
    while true {
      let state = try state(of: unit)
      // A job that has not begun still shows the unit as it was before.
      if !state.hasJob, state.isUp { return }
      if !state.hasJob, state.isDown {
        if systemctl.isShuttingDown() { throw .shuttingDown }
        // A condition that fails makes the start end well, with nothing started. Of a unit that nothing
        // wants systemd forgets even that.
        if !state.conditionHeld { throw .blocked(unit) }
        let guess = state.activity == .failed ? "" : ": it ended at once, or a condition holds it"
        throw .cannotStart(unit, "it is \(state.words)\(guess); `journalctl -u \(unit)` says why")
      }
      if let why = interruption() { throw .interrupted(why) }
      guard time.now() < deadline else {
        throw .cannotStart(unit, "it is \(state.words) and not up in time")
      }
      time.sleep(.milliseconds(EffectLimits.servicePollMilliseconds))
    }
  }

  private func state(of unit: String) throws(ServiceError) -> ServiceState {
    guard let state = try systemctl.show([unit]).first else { throw .noSuchUnit(unit) }
    return state
  }

  // MARK: processes

  package var knowsItsProcesses: Bool { true }

  package func processes() throws(ServiceError) -> [ServiceProcess] {
    ControlGroup.processes(ofUnits: units, below: controlGroups).map { pid in
      ServiceProcess(pid: pid, name: ProcessTree.entry(of: pid)?.name ?? "?")
    }
  }
}
