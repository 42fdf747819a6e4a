import SystemPackage
import TestSupport
import Testing

@testable import Files

@Suite struct ExchangeTests {
  @Test func `two trees change places`() throws {
    let tree = try TestTree()
    try tree.file("a/version", "old")
    try tree.file("work/b/version", "new")
    try exchange(tree / "a", tree / "work/b")
    #expect(try tree.text("a/version") == "new")
    #expect(try tree.text("work/b/version") == "old")
  }

  @Test func `the trial leaves nothing behind`() throws {
    let tree = try TestTree()
    try tree.open().tryExchange()
    #expect(try tree.listing().isEmpty)
  }

  @Test func `a missing side is named`() throws {
    let tree = try TestTree()
    try tree.directory("a")
    let error = fileError { try exchange(tree / "a", tree / "b") }
    #expect(error?.errno == .noSuchFileOrDirectory)
    #expect(error?.description.contains("/b: one of them does not exist") == true)
  }

  @Test(.asRoot) func `two file systems are told`() throws {
    let tree = try TestTree()
    try tree.directory("a")
    try tree.directory("m")
    let mount = try TestMount(tmpfs: tree / "m")
    try tree.directory("m/b")
    let across = fileError { try exchange(tree / "a", tree / "m/b") }
    #expect(across?.errno == .improperLink)
    try tree.directory("x")
    let point = fileError { try exchange(tree / "x", tree / "m") }
    #expect(point?.errno == .resourceBusy)
    withExtendedLifetime(mount) {}
  }

  @Test func `a file system that cannot is told as the kernel says it`() throws {
    // The kernel answers EINVAL where one side lies in the other, as where it lacks the call.
    let tree = try TestTree()
    try tree.directory("a/b")
    #expect(fileError { try exchange(tree / "a", tree / "a/b") }?.errno == .invalidArgument)
  }
}
