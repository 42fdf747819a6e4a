import Files

/// The clocks that a rollout goes by; tests put their own in.
package struct TimeSource: Sendable {
  /// The wall clock, for people and for ids: milliseconds since 1970.
  package var nowMilliseconds: @Sendable () -> Int64
  /// A clock that is never set and runs on in suspend: milliseconds since some start.
  package var monotonicMilliseconds: @Sendable () -> Int64
  /// Throws only when the task is cancelled.
  package var sleep: @Sendable (_ milliseconds: Int64) async throws -> Void

  package init(
    nowMilliseconds: @escaping @Sendable () -> Int64,
    monotonicMilliseconds: @escaping @Sendable () -> Int64,
    sleep: @escaping @Sendable (_ milliseconds: Int64) async throws -> Void
  ) {
    self.nowMilliseconds = nowMilliseconds
    self.monotonicMilliseconds = monotonicMilliseconds
    self.sleep = sleep
  }

  package static let system = TimeSource(
    nowMilliseconds: WallClock.milliseconds, monotonicMilliseconds: BootClock.milliseconds,
    sleep: { try await Task.sleep(for: .milliseconds($0)) })
}
