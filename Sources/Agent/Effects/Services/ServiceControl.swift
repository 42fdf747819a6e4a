/// What starts and stops the app.
package protocol ServiceControl {
  /// One state for each service, in start order.
  func states() throws(ServiceError) -> [ServiceState]
  /// Ends them. Returns when none runs.
  func stop(interruption: InterruptionCheck) throws(ServiceError)
  /// Starts them in order. Returns when all are up, or at the deadline (``Monotonic``).
  func start(deadline: Duration, interruption: InterruptionCheck) throws(ServiceError)
  /// Processes of the services: while they run, all of them; then those that they left behind.
  func processes() throws(ServiceError) -> [ServiceProcess]
  /// Whether that can be told here.
  var knowsItsProcesses: Bool { get }
  /// Whether the machine goes down: then that nothing runs is nobody's fault.
  var isShuttingDown: Bool { get }
}

/// A service as its manager sees it.
package struct ServiceState: Equatable, Sendable {
  enum Activity: Equatable, Sendable {
    case active, activating, deactivating, inactive, failed
    /// systemd's own word for anything else (reloading, maintenance).
    case other(String)
  }

  package var name: String
  var activity: Activity
  /// systemd's finer word: running, auto-restart, dead, …
  var detail = ""
  /// How often the manager has started it again by itself.
  var restarts = 0
  var mainPID: Int32?
  /// Another one each time that it is started.
  var invocation = ""
  /// Why it ended: success, exit-code, timeout, …
  var result = ""
  var controlGroup = ""
  /// False when a condition of the unit kept the last start from happening.
  var conditionHeld = true
  /// A job (a start or stop) of it waits or runs.
  var hasJob = false
  /// A unit that does its work and ends is well when it has ended well.
  var endsByItself = false
  /// The units that start it when something happens (sockets, paths, timers).
  var triggers: [String] = []
  /// What systemd made of its files: loaded, not-found, masked, bad-setting, error.
  package var load = "loaded"
  /// False for a unit that does not exist, or cannot be started.
  package var isLoaded: Bool { !["not-found", "masked", "bad-setting", "error"].contains(load) }

  init(name: String, activity: Activity) {
    self.name = name
    self.activity = activity
  }

  package var isUp: Bool {
    switch activity {
    case .active: true
    // Whether it ran can often not be told: systemd forgets a unit that is down and that nothing wants.
    case .inactive: endsByItself && result == "success" && conditionHeld && !hasJob
    default: false
    }
  }

  /// It neither runs nor is about to.
  package var isDown: Bool { (activity == .inactive || activity == .failed) && !hasJob }

  /// For people: "active (running)".
  package var words: String {
    let word =
      switch activity {
      case .active: "active"
      case .activating: "activating"
      case .deactivating: "deactivating"
      case .inactive: "inactive"
      case .failed: "failed"
      case .other(let word): word
      }
    let why = result.isEmpty || result == "success" ? "" : ", \(result)"
    return detail.isEmpty ? word + why : "\(word) (\(detail)\(why))"
  }
}

package struct ServiceProcess: Equatable, Sendable, CustomStringConvertible {
  package var pid: Int32
  var name: String
  package var description: String { "\(name) (pid \(pid))" }
}

package enum ServiceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The whole machine goes down: nothing of this is the release's fault.
  case shuttingDown
  case interrupted(Interruption)
  case noSuchUnit(String)
  case cannotStop(String, String)
  case cannotStart(String, String)
  /// A condition of the unit kept it from starting.
  case blocked(String)
  case manager(String)
  case command(CommandError)

  package var description: String {
    switch self {
    case .shuttingDown: "the machine is shutting down"
    case .interrupted(.cancelled): "cancelled"
    case .interrupted(.spaceUsedUp): "the disk is nearly full"
    case .interrupted(.shutdown): "the agent was told to end"
    case .noSuchUnit(let unit):
      "systemd knows no unit \(unit); see `services` in the profile, and `systemctl status \(unit)`"
    case .cannotStop(let unit, let why): "\(unit) does not stop: \(why)"
    case .cannotStart(let unit, let why): "\(unit) does not start: \(why)"
    case .blocked(let unit):
      "a condition keeps \(unit) from starting; `systemctl status \(unit)` names it"
    case .manager(let detail): "systemctl failed: \(detail)"
    case .command(let error): "\(error)"
    }
  }
}
