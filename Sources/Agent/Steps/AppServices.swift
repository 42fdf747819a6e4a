import Effects
import ByteText
import SystemPackage
import Wire

/// The app's services as a job uses them: what runs, held, stopped, started.
struct AppServices {
  let profile: AppProfile
  let environment: StepEnvironment
  let owner: String?
  let output: FilePath
  let runner: any CommandRunning
  let log: StepLog?
  /// What starts the units on demand, and is stopped with them; nil: what there is now.
  var knownTriggers: [String]?
  /// Those of them that the new version has too, and that are started and proved with it; nil: all.
  var wantedTriggers: [String]?

  var triggers: [String] {
    guard case .units(let units) = profile.services else { return [] }
    return knownTriggers ?? (try? Systemctl.system.triggers(of: units)) ?? []
  }

  /// Which of them there still are, after a release may have taken away some. What they start is not asked: systemd
  /// forgets that of one that is down.
  func remainingTriggers() throws(StepFailure) -> [String] {
    let triggers = triggers
    return try service(.restart) { () throws(ServiceError) in
      try Systemctl.system.show(triggers).filter(\.isLoaded).map(\.name)
    }
  }

  /// In start order: who knocks is heard before the app is there.
  var names: [String] { (wantedTriggers ?? triggers) + profile.serviceNames }

  /// Only these services: after an undo, those that ran before it.
  func control(_ names: [String]? = nil) -> any ServiceControl {
    switch profile.services {
    case .units:
      SystemdServices(units: names ?? self.names, stopTimeoutSeconds: profile.stopTimeoutSeconds)
    case .commands(let start, let stop, let status):
      CommandServices(
        start: start, stop: stop, status: status, owner: owner, environment: environment,
        stopTimeoutSeconds: profile.stopTimeoutSeconds, output: output, runner: runner, log: log)
    }
  }

  private var holds: (hold: StartBlock, order: RecoveryOrder)? {
    guard case .units(let units) = profile.services else { return nil }
    return (
      StartBlock(app: profile.app, units: units + triggers),
      RecoveryOrder(app: profile.app, units: units.filter { $0.ends(with: ".service") })
    )
  }

  /// The names of those that run.
  func running(_ code: Cause.Code) throws(StepFailure) -> [String] {
    try service(code) { () throws(ServiceError) in
      let names = names
      return zip(names, try control(names).states()).filter { !$0.1.isDown }.map(\.0)
    }
  }

  /// Whether all of these are up; the first that is not, in words.
  func notUp(_ names: [String]) throws(StepFailure) -> String? {
    try service(.undo) { () throws(ServiceError) in
      guard !names.isEmpty else { return nil }
      return try control(names).states().first { !$0.isUp }.map { "\($0.name) is \($0.words)" }
    }
  }

  /// From here on nobody starts the app; and at the next boot recovery comes before it.
  func hold() throws(StepFailure) {
    guard let holds else { return }
    do {
      try holds.order.place()
      try holds.hold.place()
    } catch { throw .from(error, .stop) }
  }

  /// The app may start again.
  func lift() throws(StepFailure) {
    do { try holds?.hold.lift() } catch { throw .from(error, .restart) }
  }

  /// With no job open, nothing of fleet can keep the app from starting.
  func removeHold() throws(StepFailure) {
    do {
      try holds?.hold.remove()
      try holds?.order.remove()
    } catch { throw .from(error, .restart) }
  }

  func stop(_ code: Cause.Code) throws(StepFailure) {
    let triggers = triggers
    try service(code) { () throws(ServiceError) in
      // First, so that nothing starts the app again.
      if !triggers.isEmpty { try control(triggers).stop { nil } }
      try control(profile.serviceNames).stop { nil }
    }
  }

  /// Also where one of what starts the app on demand does not come up: the app itself is started all the same, and the
  /// failure told then.
  func start(_ names: [String], _ code: Cause.Code) throws(StepFailure) {
    let first = triggers.filter { names.contains($0) }
    let rest = names.filter { !first.contains($0) }
    var failure: StepFailure?
    do { try startTriggers(first, before: rest, code) } catch {
      if case .shutdown = error { throw error }
      failure = error
    }
    try startAlone(rest, code)
    if let failure { throw failure }
  }

  /// systemd starts no socket beside its service that runs already, as after a boot.
  private func startTriggers(
    _ triggers: [String], before rest: [String], _ code: Cause.Code
  ) throws(StepFailure) {
    guard !triggers.isEmpty, try notUp(triggers) != nil else { return }
    try service(code) { () throws(ServiceError) in try control(rest).stop { nil } }
    try startAlone(triggers, code)
  }

  private func startAlone(_ names: [String], _ code: Cause.Code) throws(StepFailure) {
    guard !names.isEmpty else { return }
    let deadline = Monotonic.now() + .seconds(profile.health.deadlineSeconds)
    try service(code) { () throws(ServiceError) in
      try control(names).start(deadline: deadline) { Termination.isWanted ? .shutdown : nil }
    }
  }

  /// systemd reads its unit files anew.
  func reload() throws(StepFailure) {
    guard case .units = profile.services else { return }
    try service(.restart) { () throws(ServiceError) in
      try Systemctl.system.change(["daemon-reload"])
    }
  }

  private func service<T>(
    _ code: Cause.Code, _ body: () throws(ServiceError) -> T
  ) throws(StepFailure) -> T {
    do { return try body() } catch {
      switch error {
      case .shuttingDown, .interrupted(.shutdown): throw .shutdown
      default: throw .because(code, "\(error)")
      }
    }
  }
}

extension AppProfile {
  /// The services by their names, in start order; commands count as one, named as the app.
  var serviceNames: [String] {
    switch services {
    case .units(let units): units
    case .commands: [app]
    }
  }
}
