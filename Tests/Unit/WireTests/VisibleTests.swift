import Testing
import Wire

@Suite struct VisibleTests {
  @Test(arguments: [
    ("plain, äöü 🌱\tand tabs", "plain, äöü 🌱\tand tabs"),
    ("\u{1B}[31mred\u{1B}[0m", "\\u{1b}[31mred\\u{1b}[0m"),
    ("over\rwritten", "over\\u{d}written"),
    ("two\nlines", "two\\u{a}lines"),
    ("\0\u{7}\u{7F}", "\\u{0}\\u{7}\\u{7f}"),
    ("\u{9B}2J", "\\u{9b}2J"),
    ("gpj.\u{202E}exe", "gpj.\\u{202e}exe"),
    ("a\u{200B}b\u{AD}\u{2060}", "a\\u{200b}b\\u{ad}\\u{2060}"),
    ("\u{61C}\u{E0041}", "\\u{61c}\\u{e0041}"),
    ("\u{2028}\u{2066}\u{200F}\u{FEFF}", "\\u{2028}\\u{2066}\\u{200f}\\u{feff}"),
  ])
  func `what could repaint a terminal is shown instead`(_ text: String, _ shown: String) {
    #expect(visible(text) == shown)
  }

  @Test func `line ends stay where they are asked for`() {
    #expect(visible("a\nb\r\n", lines: true) == "a\nb\\u{d}\n")
  }

  @Test func `what is too long is cut, and that is said`() {
    #expect(visible("abcdef", limit: 3) == "abc…")
    #expect(visible("abc", limit: 3) == "abc")
    let bomb = "e" + String(repeating: "\u{301}", count: 10_000)
    #expect(visible(bomb, limit: 10).unicodeScalars.count == 11)
  }

  @Test func `a reason of a host is bounded when it is made`() {
    let reason = Cause(
      code: .prepare, step: .prepare, text: "\u{1B}c" + String(repeating: "x", count: 10_000),
      logTail: (0..<100).map { "\u{7}line \($0)" })
    #expect(reason.text.hasPrefix("\\u{1b}c"))
    #expect(reason.text.count < 4_100)
    #expect(reason.logTail.count == WireLimits.logTailLines)
    #expect(reason.logTail.last == "\\u{7}line 99")
  }
}
