internal import Synchronization
internal import Wire

/// Progress redrawn in place, at most eight times a second.
final class TerminalDisplay: Display {
  private struct State {
    var live = LiveState()
    var drawnLines = 0
    var drawnAt = Int64.min
    var hasEnded = false
  }

  private static let redrawMilliseconds: Int64 = 125
  private let state = Mutex(State())
  private let style: LiveStyle
  private let size: @Sendable () -> (width: Int, height: Int)
  private let time: TimeSource
  private let write: @Sendable (String) -> Void
  private let ticker: Mutex<Task<Void, Never>?> = Mutex(nil)

  init(
    style: LiveStyle, size: @escaping @Sendable () -> (width: Int, height: Int), time: TimeSource,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.style = style
    self.size = size
    self.time = time
    self.write = write
    // Clocks of downtime run on while nothing is heard.
    let task = Task { [weak self] in
      while (try? await time.sleep(Self.redrawMilliseconds)) != nil {
        guard let self else { return }
        self.state.withLock { self.draw(&$0, force: false) }
      }
    }
    ticker.withLock { $0 = task }
  }

  func show(_ line: EventLine) {
    state.withLock {
      $0.live.apply(line, now: time.monotonicMilliseconds())
      draw(&$0, force: false)
    }
  }

  func note(_ text: String) {
    state.withLock {
      wipe(&$0)
      write(visible(text, lines: true) + "\n")
      draw(&$0, force: true)
    }
  }

  /// Takes the drawing away and gives the cursor back: the report says all of it better.
  func end() {
    ticker.withLock { $0?.cancel() }
    state.withLock {
      guard !$0.hasEnded else { return }
      wipe(&$0)
      write("\u{1B}[?25h")
      $0.hasEnded = true
    }
  }

  private func draw(_ state: inout State, force: Bool) {
    let now = time.monotonicMilliseconds()
    guard !state.hasEnded, force || now - Self.redrawMilliseconds >= state.drawnAt else { return }
    let size = size()
    let frame = state.live.frame(width: size.width, height: size.height, style: style, now: now)
    guard !frame.isEmpty else { return }
    var text = "\u{1B}[?25l" + Self.up(state.drawnLines)
    for line in frame { text += line + "\u{1B}[K\n" }
    write(text + "\u{1B}[J")
    state.drawnLines = frame.count
    state.drawnAt = now
  }

  private func wipe(_ state: inout State) {
    guard state.drawnLines > 0 else { return }
    write(Self.up(state.drawnLines) + "\u{1B}[J")
    state.drawnLines = 0
  }

  private static func up(_ lines: Int) -> String { lines > 0 ? "\u{1B}[\(lines)A\r" : "" }
}
