import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Files

/// A Python program that says "ready" and then waits until its input closes.
private func waiting(
  _ code: String, in directory: FilePath = "/", wrapper: [String] = []
) throws -> TalkingChild {
  let program = ["/usr/bin/python3", "-c", code + "\nprint('ready', flush=True); input()"]
  let child = try TalkingChild(wrapper + program, in: directory.string)
  try #require(child.readLine() == "ready")
  return child
}

@Suite struct HoldersTests {
  private func holds(_ tree: FilePath, by child: TalkingChild) throws -> [Holder.Hold] {
    let found = try Holders.scan(of: tree, excluding: [getpid()])
    return found.holders.first { $0.pid == child.pid }?.holds ?? []
  }

  @Test func `an open file is found`() throws {
    let tree = try TestTree()
    try tree.file("app/data")
    try tree.directory("app2")
    let child = try waiting("f = open('\(tree / "app/data")')")
    #expect(try holds(tree / "app", by: child) == [.init(use: .file, path: tree / "app/data")])
    #expect(try holds(tree / "app2", by: child).isEmpty)
    let found = try Holders.scan(of: tree / "app")
    let holder = try #require(found.holders.first { $0.pid == child.pid })
    #expect(holder.command == "python3")
    #expect(holder.commandLine.hasPrefix("/usr/bin/python3 -c f = open("))
    #expect(holder.commandLine.utf8.count <= 256)
    #expect(holder.description == "python3 (pid \(child.pid)) has open \(tree / "app/data")")
    #expect(try Holders.scan(of: tree / "app", excluding: [child.pid]).holders.isEmpty)
  }

  @Test func `a name that only begins the same is not ours`() throws {
    let tree = try TestTree()
    try tree.file("app2/data")
    try tree.directory("app")
    let child = try waiting("f = open('\(tree / "app2/data")')", in: tree / "app2")
    #expect(try holds(tree / "app", by: child).isEmpty)
  }

  @Test func `a working directory is found`() throws {
    let tree = try TestTree()
    try tree.directory("app/sub")
    let child = try waiting("", in: tree / "app/sub")
    #expect(try holds(tree / "app", by: child) == [.init(use: .workingDirectory, path: tree / "app/sub")])
    let top = try waiting("", in: tree / "app")
    #expect(try holds(tree / "app", by: top).map(\.use) == [.workingDirectory])
  }

  @Test func `a mapping is found also of a deleted file with a newline in its name`() throws {
    let tree = try TestTree()
    try tree.file("app/a\nb", String(repeating: "x", count: 5000))
    let child = try waiting(
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
    let holds = try holds(tree / "app", by: child)
    #expect(holds.map(\.use) == [.mapping])
    #expect(holds.first?.path == tree / "app/a\nb (deleted)")
  }

  @Test func `a running program is found`() throws {
    let tree = try TestTree()
    try tree.directory("app")
    try Shell.run("/bin/cp", "/usr/bin/sleep", (tree / "app/prog").string)
    let child = try TalkingChild([(tree / "app/prog").string, "600"])
    let found = try Holders.scan(of: tree / "app")
    let holder = try #require(found.holders.first { $0.pid == child.pid })
    #expect(holder.holds.map(\.use).contains(.executable))
  }

  @Test func `the deleted tree itself is held only`() throws {
    let tree = try TestTree()
    try tree.directory("app")
    let child = try waiting("", in: tree / "app")
    try tree.open().removeTree("app")
    try tree.directory("app")
    #expect(try holds(tree / "app", by: child).map(\.use) == [.workingDirectory])
  }

  @Test(.asRoot) func `a bind mount in a namespace of its own hides nothing`() throws {
    let tree = try TestTree()
    try tree.file("app/data")
    try tree.directory("elsewhere")
    let script = "mount --bind '\(tree / "app")' '\(tree / "elsewhere")' && exec \"$@\""
    let wrapper = ["/usr/bin/unshare", "-m", "--propagation", "private", "/bin/sh", "-c", script, "sh"]
    let child = try waiting("f = open('\(tree / "elsewhere/data")')", wrapper: wrapper)
    #expect(try holds(tree / "app", by: child).map(\.use) == [.file])
    #expect(try holds(tree / "elsewhere", by: child).isEmpty)
  }

  @Test(.asRoot) func `something else mounted at the path is not ours`() throws {
    let tree = try TestTree()
    try tree.directory("app")
    try tree.file("staged/data")
    let script = "mount --bind '\(tree / "staged")' '\(tree / "app")' && exec \"$@\""
    let wrapper = ["/usr/bin/unshare", "-m", "--propagation", "private", "/bin/sh", "-c", script, "sh"]
    let child = try waiting("f = open('\(tree / "app/data")')", wrapper: wrapper)
    #expect(try holds(tree / "app", by: child).isEmpty)
    #expect(try holds(tree / "staged", by: child).map(\.use) == [.file])
  }
}
