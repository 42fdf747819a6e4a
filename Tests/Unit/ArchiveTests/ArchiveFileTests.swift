import Archive
import Testing

@Suite struct ArchiveFileTests {
  private func workshop() throws -> Workshop {
    let workshop = try Workshop()
    try workshop.shell(
      """
      mkdir -p top/docs; printf 'what is new' > top/CHANGELOG.md; printf deep > top/docs/CHANGELOG.md
      ln -s CHANGELOG.md top/LINK.md; head -c 300000 /dev/zero > top/big
      tar -czf a --owner=0 --group=0 top
      """)
    return workshop
  }

  @Test func `a file is read by its path, and no more of it than asked for`() throws {
    let archive = try workshop()
    func read(_ path: String, _ maxBytes: Int = 100) throws -> String? {
      try ArchiveFile.read(path, in: archive.path("a"), maxBytes: maxBytes).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    #expect(try read("CHANGELOG.md") == "what is new")
    #expect(try read("docs/CHANGELOG.md") == "deep")
    #expect(try read("CHANGELOG.md", 4) == "what")
    #expect(try read("big", 200_000)?.utf8.count == 200_000)
    // What is no regular file of the tree is none.
    for path in ["changelog.md", "top/CHANGELOG.md", "docs", "LINK.md", ""] {
      #expect(try read(path) == nil, "\(path)")
    }
  }

  @Test func `what is no archive is said to be none`() throws {
    let workshop = try Workshop()
    try workshop.shell("echo x > a")
    #expect(throws: ArchiveError.self) { try ArchiveFile.read("a", in: workshop.path("a"), maxBytes: 9) }
  }
}
