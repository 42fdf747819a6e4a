package import Driver
import Synchronization
import Wire

/// Progress redrawn in place, at most eight times a second, and only the lines that changed.
package final class TerminalDisplay: Display {
  private struct State {
    var live = LiveState()
    var drawing = Drawing()
    var drawnAt = Int64.min
    var hasEnded = false
    var isPaused = false
    /// The terminal is being made narrower: until when nothing is drawn, and how wide it was last.
    var settling: (until: Int64, width: Int)?
  }

  private static let redrawMilliseconds: Int64 = 125
  /// Who drags a window makes it narrower many times, and the kernel hears of that later than the terminal (of tmux
  /// after a quarter of a second). What is drawn meanwhile would be wrapped, and a part of it stay: so what is there is
  /// left alone until the width stays as it is, and it is known how much room it takes.
  private static let settleMilliseconds: Int64 = 500
  private let state = Mutex(State())
  private let style: LiveStyle
  private let size: @Sendable () -> (width: Int, height: Int)
  private let time: TimeSource
  private let write: @Sendable (String) -> Void
  private let ticker: Mutex<Task<Void, Never>?> = Mutex(nil)

  package init(
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

  package func begin(_ record: RolloutRecord) { state.withLock { $0.live = LiveState(record) } }

  package func show(_ line: EventLine) {
    state.withLock {
      $0.live.apply(line, now: time.monotonicMilliseconds())
      draw(&$0, force: false)
    }
  }

  package func note(_ text: String) { besides { write(visible(text, lines: true) + "\n") } }

  /// Takes the drawing away while somebody else writes to the same terminal.
  package func besides(_ body: () -> Void) {
    state.withLock {
      write($0.drawing.wiped(width: size().width))
      body()
      draw(&$0, force: true)
    }
  }

  package func pause() {
    state.withLock {
      guard !$0.hasEnded else { return }
      write($0.drawing.wiped(width: size().width))
      $0.isPaused = true
    }
  }

  package func goOn() {
    state.withLock {
      $0.isPaused = false
      draw(&$0, force: true)
    }
  }

  /// Takes the drawing away and gives the cursor back: the report says all of it better.
  package func end() {
    ticker.withLock { $0?.cancel() }
    state.withLock {
      guard !$0.hasEnded else { return }
      write($0.drawing.wiped(width: size().width))
      $0.hasEnded = true
    }
  }

  private func isSettled(_ state: inout State, width: Int, now: Int64) -> Bool {
    if state.settling.map({ $0.width != width }) ?? state.drawing.isWider(than: width) {
      state.settling = (now + Self.settleMilliseconds, width)
    }
    if let until = state.settling?.until, now < until { return false }
    state.settling = nil
    return true
  }

  private func draw(_ state: inout State, force: Bool) {
    let now = time.monotonicMilliseconds()
    guard !state.hasEnded, !state.isPaused, force || now - Self.redrawMilliseconds >= state.drawnAt else {
      return
    }
    let size = size()
    guard isSettled(&state, width: size.width, now: now) else { return }
    let frame = state.live.frame(width: size.width, height: size.height, style: style, now: now)
    state.drawnAt = now
    let text = state.drawing.changed(to: frame, width: size.width)
    if !text.isEmpty { write(text) }
  }
}
