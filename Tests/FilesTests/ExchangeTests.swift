import SystemPackage
import Testing

@testable import Files

@Suite struct ExchangeTests {
  @Test func twoTreesChangePlaces() throws {
    let tree = try TestTree()
    try tree.file("a/version", "old")
    try tree.file("work/b/version", "new")
    try exchange(tree / "a", tree / "work/b")
    #expect(try tree.text("a/version") == "new")
    #expect(try tree.text("work/b/version") == "old")
  }

  @Test func theTrialLeavesNothingBehind() throws {
    let tree = try TestTree()
    try tree.open().tryExchange()
    #expect(try tree.listing().isEmpty)
  }

  @Test func aMissingSideIsNamed() throws {
    let tree = try TestTree()
    try tree.directory("a")
    let error = fileError { try exchange(tree / "a", tree / "b") }
    #expect(error?.errno == .noSuchFileOrDirectory)
    #expect(error?.description.contains("/b: one of them does not exist") == true)
  }

  @Test func twoFileSystemsAreTold() throws {
    let tree = try TestTree()
    try tree.directory("a")
    try tree.directory("m")
    let mount = try TestMount(tmpfs: tree / "m")
    try tree.directory("m/b")
    let across = fileError { try exchange(tree / "a", tree / "m/b") }
    #expect(across?.errno == .improperLink)
    #expect(across?.isUnsupported == false)
    try tree.directory("x")
    let point = fileError { try exchange(tree / "x", tree / "m") }
    #expect(point?.errno == .resourceBusy)
    withExtendedLifetime(mount) {}
  }

  @Test func aFileSystemThatCannotIsUnsupported() throws {
    // The kernel answers EINVAL where one side lies in the other, as where it lacks the call.
    let tree = try TestTree()
    try tree.directory("a/b")
    #expect(fileError { try exchange(tree / "a", tree / "a/b") }?.isUnsupported == true)
  }
}
