import Foundation
package import Glibc
import Synchronization

/// A server or the like that a test started, killed with its owner. What it prints goes to a file.
package final class Child: Sendable {
  package let pid: pid_t
  private let isOver = Mutex(false)

  package init(
    _ words: [String], log: String = "/dev/null", environment: [String: String] = [:]
  ) throws {
    let whole = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
    pid = try Spawn.start(words, environment: whole, output: .file(log), error: .file(log))
    LeftBehind.note(pid: pid)
  }

  deinit {
    guard !isOver.withLock({ $0 }) else { return }
    kill(pid, SIGKILL)
    LeftBehind.forget(pid: pid)
    _ = Spawn.wait(for: pid)
  }

  /// Waits for its end, which must be a success.
  package func finish() throws {
    let code = Spawn.wait(for: pid)
    LeftBehind.forget(pid: pid)
    isOver.withLock { $0 = true }
    guard code == 0 else { throw Spawn.Failed("it ended with \(code)") }
  }

  /// Kills what this program has started, all generations, and leaves the program itself.
  package func killDescendants() {
    for child in Self.descendants(of: pid) { kill(child, SIGKILL) }
  }

  private static func descendants(of pid: Int32) -> [Int32] {
    let list = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
    let children = (list ?? "").split(separator: " ").compactMap { Int32($0) }
    return children + children.flatMap(descendants)
  }
}

/// Calls that block get a thread of their own, as in the coordinator.
package func onOwnThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}
