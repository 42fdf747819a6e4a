/// When a command must have ended. Pure: the time and the signs of life are handed in.
struct CommandDeadline: Equatable, Sendable {
  private let start: Duration
  private let timeout: Duration
  private let extends: Bool
  private var lastSign: Duration

  init(start: Duration, timeoutSeconds: Int, extends: Bool) {
    self.start = start
    timeout = .seconds(timeoutSeconds)
    self.extends = extends
    lastSign = start
  }

  /// It printed something, or used the processor.
  mutating func signOfLife(at time: Duration) { lastSign = max(lastSign, time) }

  var end: Duration {
    guard extends else { return start + timeout }
    return min(start + timeout * EffectLimits.extensionFactor, lastSign + timeout)
  }

  func hasPassed(at time: Duration) -> Bool { time >= end }
}
