import Foundation
import Synchronization

/// Asks the app every 50 ms whether it is there, on a thread of its own, as a user would see it.
package final class Poller: Sendable {
  private struct State {
    var answers: [Bool] = []
    var isOver = false
  }
  private let state = Mutex(State())

  package init(port: Int) {
    Thread.detachNewThread { [self] in
      while !state.withLock({ $0.isOver }) {
        let isThere = HTTP.get(port: port, path: "/status") != nil
        state.withLock { $0.answers.append(isThere) }
        usleep(50_000)
      }
    }
  }

  /// The answers so far; the asking ends.
  package func stop() -> [Bool] {
    state.withLock {
      $0.isOver = true
      return $0.answers
    }
  }
}
