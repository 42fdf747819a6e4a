import Release
import Testing

/// The expected ids are what `git hash-object` and `git write-tree` print for the same content.
@Suite struct GitTreeTests {
  let hello = GitBlobHasher.id(of: Array("hello\n".utf8))

  func id(_ entries: [(String, GitTree.Mode)]) throws -> String {
    var tree = GitTree()
    for (path, mode) in entries { try tree.add(path: Array(path.utf8), mode: mode, blob: hello) }
    return tree.id.description
  }

  @Test func `a blob has the ID that git gives it`() {
    #expect(hello.description == "ce013625030ba8dba906f756967f9e9ca394464a")
    #expect(GitBlobHasher.id(of: []).description == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
  }

  @Test func `a blob hashed in pieces is the same`() {
    var hasher = GitBlobHasher(sizeBytes: 6)
    for piece in ["he", "llo", "\n"] {
      Array(piece.utf8).withUnsafeBytes { hasher.update($0) }
    }
    #expect(hasher.finalize() == hello)
  }

  @Test(arguments: ["hello", "hello\n\n"])
  func `a blob of another size than announced has no ID`(content: String) {
    var hasher = GitBlobHasher(sizeBytes: 6)
    Array(content.utf8).withUnsafeBytes { hasher.update($0) }
    #expect(hasher.finalize() == nil)
  }

  @Test func `the empty tree has its well-known ID`() throws {
    #expect(try id([]) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
  }

  @Test func `directories sort as if their names ended in a slash`() throws {
    let entries: [(String, GitTree.Mode)] = [
      ("a", .file), ("a-b", .executable), ("a.b", .symlink), ("a0", .file), ("lib/x", .file),
      ("lib-a", .file), ("lib0", .file), ("lib/deep/er/y", .executable),
    ]
    #expect(try id(entries) == "21ece292aa5e9c25a122581da603cbd7bf842705")
    #expect(try id(entries.reversed()) == id(entries))
  }

  @Test(arguments: ["", "/a", "a//b", "a/", "a/./b", "../a", "a\u{0}b"])
  func `paths that no tree can hold are refused`(path: String) {
    #expect(throws: GitTree.Problem.badPath(path)) { try id([(path, .file)]) }
  }

  @Test(arguments: [["a", "a"], ["a", "a/b"], ["a/b", "a"], ["a/b/c", "a/b"]])
  func `two things at one path are refused`(paths: [String]) {
    #expect(throws: GitTree.Problem.conflict(paths[1])) { try id(paths.map { ($0, .file) }) }
  }
}
