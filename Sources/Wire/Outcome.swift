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
