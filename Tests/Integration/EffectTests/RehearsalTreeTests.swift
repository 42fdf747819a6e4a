import Files
import TestSupport
import Glibc
import SystemPackage
import Testing

@testable import Agent

@Suite struct RehearsalTreeTests {
  let runner: CommandRunner

  init() throws { runner = try builtRunner() }

  /// Migrates a database in WAL mode and leaves its `-wal` behind.
  private let migration = """
    /usr/bin/python3 -c "
    import sqlite3
    c = sqlite3.connect('databases/app.db')
    print(c.execute('pragma journal_mode').fetchone()[0], flush=True)
    c.execute('alter table t add column v2')
    c.execute('insert into t values (2, 2)')
    c.commit()
    import os; os._exit(0)"
    """

  private func python(_ program: String) throws -> String {
    let result = try Tool.run(["/usr/bin/python3", "-c", "import sqlite3\n" + program], timeoutSeconds: 20)
    try #require(result.status == 0, "\(result.output)")
    return result.output
  }

  private func database(_ path: FilePath) throws {
    _ = try python(
      """
      c = sqlite3.connect('\(path)'); c.execute('pragma journal_mode=wal')
      c.execute('create table t(v)'); c.execute('insert into t values (1)'); c.commit(); c.close()
      """)
  }

  private func columns(_ path: FilePath) throws -> String {
    try python("print([r[1] for r in sqlite3.connect('\(path)').execute('pragma table_info(t)')])")
  }

  private func listing(_ path: FilePath) throws -> String {
    try Tool.run(
      ["sh", "-c", "cd '\(path)' && find . -exec stat -c '%n %s %Y %a %U' {} + | sort"], timeoutSeconds: 20
    )
    .output
  }

  @Test func `a migration changes nothing of the staged tree`() throws {
    let site = try Site(user: "nobody")
    _ = try site.directory.makeDirectory(".fleet-app/staged/databases", mode: 0o755)
    _ = try Tool.run(["chown", "-R", "nobody", site.staged.string], timeoutSeconds: 20)
    let before = try listing(site.staged)
    let tree = try RehearsalTree.make(
      of: site.staged, install: site.install, scratch: site.scratch, runner: runner, copySeconds: 60)
    #expect(tree.staged.mode != .direct)
    let copy = try tree.staged.place("databases/app.db")
    try database(copy)
    _ = try Tool.run(["chown", "nobody", copy.string], timeoutSeconds: 20)

    let isolation = tree.isolation()
    let first = try runner.run(
      site.command(migration + "; echo x >>version; rm -f version", isolation: isolation))
    #expect(first.tail == ["wal"])
    #expect(first.succeeded)
    // The next command sees what the one before it did.
    let second = try runner.run(site.command("ls; ls databases", isolation: isolation))
    #expect(second.tail == ["databases", "app.db", "app.db-shm", "app.db-wal"])

    #expect(try columns(try #require(tree.staged.find("databases/app.db"))) == "['v', 'v2']\n")
    #expect(tree.staged.find("version") == nil)
    #expect(try listing(site.staged) == before)
  }

  @Test func `where there is no overlay a copy is changed`() throws {
    let site = try Site()
    let before = try listing(site.staged)
    let tree = try RehearsalTree.make(
      of: site.staged, install: site.install, scratch: site.scratch,
      runner: WithoutOverlay(runner: runner), copySeconds: 60)
    #expect(tree.staged.mode == .direct)
    try database(try tree.staged.place("databases/app.db"))
    let isolation = tree.isolation()
    #expect(try runner.run(site.command(migration, isolation: isolation)).succeeded)
    #expect(try columns(try #require(tree.staged.find("databases/app.db"))) == "['v', 'v2']\n")
    #expect(tree.staged.find("version") != nil)
    #expect(try listing(site.staged) == before)
  }

  @Test(arguments: [true, false])
  func `a directory outside is changed for the commands alone`(_ hasOverlay: Bool) throws {
    let site = try Site()
    let outside = site.directory.path.appending("outside")
    _ = try site.directory.makeDirectory("outside/deep", mode: 0o755)
    _ = try Tool.run(["sh", "-c", "printf live >'\(outside)/deep/file'"], timeoutSeconds: 20)
    let before = try listing(outside)
    let tree = try RehearsalTree.make(
      of: site.staged, install: site.install,
      outside: [Isolation.Outside(path: outside.string, tree: outside.string)], scratch: site.scratch,
      runner: hasOverlay ? runner : WithoutOverlay(runner: runner), copySeconds: 60)
    #expect((tree.outside.first?.mode == .direct) == !hasOverlay)
    let change = "echo more >>'\(outside)/deep/file'; echo x >'\(outside)/new'"
    #expect(try runner.run(site.command(change, isolation: tree.isolation())).succeeded)
    let look = try runner.run(
      site.command("cat '\(outside)/deep/file' '\(outside)/new'", isolation: tree.isolation()))
    #expect(look.tail == ["livemore", "x"])
    #expect(try listing(outside) == before)
  }

  @Test func `another directory than was looked at, or a link, is not shown`() throws {
    let site = try Site()
    let outside = try site.directory.makeDirectory("outside")
    let status = try FileStatus.of(outside)
    func make(_ path: FilePath, inode: UInt64) throws {
      let place = Isolation.Outside(
        path: path.string, tree: path.string,
        identity: .init(device: status.identity.device, inode: inode))
      _ = try RehearsalTree.make(
        of: site.staged, install: site.install, outside: [place], scratch: site.scratch, runner: runner,
        copySeconds: 60)
    }
    try make(outside, inode: status.identity.inode)
    #expect(throws: RehearsalTreeError.self) { try make(outside, inode: status.identity.inode + 1) }
    let link = outside.removingLastComponent().appending("link")
    _ = try Tool.run(["ln", "-s", outside.string, link.string], timeoutSeconds: 20)
    #expect(throws: RehearsalTreeError.self) { try make(link, inode: status.identity.inode) }
  }

  @Test func `directories are made like the tree's own`() throws {
    let site = try Site(user: "nobody")
    _ = try site.directory.makeDirectory(".fleet-app/staged/a/b", mode: 0o750)
    _ = try Tool.run(["chown", "-R", "nobody", site.staged.string], timeoutSeconds: 20)
    let tree = try RehearsalTree.make(
      of: site.staged, install: site.install, scratch: site.scratch, runner: runner, copySeconds: 60)
    let path = try tree.staged.place("a/b/c")
    let made = try Tool.run(["stat", "-c", "%U %a", path.removingLastComponent().string], timeoutSeconds: 20)
    #expect(made.output == "nobody 750\n")
  }
}

/// A host whose kernel has no overlay file system.
private struct WithoutOverlay: CommandRunning {
  let runner: CommandRunner

  func run(_ command: StepCommand, log: StepLog?, interruption: InterruptionCheck) throws(CommandError)
    -> CommandResult
  {
    let modes = [command.isolation?.mode] + (command.isolation?.outside ?? []).map(\.mode)
    for case .overlay in modes { throw .overlayUnavailable("No such device") }
    return try runner.run(command, log: log, interruption: interruption)
  }
}
