package import Wire
/// A pause between two waves in which hosts are asked how they are. Pure: it says when to ask next, and
/// whether what was heard means that a host turned unwell.
package struct Soak: Sendable {
  private let end: Int64
  private var hasAskedAtEnd = false
  /// How often in a row a host said that it is unwell.
  private var unwell: [String: Int] = [:]

  /// - Parameter began: on the monotonic clock, in milliseconds.
  package init(seconds: Int, began: Int64) { end = began + Int64(seconds) * 1000 }

  /// How long to wait before all are asked (again), in milliseconds; nil: it is over. The last question
  /// comes at its end, and where a host is under suspicion it goes on until that is settled.
  package mutating func pause(now: Int64) -> Int64? {
    let step = Int64(RolloutLimits.healthSeconds) * 1000
    guard now < end else {
      guard hasAskedAtEnd else {
        hasAskedAtEnd = true
        return 0
      }
      return unwell.isEmpty ? nil : step
    }
    if end - now <= step { hasAskedAtEnd = true }
    return min(step, end - now)
  }

  /// Whether it has to be asked once more.
  package func suspects(_ host: String) -> Bool { unwell[host] != nil }

  /// What is wrong, where this answer settles that the host is unwell.
  package mutating func heard(_ host: String, _ health: AppHealth) -> Cause? {
    switch health {
    case .well, .unknown:
      unwell[host] = nil
      return nil
    case .unwell(let cause):
      unwell[host, default: 0] += 1
      return unwell[host, default: 0] >= RolloutLimits.unwellAnswers ? cause : nil
    }
  }
}
