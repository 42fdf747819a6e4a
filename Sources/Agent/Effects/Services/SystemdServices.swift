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

  /// All at once, as `systemctl stop a b` does: who waits for whom their units say (systemd.unit(5), `After=`).
  package func stop(interruption: InterruptionCheck) throws(ServiceError) {
    let running = try systemctl.show(units.reversed()).filter { !$0.isDown }.map(\.name)
    guard !running.isEmpty else { return }
    try systemctl.change(["stop", "--no-block", "--"] + running)
    let late = try waitForEnd(of: running, seconds: stopTimeoutSeconds, interruption)
    guard !late.isEmpty else { return }
    // Their own time-outs may be longer, or none.
    try systemctl.change(["kill", "-s", "KILL", "--"] + late)
    guard
      let left = try waitForEnd(of: late, seconds: EffectLimits.serviceKillSeconds, interruption).first
    else { return }
    if systemctl.isShuttingDown() { throw .shuttingDown }
    throw .cannotStop(left, "it is \(try state(of: left).words) after SIGKILL")
  }

  /// - Returns: those that are not down in time.
  private func waitForEnd(
    of units: [String], seconds: Int, _ interruption: InterruptionCheck
  ) throws(ServiceError) -> [String] {
    let end = time.now() + .seconds(seconds)
    var pauses = GrowingPause.ofService
    while true {
      let running = try systemctl.show(units).filter { !$0.isDown }.map(\.name)
      if running.isEmpty { return [] }
      if let why = interruption() { throw .interrupted(why) }
      guard time.now() < end else { return running }
      time.sleep(pauses.take())
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
    var pauses = GrowingPause.ofService
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
      time.sleep(pauses.take())
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
