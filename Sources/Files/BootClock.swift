import Glibc
import SystemPackage

/// Time on a machine without a battery clock: the boot, and milliseconds since it. The wall clock of
/// a Pi jumps; these two never go backwards within a boot.
package enum BootClock {
  /// A text that is new at each boot (random(4), /proc/sys/kernel/random/boot_id).
  package static func bootID() throws(FileError) -> String {
    let bytes = try readBounded("/proc/sys/kernel/random/boot_id", maxBytes: 128)
    return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
  }

  /// Milliseconds since boot, time asleep included (clock_gettime(2), CLOCK_BOOTTIME).
  package static func milliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_BOOTTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
}

/// Sleeps this thread, however many signals come.
func pauseThread(milliseconds: Int) {
  var left = timespec(tv_sec: milliseconds / 1000, tv_nsec: (milliseconds % 1000) * 1_000_000)
  var next = timespec()
  while nanosleep(&left, &next) != 0 && errno == EINTR { left = next }
}
