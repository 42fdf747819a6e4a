import ByteText
import TestSupport
import Testing

@Suite struct ByteTextTests {
  @Test func `what is seen is told from what only does something`() {
    let unseen: [Unicode.Scalar] = [
      "\0", "\n", "\t", "\u{1B}", "\u{7F}", "\u{9B}", "\u{AD}", "\u{200B}", "\u{2028}",
    ]
    #expect(unseen.filter { !$0.isUnseen } == [])
    #expect("aß🌱\u{301} ~\u{A0}\u{2010}".unicodeScalars.filter(\.isUnseen) == [])
  }

  private func bytes(_ pieces: [Substring]) -> [[UInt8]] { pieces.map { Array($0.utf8) } }

  @Test(arguments: JoiningMarks.all)
  func `a separator is one, whatever is joined to it`(mark: String) {
    let path = "a/\(mark)b/\(mark)"
    #expect(bytes(path.pieces(by: "/")) == bytes(["a", "\(mark)b"[...], mark[...]]))
    #expect("/\(mark)".begins(with: "/"))
    #expect("x/\(mark)".ends(with: mark))
    #expect("x:\(mark)y".cut(at: ":")?.before == "x")
    #expect("=\(mark)=\(mark)".cut(atLast: "=")?.before.utf8.count == 1 + mark.utf8.count)
    #expect("x\"\(mark)".holds("\""))
    #expect(Array("'\(mark)".exchanging("'", for: "''").utf8) == Array("''\(mark)".utf8))
    #expect("#\(mark)x".without(prefix: "#").map { Array($0.utf8) } == Array("\(mark)x".utf8))
    #expect("x\(mark)".without(suffix: mark) == "x")
    #expect("a\n\(mark)\r\n\nb".textLines.count == 3)
    #expect(" \(mark) b\t".words.count == 2)
    #expect(Array(" \(mark) ".trimmed.utf8) == Array(mark.utf8))
    #expect("..\(mark)".leading { $0 == "." } == "..")
    #expect(Array("//\(mark)".skipping { $0 == "/" }.utf8) == Array(mark.utf8))
  }

  @Test func `pieces are kept or left out as asked`() {
    #expect("a,,b,".pieces(by: ",") == ["a", "b"])
    #expect("a,,b,".pieces(by: ",", keepingEmpty: true) == ["a", "", "b", ""])
    #expect("a b c".pieces(by: " ", maxSplits: 1) == ["a", "b c"])
    #expect("".pieces(by: ",", keepingEmpty: true) == [""])
    #expect("x/a/b"[...].pieces(by: "/").dropFirst().joined(separator: "/") == "a/b")
  }

  @Test func `lines end at line feeds alone`() {
    #expect("a\u{2028}b\u{0B}c\u{0C}d\u{85}e\r\nf\n".textLines == ["a\u{2028}b\u{0B}c\u{0C}d\u{85}e", "f"])
    #expect("a\n\nb\n".allTextLines == ["a", "", "b", ""])
  }

  @Test func `what is not there is nil`() {
    #expect("abc".cut(at: ":") == nil)
    #expect("abc".without(prefix: "b") == nil)
    #expect("abc".without(suffix: "abcd") == nil)
    #expect("  ".trimmed.isEmpty)
    #expect("abab".holds("bab") && !"abab".holds("bb") && "".holds(""))
    #expect("aab".holds("ab"))
    #expect("aab".before("ab") == "a" && "ab".before("c") == nil && "ab".before("") == "")
  }

  @Test func `what only looks like ASCII is none`() {
    #expect(!"\u{37E}".begins(with: ";") && !"\u{37E}".isSpelled(";"))
    #expect("\u{212A}Az".asciiLowercase.unicodeScalars.map(\.value) == [0x212A, 0x61, 0x7A])
    #expect("\u{131}Az".asciiUppercase.unicodeScalars.map(\.value) == [0x131, 0x41, 0x5A])
    #expect(!Unicode.Scalar("٣").isDigit && !Unicode.Scalar("ａ").isHex && !Unicode.Scalar("\u{A0}").isSpace)
    #expect(!"\u{E9}".isSpelled("e\u{301}"))
  }
}
