import Foundation
import Synchronization
import TestSupport

/// Asks the app all the time what it has acknowledged: each version's highest row is what must not be lost.
final class Watch: Sendable {
  private struct State {
    var acknowledged: [String: Int] = [:]
    var isOver = false
  }
  private let state = Mutex(State())

  init(port: Int) {
    Thread.detachNewThread { [self] in
      while !state.withLock({ $0.isOver }) {
        if let status = AppStatus(port: port) {
          state.withLock { state in
            guard !state.isOver else { return }
            state.acknowledged[status.version] = max(
              state.acknowledged[status.version] ?? 0, status.acknowledged)
          }
        }
        usleep(150_000)
      }
    }
  }

  deinit { stop() }

  func stop() { state.withLock { $0.isOver = true } }

  func acknowledged(by version: String) -> Int { state.withLock { $0.acknowledged[version] ?? 0 } }
}

/// What the app says of itself.
struct AppStatus {
  let version: String
  let acknowledged: Int
  let rows: Int
  let isHealthy: Bool

  /// nil when it does not answer, or is not well.
  init?(port: Int) {
    guard let body = HTTP.get(port: port, path: "/status"),
      let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any],
      let version = object["version"] as? String, let acknowledged = object["last_acked"] as? Int,
      let rows = object["rows"] as? Int, let isHealthy = object["healthy"] as? Bool
    else { return nil }
    self.version = version
    self.acknowledged = acknowledged
    self.rows = rows
    self.isHealthy = isHealthy
  }
}
