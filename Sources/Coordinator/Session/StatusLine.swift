import Text
import Synchronization

/// A line at the end of a terminal's text that says what is waited for. Whatever else is written takes its place, and
/// while somebody is asked it stays away.
final class StatusLine: Sendable {
  private struct State {
    var isShown = false
    var isAsking = false
  }

  private let state = Mutex(State())
  private let put: @Sendable (String) -> Void
  private let width: @Sendable () -> Int

  /// - Parameter put: writes to the terminal.
  init(width: @escaping @Sendable () -> Int, put: @escaping @Sendable (String) -> Void) {
    self.width = width
    self.put = put
  }

  /// nil takes it away.
  func show(_ text: String?) {
    state.withLock { state in
      if state.isAsking || text == nil && !state.isShown { return }
      put(
        "\r" + (text.map { Columns.cut($0, to: max(1, width() - 1), ellipsis: "~") } ?? "") + Self.eraseLine)
      state.isShown = text != nil
    }
  }

  /// Something else is written, and takes its place.
  func giveWay<Result>(_ write: () -> Result) -> Result {
    show(nil)
    return write()
  }

  func stayAway<Result>(_ ask: () -> Result) -> Result {
    show(nil)
    state.withLock { $0.isAsking = true }
    defer { state.withLock { $0.isAsking = false } }
    return ask()
  }

  private static let eraseLine = "\u{1B}[K"
}
