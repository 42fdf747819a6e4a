package import Wire

/// What a command ends with. Several at once: the worst counts.
package enum RunExit: Int32, Sendable, CaseIterable {
  /// All as asked. Held, skipped and current hosts change nothing.
  case good = 0
  /// fleet's own fault.
  case fault = 1
  /// A host failed, was rolled back or refused, its upgrade or rollback is not settled, or the rollout halted.
  case failed = 2
  /// Inventory or configuration.
  case configuration = 3
  /// Nothing worse than unreachable or unknown hosts.
  case unreachable = 4
  /// Nothing worse than deferred.
  case deferred = 5
  /// The release was not found or refused.
  case release = 6
  /// The command line; also a question that nobody is there to answer.
  case usage = 64
  /// Ctrl-C, or "no" to the plan.
  case interrupted = 130

  /// From the worst to the best.
  private static let order: [RunExit] = [
    .fault, .usage, .configuration, .release, .interrupted, .failed, .unreachable, .deferred, .good,
  ]

  package static func worst(_ codes: some Sequence<RunExit>) -> RunExit {
    let all = Set(codes)
    return order.first { all.contains($0) } ?? .good
  }

  package static func of(_ outcome: Outcome) -> RunExit {
    switch outcome {
    case .upgraded, .restored, .current, .untouched: .good
    case .rolledBack, .failed, .refused: .failed
    case .unreachable, .unknown, .interrupted: .unreachable
    case .deferred: .deferred
    }
  }

  static func of(_ ending: Report.Ending, _ outcomes: [Outcome]) -> RunExit {
    let whole: RunExit =
      switch ending {
      case .done: .good
      case .halted: .failed
      case .interrupted, .declined: .interrupted
      case .open: .unreachable
      }
    return worst(outcomes.map { of($0) } + [whole])
  }
}
