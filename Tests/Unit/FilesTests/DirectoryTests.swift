import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Files

@Suite struct DirectoryTests {
  @Test func `names of any bytes come back in the order of their bytes`() throws {
    let tree = try TestTree()
    let names: [[UInt8]] = [[0xFF, 0xFE], Array("b".utf8), Array("a\nb".utf8), Array("é".utf8), [0x41]]
    let directory = try tree.open()
    for name in names {
      let component = try #require(FilePath.Component(bytes: name))
      _ = try directory.openFile(component, .writeOnly, options: [.create])
    }
    let found = try directory.entries().map(\.bytes)
    #expect(found == [[0x41], Array("a\nb".utf8), Array("b".utf8), Array("é".utf8), [0xFF, 0xFE]])
  }

  @Test func `too many entries are an error`() throws {
    let tree = try TestTree()
    for name in ["a", "b", "c"] { try tree.file(FilePath(name)) }
    let error = fileError { _ = try tree.open().entries(maxEntries: 2) }
    #expect(error?.errno == .fileTooLarge)
  }

  @Test func `a symbolic link is never the way`() throws {
    let tree = try TestTree()
    try tree.file("outside/secret")
    try tree.link("inside/way", to: tree / "outside")
    try tree.link("inside/file", to: tree / "outside/secret")
    let inside = try tree.open("inside")
    #expect(fileError { _ = try inside.open("way") } != nil)
    #expect(fileError { _ = try inside.open(at: "way/secret") } != nil)
    #expect(fileError { _ = try inside.openFile("file") }?.errno == .tooManySymbolicLinkLevels)
    #expect(fileError { _ = try inside.makeDirectories("way/new") } != nil)
    #expect(fileError { _ = try Directory.open(tree / "inside/way") } != nil)
    #expect(try inside.status(of: "way").kind == .symbolicLink)
    #expect(try tree.listing("outside") == ["secret"])
  }

  @Test func `paths that leave the tree are refused`() throws {
    let tree = try TestTree()
    try tree.directory("a")
    let directory = try tree.open("a")
    #expect(fileError { _ = try directory.open(at: "../a") }?.errno == .invalidArgument)
    #expect(fileError { _ = try directory.open(at: "/etc") }?.errno == .invalidArgument)
  }

  @Test func `the directory is held not the path`() throws {
    let tree = try TestTree()
    try tree.directory("a")
    let held = try tree.open("a")
    try tree.open().rename("a", to: "moved")
    try tree.directory("a")
    try held.makeDirectory("in-it")
    #expect(try tree.exists("moved/in-it"))
    #expect(try !tree.exists("a/in-it"))
  }

  @Test func `renaming does not replace unless asked`() throws {
    let tree = try TestTree()
    try tree.file("a", "a")
    try tree.file("b", "b")
    let directory = try tree.open()
    let error = fileError { try directory.rename("a", to: "b") }
    #expect(error?.errno == .fileExists)
    #expect(error?.description.contains("/b exists") == true)
    try directory.rename("a", to: "b", replacing: true)
    #expect(try tree.text("b") == "a")
  }

  @Test func `opening a FIFO does not wait`() throws {
    let tree = try TestTree()
    try check(.open, tree.path) { (tree / "fifo").withPlatformString { mkfifo($0, 0o600) } }
    let error = fileError { _ = try readBounded(tree / "fifo", maxBytes: 10) }
    #expect(error?.errno == .invalidArgument)
  }
}

@Suite struct RemovalTests {
  @Test func `a tree goes and what its links point to stays`() throws {
    let tree = try TestTree()
    try tree.file("kept/file")
    try tree.file("gone/a/b/file")
    try tree.link("gone/a/link", to: tree / "kept")
    try tree.link("gone/a/file", to: tree / "kept/file")
    let removed = try tree.open().removeTree("gone")
    #expect(removed == 6)
    #expect(try tree.listing() == ["kept", "kept/file"])
    #expect(try tree.open().removeTree("gone") == 0)
  }

  @Test func `a link in place of the tree is removed itself`() throws {
    let tree = try TestTree()
    try tree.file("kept/file")
    try tree.link("link", to: tree / "kept")
    try tree.open().removeTree("link")
    #expect(try tree.listing() == ["kept", "kept/file"])
  }

  @Test(.asRoot) func `nothing behind a mount is touched`() throws {
    let tree = try TestTree()
    try tree.directory("gone/mounted")
    let mount = try TestMount(tmpfs: tree / "gone/mounted")
    try tree.file("gone/mounted/file")
    let error = fileError { try tree.open().removeTree("gone") }
    #expect(error?.errno == .improperLink)
    #expect(try tree.exists("gone/mounted/file"))
    withExtendedLifetime(mount) {}
  }

  @Test(.asRoot) func `nothing behind a bind mount of the same file system is touched`() throws {
    let tree = try TestTree()
    try tree.file("kept/file")
    try tree.directory("gone/mounted")
    let mount = try TestMount(bind: tree / "kept", at: tree / "gone/mounted")
    let error = fileError { try tree.open().removeTree("gone") }
    #expect(error?.errno == .improperLink)
    #expect(try tree.exists("kept/file"))
    withExtendedLifetime(mount) {}
  }
}
