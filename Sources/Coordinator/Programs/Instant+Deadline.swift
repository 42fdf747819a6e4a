extension ContinuousClock.Instant {
  package static func after(seconds: Double) -> Self { .now + .milliseconds(Int64(seconds * 1000)) }

  /// Rounded up; 0 when it has passed.
  package var millisecondsLeft: Int64 {
    let left = ContinuousClock.now.duration(to: self)
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1
  }

  package var secondsLeft: Double { Double(millisecondsLeft) / 1000 }
}
