import Foundation
import Release
import Testing

@Suite struct VersionTests {
  @Test func `the example order of SemVer holds`() throws {
    let texts = [
      "1.0.0-0", "1.0.0-0.3", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
      "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
    ]
    let versions = try texts.map { try #require(Version($0)) }
    for (i, one) in versions.enumerated() {
      for (j, other) in versions.enumerated() {
        #expect((one < other) == (i < j), "\(one) and \(other)")
        #expect((one == other) == (i == j), "\(one) and \(other)")
      }
    }
  }

  @Test func `numbers are compared as numbers not as text`() throws {
    #expect(try #require(Version("8.9.2")) < #require(Version("8.10.0")))
  }

  @Test func `numeric identifiers longer than any integer are ordered`() throws {
    let small = try #require(Version("1.0.0-99999999999999999999998"))
    let large = try #require(Version("1.0.0-99999999999999999999999"))
    let longer = try #require(Version("1.0.0-100000000000000000000000"))
    #expect(small < large)
    #expect(large < longer)
  }

  @Test func `the build part does not count`() throws {
    let one = try #require(Version("1.0.0+a"))
    let other = try #require(Version("1.0.0+b.01"))
    #expect(one == other)
    #expect(!(one < other) && !(other < one))
    #expect(Set([one, other]).count == 1)
    #expect(other.description == "1.0.0+b.01")
  }

  @Test(arguments: [
    "", "1", "1.2.3.4.5", "v1.2.3", "1.2.3-", "1.2.3-a..b", "1.2.3.", "1..2", ".1.2", "1.2.3~", "1.2.3-1..2",
    "1.2.3+", "1.2.3+a..b", "1.2.-3", "+1.2.3", "1.2.3 ", " 1.2.3", "1.2.3-ä", "1.2.3\n", "1.2.x",
    "18446744073709551616.0.0", "1.2.٣", "1.1.1w", "1.3a", "1.2.3_1", "1.2.3.foo", "1.2.3foo1",
    "1.2.3rc1.", "1.2.3+a+b", "1,2,3", "2026-08-01", "20260801", "1.2.3 rc1", "1.2.3-r\u{301}c1",
  ])
  func `what is no version is not taken`(text: String) {
    #expect(Version(text) == nil)
  }

  @Test(arguments: [
    "0.0.0", "1.2.3-0a.-.x-y+001.exp", "18446744073709551615.0.0", "4.0.26", "5.18", "2026.08.01", "1.2.0.1",
    "1.3.0-1~bpo12+1",
    "1.2.0-5-gabc1234-dirty",
  ])
  func `a version is written as it was read`(text: String) throws {
    let version = try #require(Version(text))
    #expect(version.description == text)
    let json = try JSONEncoder().encode([version])
    #expect(try JSONDecoder().decode([Version].self, from: json).first?.description == text)
  }

  @Test func `an endless text is no version`() {
    #expect(Version("1.0.0-" + String(repeating: "a", count: 300)) == nil)
  }

  @Test func `decoding a bad text fails`() {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Version.self, from: Data("\"4\"".utf8))
    }
  }
}
