import Foundation
import Synchronization

/// What must not outlive the test run. Owners clean up when they are released, but the run may end while the
/// thread of the last test still holds one.
package enum LeftBehind {
  private struct Things {
    var pids: Set<Int32> = []
    var directories: Set<String> = []
  }

  private static let things = Mutex(Things())

  private static let armed: Bool =
    atexit {
      let left = LeftBehind.things.withLock { $0 }
      for pid in left.pids { kill(pid, SIGKILL) }
      for path in left.directories { try? FileManager.default.removeItem(atPath: path) }
    } == 0

  package static func note(pid: Int32) { things.withLock { _ = armed && $0.pids.insert(pid).inserted } }
  package static func note(directory: String) {
    things.withLock { _ = armed && $0.directories.insert(directory).inserted }
  }
  package static func forget(pid: Int32) { things.withLock { _ = $0.pids.remove(pid) } }
  package static func forget(directory: String) { things.withLock { _ = $0.directories.remove(directory) } }
}
