import Glibc

/// The clock that deadlines are counted on: it neither jumps nor goes back (clock_gettime(2),
/// CLOCK_MONOTONIC).
package enum Monotonic {
  /// The time since some point before the boot.
  package static func now() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  package static func sleep(_ duration: Duration) {
    guard duration > .zero else { return }
    let (seconds, attoseconds) = duration.components
    var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    var left = timespec()
    while nanosleep(&time, &left) != 0 && errno == EINTR { time = left }
  }
}

extension Duration {
  /// Whole milliseconds, rounded down.
  package var wholeMilliseconds: Int {
    Int(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
  }
}

/// Time as an effect, so that what waits can be tested without waiting.
package struct MonotonicTime: Sendable {
  var now: @Sendable () -> Duration
  var sleep: @Sendable (Duration) -> Void

  static let live = MonotonicTime(now: Monotonic.now, sleep: Monotonic.sleep)
}

/// Pauses between looks: short at first, since what is waited for is often soon done, then twice as long each time.
struct GrowingPause: Equatable, Sendable {
  private var next: Int
  private let longest: Int

  /// - Parameters: in milliseconds.
  init(first: Int, longest: Int) {
    next = min(first, longest)
    self.longest = longest
  }

  /// Of a service that starts or stops.
  static var ofService: GrowingPause {
    GrowingPause(
      first: EffectLimits.firstServicePollMilliseconds, longest: EffectLimits.longestServicePollMilliseconds)
  }

  /// Of the app's health.
  static var ofHealth: GrowingPause {
    GrowingPause(
      first: EffectLimits.firstHealthPauseMilliseconds, longest: EffectLimits.longestHealthPauseMilliseconds)
  }

  mutating func take() -> Duration {
    defer { next = min(2 * next, longest) }
    return .milliseconds(next)
  }
}

/// Why something that was going on is to end before its time.
package enum Interruption: Equatable, Sendable {
  /// The coordinator took the order back.
  case cancelled
  /// The disk has less left than must stay free.
  case spaceUsedUp
  /// The machine goes down, or the agent was told to end.
  case shutdown
}

/// Asked again and again while something takes long; nil goes on.
package typealias InterruptionCheck = () -> Interruption?

package func pause(milliseconds: Int) {
  Monotonic.sleep(.milliseconds(milliseconds))
}
