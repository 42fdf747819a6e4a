import Foundation
import SystemPackage
import Testing

@testable import Files

/// A Python program that says "ready" and then waits until its input closes.
final class Waiting: @unchecked Sendable {
  let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  var pid: Int32 { process.processIdentifier }

  /// With `wrapper`, the program that is to run Python.
  init(_ code: String, in directory: FilePath = "/", wrapper: [String] = []) throws {
    let words = wrapper + ["/usr/bin/python3", "-c", code + "\nprint('ready', flush=True); input()"]
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    process.currentDirectoryURL = URL(fileURLWithPath: directory.string)
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    try #require(output.fileHandleForReading.availableData == Data("ready\n".utf8))
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}

@Suite struct HoldersTests {
  private func holds(_ tree: FilePath, by waiting: Waiting) throws -> [Holder.Hold] {
    let found = try Holders.scan(of: tree, excluding: [ProcessInfo.processInfo.processIdentifier])
    return found.holders.first { $0.pid == waiting.pid }?.holds ?? []
  }

  @Test func anOpenFileIsFound() throws {
    let tree = try TestTree()
    try tree.file("app/data")
    try tree.directory("app2")
    let waiting = try Waiting("f = open('\(tree / "app/data")')")
    #expect(try holds(tree / "app", by: waiting) == [.init(use: .file, path: tree / "app/data")])
    #expect(try holds(tree / "app2", by: waiting).isEmpty)
    let found = try Holders.scan(of: tree / "app")
    let holder = try #require(found.holders.first { $0.pid == waiting.pid })
    #expect(holder.command == "python3")
    #expect(holder.commandLine.hasPrefix("/usr/bin/python3 -c f = open("))
    #expect(holder.commandLine.utf8.count <= 256)
    #expect(holder.description == "python3 (pid \(waiting.pid)) has open \(tree / "app/data")")
    #expect(try Holders.scan(of: tree / "app", excluding: [waiting.pid]).holders.isEmpty)
  }

  @Test func aNameThatOnlyBeginsTheSameIsNotOurs() throws {
    let tree = try TestTree()
    try tree.file("app2/data")
    try tree.directory("app")
    let waiting = try Waiting("f = open('\(tree / "app2/data")')", in: tree / "app2")
    #expect(try holds(tree / "app", by: waiting).isEmpty)
  }

  @Test func aWorkingDirectoryIsFound() throws {
    let tree = try TestTree()
    try tree.directory("app/sub")
    let waiting = try Waiting("", in: tree / "app/sub")
    #expect(try holds(tree / "app", by: waiting) == [.init(use: .workingDirectory, path: tree / "app/sub")])
    let top = try Waiting("", in: tree / "app")
    #expect(try holds(tree / "app", by: top).map(\.use) == [.workingDirectory])
  }

  @Test func aMappingIsFoundAlsoOfADeletedFileWithANewlineInItsName() throws {
    let tree = try TestTree()
    try tree.file("app/a\nb", String(repeating: "x", count: 5000))
    let waiting = try Waiting(
      """
      import mmap, os
      p = '''\(tree / "app/a\nb")'''
      fd = os.open(p, os.O_RDONLY)
      m = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
      os.close(fd)
      os.unlink(p)
      for x in range(3, 50):
          try: os.close(x)
          except OSError: pass
      """)
    let holds = try holds(tree / "app", by: waiting)
    #expect(holds.map(\.use) == [.mapping])
    #expect(holds.first?.path == tree / "app/a\nb (deleted)")
  }

  @Test func aRunningProgramIsFound() throws {
    let tree = try TestTree()
    try tree.directory("app")
    try run("/bin/cp", "/usr/bin/sleep", (tree / "app/prog").string)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: (tree / "app/prog").string)
    process.arguments = ["600"]
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    let found = try Holders.scan(of: tree / "app")
    let holder = try #require(found.holders.first { $0.pid == process.processIdentifier })
    #expect(holder.holds.map(\.use).contains(.executable))
  }

  @Test func theDeletedTreeItselfIsHeldOnly() throws {
    let tree = try TestTree()
    try tree.directory("app")
    let waiting = try Waiting("", in: tree / "app")
    try tree.open().removeTree("app")
    try tree.directory("app")
    #expect(try holds(tree / "app", by: waiting).map(\.use) == [.workingDirectory])
  }

  @Test func aBindMountInANamespaceOfItsOwnHidesNothing() throws {
    let tree = try TestTree()
    try tree.file("app/data")
    try tree.directory("elsewhere")
    let script = "mount --bind '\(tree / "app")' '\(tree / "elsewhere")' && exec \"$@\""
    let wrapper = ["/usr/bin/unshare", "-m", "--propagation", "private", "/bin/sh", "-c", script, "sh"]
    let waiting = try Waiting("f = open('\(tree / "elsewhere/data")')", wrapper: wrapper)
    #expect(try holds(tree / "app", by: waiting).map(\.use) == [.file])
    #expect(try holds(tree / "elsewhere", by: waiting).isEmpty)
  }

  @Test func somethingElseMountedAtThePathIsNotOurs() throws {
    let tree = try TestTree()
    try tree.directory("app")
    try tree.file("staged/data")
    let script = "mount --bind '\(tree / "staged")' '\(tree / "app")' && exec \"$@\""
    let wrapper = ["/usr/bin/unshare", "-m", "--propagation", "private", "/bin/sh", "-c", script, "sh"]
    let waiting = try Waiting("f = open('\(tree / "app/data")')", wrapper: wrapper)
    #expect(try holds(tree / "app", by: waiting).isEmpty)
    #expect(try holds(tree / "staged", by: waiting).map(\.use) == [.file])
  }
}
