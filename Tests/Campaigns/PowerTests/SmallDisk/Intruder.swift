import Foundation
import Glibc
import Synchronization

/// Waits for a step that pauses (`pocket pause`), does something to the disk meanwhile, and lets it go on. It looks at
/// the processes, so that it needs nothing of the disk and reaches into every namespace.
final class Intruder: Sendable {
  private struct State {
    var isOver = false
    var deeds = 0
    var problem: String?
  }

  private let state = Mutex(State())
  private let install: String
  private let occurrence: Int
  private let deed: @Sendable () throws -> Void

  init(install: String, occurrence: Int, deed: @escaping @Sendable () throws -> Void) {
    self.install = install
    self.occurrence = occurrence
    self.deed = deed
    Thread.detachNewThread { [self] in watch() }
  }

  /// Ends the watch; what kept it from its deed, if it was met at all and could not do it.
  func end() -> (didIt: Bool, problem: String?) {
    state.withLock {
      $0.isOver = true
      return ($0.deeds >= occurrence, $0.problem)
    }
  }

  private func watch() {
    var met: Set<pid_t> = []
    while !state.withLock({ $0.isOver }) {
      for pid in Self.paused(in: install) where met.insert(pid).inserted {
        let count = state.withLock { state in
          state.deeds += 1
          return state.deeds
        }
        if count == occurrence {
          do { try deed() } catch { state.withLock { $0.problem = "\(error)" } }
        }
        kill(pid, SIGUSR1)
      }
      usleep(5_000)
    }
  }

  private static func paused(in install: String) -> [pid_t] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap { pid_t($0) }.filter { pid in
      func read(_ name: String) -> String {
        String(
          decoding: FileManager.default.contents(atPath: "/proc/\(pid)/\(name)") ?? Data(), as: UTF8.self)
      }
      return read("comm") == "pocket-paused\n" && read("cmdline").contains(install)
    }
  }
}
