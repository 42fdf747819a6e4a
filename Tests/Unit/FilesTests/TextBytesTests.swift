import Testing

@testable import Files

@Suite struct TextBytesTests {
  @Test(arguments: ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{20DD}"])
  func `a separator with a mark behind it is a separator`(mark: String) {
    let text = "a/\(mark)b"
    #expect(text.pieces(by: "/").map { Array($0.utf8) } == [Array("a".utf8), Array("\(mark)b".utf8)])
    #expect("/\(mark)b".begins(with: "/"))
    #expect("x\(mark)".ends(with: mark))
    #expect("a\r\nb".pieces(by: "\n") == ["a\r", "b"])
  }

  @Test func `empty pieces are left out, or kept`() {
    #expect("/a//b/".pieces(by: "/") == ["a", "b"])
    #expect("/a//b/".pieces(by: "/", keepingEmpty: true) == ["", "a", "", "b", ""])
    #expect("".pieces(by: "/") == [])
    #expect(!"a".ends(with: "aa") && "aa".ends(with: "a"))
  }
}
