import Glibc

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

  /// clock_gettime(2): CLOCK_REALTIME and CLOCK_BOOTTIME.
  package static let system = TimeSource(
    nowMilliseconds: { read(CLOCK_REALTIME) },
    monotonicMilliseconds: { read(CLOCK_BOOTTIME) },
    sleep: { try await Task.sleep(for: .milliseconds($0)) })

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
