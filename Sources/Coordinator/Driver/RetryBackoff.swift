import Rollout

/// How long a job is followed at all, whatever its agent says meanwhile.
package struct JobLimit: Sendable {
  private let time: TimeSource
  private let end: Int64

  package init(_ time: TimeSource) {
    self.time = time
    end = time.monotonicMilliseconds() + Int64(RolloutLimits.longestJobSeconds) * 1000
  }

  package var isOver: Bool { time.monotonicMilliseconds() >= end }

  package var secondsLeft: Double { Double(max(0, end - time.monotonicMilliseconds())) / 1000 }
}

/// How long to keep trying: waits grow, and end.
struct RetryBackoff {
  private let time: TimeSource
  private var deadline: Int64
  private var next = RolloutLimits.firstRetryMilliseconds
  private var hasEnded = false

  init(_ time: TimeSource, seconds: Int) {
    self.time = time
    deadline = time.monotonicMilliseconds() + Int64(seconds) * 1000
  }

  /// There was news: it is worth while to wait so long from now on.
  mutating func lastAtLeast(seconds: Int) {
    deadline = max(deadline, time.monotonicMilliseconds() + Int64(seconds) * 1000)
    next = RolloutLimits.firstRetryMilliseconds
  }

  /// Waits before the next try. False at once when the time is over; whoever goes on trying then waits
  /// the longest pause each time.
  mutating func wait() async -> Bool {
    let left = deadline - time.monotonicMilliseconds()
    guard left > 0 || hasEnded else {
      hasEnded = true
      return false
    }
    let pause = hasEnded ? RolloutLimits.lastRetryMilliseconds : min(next, left)
    next = min(next * 2, RolloutLimits.lastRetryMilliseconds)
    return (try? await time.sleep(pause)) != nil && !hasEnded
  }
}
