import Testing

@testable import Password

@Suite struct SecretTests {
  @Test func `a code can be read and typed, and none comes twice`() {
    let codes = (0..<200).map { _ in Secret.code() }
    #expect(Set(codes).count == 200)
    for code in codes {
      #expect(code.wholeMatch(of: #/([a-hj-np-z2-9]{4}-){3}[a-hj-np-z2-9]{4}/#) != nil, "\(code)")
    }
  }

  @Test func `bytes are two digits each`() {
    #expect(Secret.hex(bytes: 32).wholeMatch(of: #/[0-9a-f]{64}/#) != nil)
    #expect(Set((0..<100).map { _ in Secret.hex(bytes: 16) }).count == 100)
  }

  @Test(arguments: [("", ""), ("abc", "abc")]) func `alike`(one: String, other: String) {
    #expect(Secret.isSame(one, other))
  }

  @Test(arguments: [("abc", "abd"), ("abc", "ab"), ("", "a"), ("\u{E9}", "e\u{301}")])
  func `not alike`(one: String, other: String) {
    #expect(!Secret.isSame(one, other))
  }
}
