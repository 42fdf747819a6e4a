import SystemPackage
import TestSupport
import Testing

@testable import Files

@Suite struct GlobTests {
  @Test(arguments: [
    ("databases/*.db", "databases/mycodo.db", true),
    ("databases/*.db", "databases/.db", true),
    ("databases/*.db", "databases/a/b.db", false),
    ("databases/*.db", "x/databases/a.db", false),
    ("databases/*.db", "databases/a.db-wal", false),
    ("cameras", "cameras", true),
    ("cameras", "x/cameras", false),
    ("./cameras/", "cameras", true),
    ("**/__pycache__", "__pycache__", true),
    ("**/__pycache__", "a/b/__pycache__", true),
    ("**/__pycache__", "a/__pycache__x", false),
    ("a/**", "a", false),
    ("a/**", "a/b", true),
    ("a/**", "a/b/c", true),
    ("a/**/z", "a/z", true),
    ("a/**/z", "a/b/c/z", true),
    ("**/a/**", "a/a", true),
    ("**", "x/y", true),
    ("a**b", "axxb", true),
    ("a**b", "a/b", false),
    ("?.txt", "é.txt", true),
    ("?.txt", "ab.txt", false),
    ("[a-c]x", "bx", true),
    ("[!a-c]x", "bx", false),
    ("[^a-c]x", "zx", true),
    ("[]a]x", "]x", true),
    ("[a-]x", "-x", true),
    ("\\*", "*", true),
    ("\\*", "a", false),
    ("custom_*/*.py", "custom_inputs/.hidden.py", true),
  ])
  func `matches`(pattern: String, path: String, expected: Bool) throws {
    #expect(try Glob(pattern).matches(FilePath(path)) == expected)
  }

  @Test(arguments: JoiningMarks.all)
  func `a pattern is cut where a path is, whatever is joined to the slash`(mark: String) throws {
    #expect(throws: (any Error).self) { try Glob("/\(mark)x") }
    #expect(throws: (any Error).self) { try Glob("a/../\(mark)x") }
    #expect(try Glob("a/*").matches(FilePath("a/\(mark)x")))
    #expect(try !Glob("*").matches(FilePath("a/\(mark)x")))
    #expect(try Glob("*\(mark)x").matches(FilePath("b\(mark)x")))
  }

  @Test func `a bare name matches at any depth where asked`() throws {
    let glob = try Glob("*.log", bareNameAtAnyDepth: true)
    #expect(glob.matches("a.log"))
    #expect(glob.matches("x/y/a.log"))
    #expect(!glob.matches("x/a.log/y"))
    #expect(try !Glob("logs/*.log", bareNameAtAnyDepth: true).matches("x/logs/a.log"))
  }

  @Test func `what lies in a matching directory is covered`() throws {
    let glob = try Glob("**/__pycache__")
    #expect(glob.covers("a/__pycache__/b/c.pyc"))
    #expect(!glob.covers("a/b"))
  }

  @Test func `names that are no text match`() throws {
    let path = FilePath(bytes: Array("d/".utf8) + [0xFF, 0x80] + Array(".db".utf8))
    #expect(try Glob("d/*.db").matches(path))
    #expect(try Glob("d/??.db").matches(path))
    #expect(try !Glob("d/?.db").matches(path))
  }

  @Test(arguments: ["", "/", "/etc/*", "a/../b", "a[b", "."])
  func `malformed patterns are refused`(pattern: String) {
    #expect(throws: Glob.Malformed.self) { try Glob(pattern) }
  }

  @Test func `a hostile pattern comes to an end`() throws {
    let stars = String(repeating: "*a", count: 500) + "b"
    #expect(try !Glob(stars).matches(FilePath(String(repeating: "a", count: 5_000))))
    let deep = String(repeating: "**/a/", count: 500) + "b"
    let path = FilePath(String(repeating: "a/", count: 2_000) + "c")
    #expect(try !Glob(deep).matches(path))
  }

  @Test func `expanding finds what exists and follows no link`() throws {
    let tree = try TestTree()
    for file in ["databases/b.db", "databases/a.db", "databases/x/c.db", "m/custom_in/a.py", "m/z/b.py"] {
      try tree.file(FilePath(file))
    }
    try tree.link("databases/link.db", to: "a.db")
    try tree.link("m/custom_link", to: "z")
    let root = try tree.open()
    func expanded(_ pattern: String) throws -> [String] {
      try Glob(pattern).expand(in: root).map(\.string)
    }
    #expect(try expanded("databases/*.db") == ["databases/a.db", "databases/b.db", "databases/link.db"])
    #expect(try expanded("m/custom_*/*.py") == ["m/custom_in/a.py"])
    #expect(
      try expanded("**/*.db") == [
        "databases/a.db", "databases/b.db", "databases/link.db", "databases/x/c.db",
      ])
    #expect(try expanded("databases") == ["databases"])
    #expect(try expanded("nothing/*.db").isEmpty)
  }
}
