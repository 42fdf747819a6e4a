import Testing

@testable import Report
@testable import Coordinator

/// Any frames on any terminal, in any order, with what is said in between and resizes: the last frame is what
/// is seen, once.
@Suite struct DrawingFuzzTests {
  private struct Dice: RandomNumberGenerator {
    var state: UInt64

    /// SplitMix64.
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  private func cooked(_ text: String) -> String { text.replacing("\n", with: "\r\n") }

  private func frame(_ width: Int, _ height: Int, _ dice: inout Dice) -> [String] {
    (0..<Int.random(in: 1..<height, using: &dice)).map { _ in
      let text = String(repeating: ["a", "b", "░"].randomElement(using: &dice) ?? "a", count: width)
      let line = String(text.prefix(Int.random(in: 1...width, using: &dice)))
      return Bool.random(using: &dice) ? "\u{1B}[31m\(line)\u{1B}[0m" : line
    }
  }

  private func bare(_ line: String) -> String {
    line.replacing("\u{1B}[31m", with: "").replacing("\u{1B}[0m", with: "")
  }

  @Test(arguments: (0..<20).map { _ in UInt64.random(in: 0..<1_000_000) })
  func `the last frame is what is seen`(seed: UInt64) {
    print("drawing seed \(seed)")
    var dice = Dice(state: seed)
    let height = Int.random(in: 4...30, using: &dice)
    var width = Int.random(in: 10...120, using: &dice)
    var (screen, drawing) = (ScreenDouble(width: width, height: height), Drawing())
    for round in 0..<100 {
      switch Int.random(in: 0..<10, using: &dice) {
      case 0:
        screen.take(cooked(drawing.wiped(width: width)))
        screen.take("said \(round)\r\n")
      case 1:
        // Only wider: how a narrower one wraps is the terminal's own way, and has a test of its own.
        width += Int.random(in: 1...5, using: &dice)
        screen.resize(width: width)
      default: break
      }
      let frame = frame(width, height, &dice)
      screen.take(cooked(drawing.changed(to: frame, width: width)))
      #expect(screen.lines.suffix(frame.count) == frame.map(bare)[...], "seed \(seed), round \(round)")
      #expect(screen.faults.isEmpty)
    }
    let drawn = (screen.lines + screen.scrolledOff).filter { !$0.hasPrefix("said") && !$0.isEmpty }.count
    screen.take(cooked(drawing.wiped(width: width)))
    #expect(
      (screen.lines + screen.scrolledOff).allSatisfy { $0.hasPrefix("said") || $0.isEmpty }, "seed \(seed)")
    #expect(drawn > 0 && screen.isCursorShown)
  }
}
