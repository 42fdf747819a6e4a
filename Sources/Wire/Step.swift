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
  /// The way back to the old version.
  case undo

  package var isStage: Bool {
    switch self {
    case .check, .account, .receive, .extract, .prepare, .rehearse, .complete, .carryEarly: true
    case .ask, .stop, .carry, .migrate, .swap, .restart, .prove, .confirm, .commit, .settle, .undo: false
    }
  }
}
