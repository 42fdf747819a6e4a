import Testing

@testable import Archive

/// What libarchive has skipped is read here by our own hand.
@Suite struct PaxGlobalHeaderTests {
  private func head(size: String, _ records: String) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 1024)
    block.replaceSubrange(124..<124 + size.utf8.count, with: size.utf8)
    block[156] = UInt8(ascii: "g")
    block.replaceSubrange(257..<262, with: "ustar".utf8)
    block.replaceSubrange(512..<512 + records.utf8.count, with: records.utf8)
    return block
  }

  @Test func `the comment is found`() {
    #expect(PaxGlobalHeader.comment(inHead: head(size: "15", "13 comment=x\n")) == "x")
  }

  @Test(arguments: [
    ("-1", "13 comment=x\n"), ("-777777777", ""), ("7777777777", ""), ("15", "-5 comment=x\n"),
    ("15", "9999999999999999999 x\n"), ("15", "3 c\n"), ("15", "13 comment=xy"), ("", ""),
    ("9", "13 comment=x\n"),
  ])
  func `a header that lies has none`(size: String, records: String) {
    #expect(PaxGlobalHeader.comment(inHead: head(size: size, records)) == nil)
    #expect(PaxGlobalHeader.comment(inHead: Array(head(size: size, records).prefix(600))) == nil)
  }
}
