import Glibc

/// The time of day, for people and for names: it may be set, and nothing is decided by it.
package enum WallClock {
  /// Milliseconds since 1970 (clock_gettime(2), CLOCK_REALTIME).
  package static func milliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
}
