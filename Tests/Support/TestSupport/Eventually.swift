import Foundation

/// Waits for something that another process does, at most so long.
package func eventually(seconds: Int = 20, _ isTrue: () -> Bool) -> Bool {
  let end = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < end {
    if isTrue() { return true }
    usleep(20_000)
  }
  return isTrue()
}

/// Whether a process is there, and not only because nobody has waited for it yet: proc_pid_stat(5), its state.
package func isAlive(_ pid: Int32) -> Bool {
  guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return false }
  // Its name stands in parentheses, and may hold some itself.
  let state = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.first { $0 != " " }
  return state != "Z"
}
