import Testing

@testable import Text
@testable import Report
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

  @Test(
    arguments: [
      ([], 10, 0), ([""], 10, 1), (["0123456789"], 10, 1), (["0123456789a"], 10, 2), (["0123456789"], 5, 2),
      (["a", "0123456789a", "b"], 4, 5), (["0123456789"], 110, 1),
      // Two columns each: five fit into 10, two into 5, where one column stays free.
      (["温度温度温"], 10, 1), (["温度温度温"], 9, 2), (["温度温度温"], 5, 3), (["a温度温度"], 4, 3), (["温"], 1, 1),
      // Marks that combine take none.
      (["e\u{301}e\u{301}e\u{301}"], 3, 1), (["e\u{301}e\u{301}e\u{301}"], 2, 2), (["⠸ veg ░░░"], 5, 2),
    ] as [([String], Int, Int)])
  func `how many rows lines take on a terminal that has become as narrow as that`(
    lines: [String], width: Int, rows: Int
  ) {
    #expect(Drawing.rows(of: lines, width: width) == rows)
    guard width > 2, !lines.isEmpty else { return }
    // As the model of one has it.
    var screen = ScreenDouble(width: 200, height: 30)
    screen.take(cooked(lines.joined(separator: "\n") + "\n"))
    screen.resize(width: width)
    screen.take("end")
    #expect(screen.lines.firstIndex(of: "end") == rows)
  }

  /// A frame as the live view has it, for any width.
  private func frame(_ width: Int, round: Int) -> [String] {
    let detail = round % 2 == 0 ? "well for 3 of 5 s, at most 90 s, then it is undone" : "温度温度"
    return [
      "growroom v4.1.0 (track v4)   0 of 4 done   0:0\(round)", "⠸ veg     staging: check    \(detail)",
      "\u{1B}[32m⠸ flower  staging: extract\u{1B}[0m",
      "nothing is down: cut over is when all are staged, the canary first",
    ].map { Columns.cut($0, to: width) }
  }

  /// Each width with two frames; what stood above stays, but where the terminal cuts lines off or has no room.
  @Test(
    arguments: ScreenDouble.Kind.allCases, [[80, 50, 110, 80], [80, 40, 30, 20, 80], [120, 60, 119, 61]])
  func `a view on a terminal that is resized stands there once, and is gone at the end`(
    kind: ScreenDouble.Kind, widths: [Int]
  ) {
    var (screen, drawing) = (ScreenDouble(width: widths[0], height: 60, kind: kind), Drawing())
    let above = (1...30).map { "line \($0)" }
    screen.take(cooked(above.joined(separator: "\n") + "\n"))
    func whole(_ screen: ScreenDouble) -> [String] { screen.scrolledOff + screen.lines }
    for (index, width) in widths.enumerated() {
      screen.resize(width: width)
      for round in [2 * index, 2 * index + 1] {
        let frame = frame(width, round: round).map {
          $0.replacing("\u{1B}[32m", with: "").replacing("\u{1B}[0m", with: "")
        }
        screen.take(cooked(drawing.changed(to: self.frame(width, round: round), width: width)))
        #expect(screen.lines.suffix(frame.count) == frame[...], "\(width)")
        let other = whole(screen).dropLast(frame.count)
        #expect(other.allSatisfy { $0.hasPrefix("line ") }, "\(width): \(other)")
        if kind != .cuts { #expect(Array(other) == above, "\(width)") }
      }
    }
    screen.resize(width: 33)
    screen.take(cooked(drawing.wiped(width: 33)))
    #expect(whole(screen).allSatisfy { $0.hasPrefix("line ") })
    if kind != .cuts { #expect(whole(screen) == above) }
    #expect(screen.isCursorShown && screen.faults.isEmpty)
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
