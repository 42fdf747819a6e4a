import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Files

/// A directory put in the place of another, where somebody else may rename what lies there.
@Suite struct ReplacementTests {
  let tree: TestTree
  let place: Directory
  let source: Directory
  private static let stranger: uid_t = 64_001

  init() throws {
    tree = try TestTree()
    place = try tree.directory("place")
    source = try tree.directory("source")
  }

  private func left() throws -> [String] { try tree.listing("place").filter { $0.contains(".fleet-") } }

  @Test(arguments: ["nothing", "file", "directory"], ["nothing", "file", "directory"])
  func `what was there is as if it had never been`(_ old: String, _ new: String) throws {
    switch old {
    case "file": try tree.file("place/conf", "old")
    case "directory":
      try tree.file("place/conf/a", "old")
      try tree.file("place/conf/old", "old")
    default: break
    }
    switch new {
    case "file": try tree.file("source/conf", "new")
    case "directory": try tree.file("source/conf/a", "new")
    default: break
    }
    #expect(try place.replace("conf", from: new == "nothing" ? nil : source) == nil)
    switch new {
    case "file": #expect(try tree.text("place/conf") == "new")
    case "directory":
      #expect(try tree.text("place/conf/a") == "new")
      #expect(try !tree.exists("place/conf/old"))
    default: #expect(try !tree.exists("place/conf"))
    }
    #expect(try left() == [])
  }

  @Test(.asRoot, arguments: [true, false])
  func `a directory of somebody else's gets another name, and keeps owner and content`(_ isPutBack: Bool)
    throws
  {
    try tree.file("place/conf/secret", "root's")
    chmod((tree / "place/conf").string, 0o700)
    try tree.file("source/conf/a", "new")
    chown((tree / "source/conf").string, Self.stranger, Self.stranger)
    let kept = try #require(
      try place.replace("conf", from: isPutBack ? source : nil, owners: [Self.stranger]))
    let status = try FileStatus.of(kept)
    #expect(status.user == 0 && status.permissions.rawValue == 0o700)
    #expect(try readBounded(kept.appending("secret"), maxBytes: 100) == Array("root's".utf8))
    #expect(try tree.exists("place/conf/a") == isPutBack)
    #expect(try left() == [])
  }

  @Test(.asRoot, arguments: [true, false])
  func `a directory of somebody else's deep inside is not removed with the rest, but where it was before`(
    _ wasThere: Bool
  ) throws {
    try tree.file("place/conf/data/vol/secret", "root's")
    try tree.file("source/conf/a", "new")
    if wasThere { try tree.file("source/conf/data/vol/secret", "root's") }
    for top in ["place/conf", "place/conf/data", "source/conf", "source/conf/data"] {
      chown((tree / FilePath(top)).string, Self.stranger, Self.stranger)
    }
    let kept = try place.replace("conf", from: source, owners: [Self.stranger])
    #expect((kept == nil) == wasThere)
    if let kept {
      #expect(try readBounded(kept.pushing("data/vol/secret"), maxBytes: 100) == Array("root's".utf8))
    }
    #expect(try tree.exists("place/conf/a"))
    #expect(try left() == [])
  }

  @Test(.asRoot, arguments: ["place/conf", "place/conf/a"])
  func `a file is put in the place of whatever lies there`(_ old: String) throws {
    try tree.file("source/conf", "new")
    try tree.file(FilePath(old), "old")
    chown((tree / "place/conf").string, Self.stranger, Self.stranger)
    #expect(try place.replace("conf", from: source, owners: [Self.stranger]) == nil)
    #expect(try tree.text("place/conf") == "new")
    #expect(try left() == [])
  }

  @Test(.asRoot)
  func `what a crash left goes, and what only looks like it stays where others can make such names`()
    throws
  {
    let gone = ".fleet-tmp-1-0-x"
    for name in ["\(gone)1", "\(gone)2"] { try tree.file(FilePath("place/\(name)/old/f"), "x") }
    _ = try tree.open(FilePath("place/\(gone)1")).setSign("hidden", to: "\(gone)1")
    // A sign is good for its own name alone.
    _ = try tree.open(FilePath("place/\(gone)2")).setSign("hidden", to: "\(gone)1")
    try tree.file("source/conf/a", "new")
    _ = try place.replace("conf", from: source, owners: [Self.stranger])
    #expect(try tree.exists("place/conf/a"))
    #expect(try !tree.exists(FilePath("place/\(gone)1")))
    #expect(try tree.text(FilePath("place/\(gone)2/old/f")) == "x")
    // Where nobody else can, it is ours.
    _ = try place.replace("conf", from: source)
    #expect(try left() == [])
  }

  @Test func `a failure leaves what was there`() throws {
    try tree.file("place/conf/old", "old")
    #expect(throws: FileError.self) { try place.replace("conf", from: source) }
    #expect(try tree.text("place/conf/old") == "old")
    #expect(try left() == [])
  }
}
