/// The steps of an upgrade, in their order. One name for each, in code, journal, wire, command line
/// and documents.
package enum Step: String, Codable, CaseIterable, Sendable {
  // Stage: the old version runs on.
  case check, account, receive, extract, prepare, rehearse, complete
  case carryEarly = "carry early"
  // Cutover: the app is down from `stop` to the end of `prove`.
  case ask = "guard"
  case stop
  case carry, migrate, swap, restart, prove
  /// The new version runs and is proved; where it was asked for, it waits to be confirmed.
  case confirm
  case commit, settle
  // Undo: the undo.
  case undo

  package var isStage: Bool {
    switch self {
    case .check, .account, .receive, .extract, .prepare, .rehearse, .complete, .carryEarly: true
    case .ask, .stop, .carry, .migrate, .swap, .restart, .prove, .confirm, .commit, .settle, .undo: false
    }
  }
}

/// What became of a host.
package enum Outcome: String, Codable, CaseIterable, Sendable {
  case upgraded
  case current
  case rolledBack = "rolled_back"
  /// How a rollback succeeds: a backup was put back, and proved.
  case restored
  /// Needs hands.
  case failed
  /// Before any downtime.
  case refused
  /// Window, guard, `canary_for`, "not now".
  case deferred
  case unreachable
  /// The rollout halted before its turn.
  case untouched
  case unknown
  /// A shutdown came in between; recovery ended it.
  case interrupted

  /// The tree that a job made stays: what was installed before has become a backup.
  package var isCommitted: Bool { self == .upgraded || self == .restored }
}
