import Testing

@testable import Coordinator

@Suite struct DrawingTests {
  private func screen(_ width: Int = 20, _ height: Int = 8) -> ScreenDouble {
    var screen = ScreenDouble(width: width, height: height)
    screen.take("$ fleet upgrade\r\n")
    return screen
  }

  /// As the line discipline sends it on.
  private func cooked(_ text: String) -> String { text.replacing("\n", with: "\r\n") }

  @Test func `a frame stands under what was there, and is drawn over by the next`() {
    var (screen, drawing) = (screen(), Drawing())
    for frame in [["one", "two", "three"], ["one", "2", "three"], ["one"], ["a", "b", "c", "d"]] {
      screen.take(cooked(drawing.changed(to: frame, width: 20)))
      #expect(screen.lines == ["$ fleet upgrade"] + frame)
      #expect(!screen.isCursorShown)
    }
    screen.take(cooked(drawing.wiped(width: 20)))
    #expect(screen.lines == ["$ fleet upgrade"])
    #expect(screen.isCursorShown && screen.faults.isEmpty && screen.scrolledOff.isEmpty)
  }

  @Test func `what has not changed is not sent again`() {
    var drawing = Drawing()
    _ = drawing.changed(to: ["one", "two"], width: 20)
    #expect(drawing.changed(to: ["one", "two"], width: 20) == "")
    let sent = drawing.changed(to: ["one", "2"], width: 20)
    #expect(!sent.contains("one") && sent.contains("2") && !sent.contains("\u{1B}[J"))
  }

  @Test func `a line as wide as the terminal keeps its last character`() {
    var (screen, drawing) = (screen(4), Drawing())
    screen.take(cooked(drawing.changed(to: ["\u{1B}[32mabcd\u{1B}[0m", "x"], width: 4)))
    #expect(screen.lines.suffix(2) == ["abcd", "x"])
  }

  @Test func `a terminal that became narrower is put right`() {
    var (screen, drawing) = (screen(20, 12), Drawing())
    screen.take(cooked(drawing.changed(to: ["0123456789abcdefgh", "short", "0123456789abc"], width: 20)))
    screen.resize(width: 10)
    screen.take(cooked(drawing.changed(to: ["0123456~", "short"], width: 10)))
    #expect(screen.lines.suffix(2) == ["0123456~", "short"])
    #expect(screen.lines.filter { $0.contains("short") }.count == 1)
    screen.take(cooked(drawing.wiped(width: 10)))
    #expect(screen.lines.joined() == "$ fleet upgrade")
  }

  @Test func `a frame that fills the terminal does not scroll`() {
    var (screen, drawing) = (ScreenDouble(width: 20, height: 5), Drawing())
    for round in 0..<3 {
      screen.take(cooked(drawing.changed(to: (0..<4).map { "\(round)-\($0)" }, width: 20)))
    }
    #expect(screen.lines == ["2-0", "2-1", "2-2", "2-3"])
    #expect(screen.scrolledOff.isEmpty)
  }
}
