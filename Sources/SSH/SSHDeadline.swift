/// A point in time after which a wait is given up. It runs on the continuous clock: while a laptop
/// sleeps its connections die too, so the time counts.
package struct SSHDeadline: Sendable, Equatable {
  let instant: ContinuousClock.Instant

  /// The moment `seconds` from now; nothing below zero, and at most a year.
  package static func after(seconds: Double) -> SSHDeadline {
    let bounded = seconds.isNaN ? 0 : min(max(seconds, 0), 365 * 86_400)
    return SSHDeadline(instant: .now + .milliseconds(Int64(bounded * 1000)))
  }

  /// Whichever comes first.
  package func orSooner(_ other: SSHDeadline) -> SSHDeadline {
    instant <= other.instant ? self : other
  }

  package var hasPassed: Bool { instant <= .now }

  /// What poll(2) takes: rounded up, so that a wait never ends just before its deadline.
  var remainingMilliseconds: Int32 {
    let left = ContinuousClock.now.duration(to: instant)
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1
    return Int32(clamping: milliseconds)
  }
}
