import CLinux

/// SIGTERM and SIGINT, noted instead of obeyed: the agent looks at it between actions.
package enum Termination {
  /// Called once, first in main.
  package static func watch() { _ = fleet_watch_termination() }

  package static var isWanted: Bool { fleet_termination_seen() != 0 }
}
