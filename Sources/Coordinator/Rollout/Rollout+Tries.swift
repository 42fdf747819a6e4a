package import Wire

/// A rollout that is gone on with tries hosts again. What came of them before stays: another try adds to it, and one
/// that comes to nothing leaves it as it was.
extension Rollout {
  /// What a job on a host came to, and what was done about it.
  package struct Try: Equatable, Sendable {
    package internal(set) var outcome: Outcome
    package internal(set) var cause: Cause?
    package internal(set) var result: JobResult?
    package internal(set) var rollbackResult: JobResult?
    var attempt: Int
    var rollback: RollbackState
    var rollbackTrouble: Cause?
    var unwell: Cause?

    /// nil where no job came to an end there that a later look would not tell better.
    init?(_ member: Member) {
      guard let outcome = member.outcome else { return nil }
      switch outcome {
      case .rolledBack, .failed, .interrupted: break
      case .refused where member.result != nil: break
      case .upgraded, .restored, .refused, .current, .deferred, .unreachable, .untouched, .unknown: return nil
      }
      self.outcome = outcome
      cause = member.cause
      result = member.result
      rollbackResult = member.rollbackResult
      attempt = member.attempt
      rollback = member.rollback
      rollbackTrouble = member.rollbackTrouble
      unwell = member.unwell
    }
  }

  /// Whether what a host settles with is something new, and not only that it may not, or cannot, be tried again.
  private func isNews(_ outcome: Outcome, _ cause: Cause?, of member: Member) -> Bool {
    if outcome.isAtRelease || outcome == .unknown { return true }
    if outcome == .unreachable, policy.haltOnUnreachable { return true }
    switch member.place {
    case .unseen, .probing, .planned: return member.result != nil
    case .staging: return member.result != nil && !(cause.map { Self.reminders.contains($0.code) } ?? false)
    case .staged, .clearing, .cutover, .lost, .goingBack, .settled: return true
    }
  }

  /// Its agent says that it was tried before, or that somebody else is at work.
  private static let reminders: [Cause.Code] = [.marked, .refusedBefore, .held, .claimed]

  /// Keeps what a host came to before, or takes it up again. Before it settles.
  ///
  /// - Returns: whether it is settled as before.
  mutating func settleAsBefore(_ index: Int, _ outcome: Outcome, _ cause: Cause?) -> Bool {
    guard let before = members[index].before else { return false }
    members[index].before = nil
    guard !isNews(outcome, cause, of: members[index]) else {
      members[index].earlier.append(before)
      return false
    }
    // A job that was ordered is spent, whatever became of it.
    if members[index].place != .staging { members[index].attempt = before.attempt }
    members[index].place = .settled(before.outcome)
    members[index].cause = before.cause
    members[index].result = before.result
    members[index].rollbackResult = before.rollbackResult
    members[index].rollback = before.rollback
    members[index].rollbackTrouble = before.rollbackTrouble
    members[index].unwell = before.unwell
    members[index].isForgiven = true
    return true
  }
}

extension Rollout.Member {
  /// All that it came to before its current try, the oldest first.
  package var tries: [Rollout.Try] { earlier + (before.map { [$0] } ?? []) }
}
