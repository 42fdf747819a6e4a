import Testing

@testable import Password

@Suite struct PasswordHashTests {
  @Test func `the password fits, and no other`() throws {
    let hash = try #require(PasswordHash(of: "correct horse, ünïcode"))
    #expect(hash.fits("correct horse, ünïcode"))
    for other in ["", "correct horse", "correct horse, ünïcode ", "correct horse, unicode"] {
      #expect(!hash.fits(other), "\(other)")
    }
  }

  @Test func `two of one password are not alike`() throws {
    let one = try #require(PasswordHash(of: "the same words"))
    let other = try #require(PasswordHash(of: "the same words"))
    #expect(one != other && one.fits("the same words") && other.fits("the same words"))
  }

  @Test func `what was kept is read again, and says how slow it is`() throws {
    let hash = try #require(PasswordHash(of: "kept on a disk"))
    #expect(hash.text.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"), "\(hash.text)")
    #expect(PasswordHash(hash.text)?.fits("kept on a disk") == true)
  }

  @Test(arguments: [
    "", "kept on a disk", "$argon2i$v=19$m=4096", "$2b$12$abc", String(repeating: "$argon2id$", count: 20),
  ])
  func `what is no hash is none`(text: String) {
    #expect(PasswordHash(text) == nil)
  }

  @Test func `a hash that somebody has spoiled fits nothing`() throws {
    let spoiled = try #require(PasswordHash("$argon2id$v=19$m=19456,t=2,p=1$AAAA$BBBB"))
    #expect(!spoiled.fits("") && !spoiled.fits("password"))
  }
}
