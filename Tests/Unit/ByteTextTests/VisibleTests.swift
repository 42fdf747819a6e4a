import ByteText
import Testing

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
    #expect(text.madeVisible() == shown)
  }

  @Test func `line ends stay where they are asked for`() {
    #expect("a\nb\r\n".madeVisible(lines: true) == "a\nb\\u{d}\n")
  }

  @Test func `what is too long is cut, and that is said`() {
    #expect("abcdef".madeVisible(limit: 3) == "abc…")
    #expect("abc".madeVisible(limit: 3) == "abc")
    let bomb = "e" + String(repeating: "\u{301}", count: 10_000)
    #expect(bomb.madeVisible(limit: 10).unicodeScalars.count == 11)
  }

  @Test(arguments: ["\u{7F}abcdefghijklmno", "abcdefg\u{7F}hij", "abcdefgh\u{1B}", "\n\n\n", "abcdefghijk"])
  func `what was made visible stays as it is, however long it was`(_ text: String) {
    for limit in 0...24 {
      let once = text.madeVisible(limit: limit)
      #expect(once.madeVisible(limit: limit) == once)
      #expect(once.unicodeScalars.count <= limit + 1)
    }
  }
}
