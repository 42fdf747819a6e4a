import CLinux

/// SIGTERM and SIGINT, noted instead of obeyed: the agent looks at it between actions.
enum Termination {
  /// Called once, first in main.
  static func watch() { _ = fleet_watch_termination() }

  static var isWanted: Bool { fleet_termination_seen() != 0 }
}
