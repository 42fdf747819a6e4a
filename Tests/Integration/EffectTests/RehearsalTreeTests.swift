import Files
import TestSupport
import Glibc
import SystemPackage
import Testing

@testable import Effects
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

  /// Puts a database where a migration finds it as `databases/app.db`, and returns where.
  private func place(in layer: RehearsalLayer, owner: String = "root") throws -> FilePath {
    let path = layer.changes.appending("databases").appending("app.db")
    _ = try Tool.run(["mkdir", "-p", path.removingLastComponent().string], timeoutSeconds: 20)
    try database(path)
    _ = try Tool.run(["chown", "-R", owner, path.removingLastComponent().string], timeoutSeconds: 20)
    return path
  }

  @Test func `a migration changes nothing of the staged tree`() throws {
    let site = try Site(user: "nobody")
    _ = try site.directory.makeDirectory(".fleet-app/staged/databases", mode: 0o755)
    _ = try Tool.run(["chown", "-R", "nobody", site.staged.string], timeoutSeconds: 20)
    let before = try listing(site.staged)
    let tree = try RehearsalTree.make(
      of: site.staged, install: site.install, scratch: site.scratch, runner: runner, copying: .init())
    #expect(tree.staged.mode != .direct)
    let copy = try place(in: tree.staged, owner: "nobody")

    let isolation = tree.isolation()
    let first = try runner.run(
      site.command(migration + "; echo x >>version; rm -f version", isolation: isolation))
    #expect(first.tail == ["wal"])
    #expect(first.succeeded)
    // The next command sees what the one before it did.
    let second = try runner.run(site.command("ls; ls databases", isolation: isolation))
    #expect(second.tail == ["databases", "app.db", "app.db-shm", "app.db-wal"])

    #expect(try columns(copy) == "['v', 'v2']\n")
    // A whiteout (the kernel's overlayfs documentation).
    #expect(try FileStatus.of(tree.staged.changes.appending("version")).kind == .characterDevice)
    #expect(try listing(site.staged) == before)
  }

  @Test func `where there is no overlay a copy is changed`() throws {
    let site = try Site()
    let before = try listing(site.staged)
    let tree = try RehearsalTree.make(
      of: site.staged, install: site.install, scratch: site.scratch,
      runner: WithoutOverlay(runner: runner), copying: .init())
    #expect(tree.staged.mode == .direct)
    let database = try place(in: tree.staged)
    let isolation = tree.isolation()
    #expect(try runner.run(site.command(migration, isolation: isolation)).succeeded)
    #expect(try columns(database) == "['v', 'v2']\n")
    #expect(try FileStatus.of(tree.staged.changes.appending("version")).kind == .regular)
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
      runner: hasOverlay ? runner : WithoutOverlay(runner: runner), copying: .init())
    #expect((tree.outside.first?.mode == .direct) == !hasOverlay)
    // Renamed as programs do it, which try no copy where a rename fails.
    let change = """
      echo more >>'\(outside)/deep/file'; echo x >'\(outside)/new'
      /usr/bin/python3 -c "import os; os.rename('\(outside)/deep', '\(outside)/moved')"
      """
    #expect(try runner.run(site.command(change, isolation: tree.isolation())).succeeded)
    let look = try runner.run(
      site.command("cat '\(outside)/moved/file' '\(outside)/new'", isolation: tree.isolation()))
    #expect(look.tail == ["livemore", "x"])
    #expect(try listing(outside) == before)
  }

  @Test func `another directory than was looked at, or a link, is not shown`() throws {
    let site = try Site()
    let outside = try site.directory.makeDirectory("outside")
    let known = try FileStatus.of(outside).identity
    func make(_ path: FilePath, _ identity: FileStatus.Identity) throws {
      let place = Isolation.Outside(path: path.string, tree: path.string, identity: identity)
      _ = try RehearsalTree.make(
        of: site.staged, install: site.install, outside: [place], scratch: site.scratch, runner: runner,
        copying: .init())
    }
    try make(outside, known)
    let other = try FileStatus.of(site.staged).identity
    #expect(throws: RehearsalTreeError.self) { try make(outside, other) }
    let link = outside.removingLastComponent().appending("link")
    _ = try Tool.run(["ln", "-s", outside.string, link.string], timeoutSeconds: 20)
    #expect(throws: RehearsalTreeError.self) { try make(link, known) }
  }

  @Test(arguments: [true, false])
  func `the root of what is changed is like the tree's own`(_ hasOverlay: Bool) throws {
    let site = try Site(user: "nobody")
    _ = try Tool.run(
      ["sh", "-ec", "chown nobody \"$0\"; chmod 750 \"$0\"", site.staged.string], timeoutSeconds: 20)
    let tree = try RehearsalTree.make(
      of: site.staged, install: site.install, scratch: site.scratch,
      runner: hasOverlay ? runner : WithoutOverlay(runner: runner), copying: .init())
    let made = try Tool.run(["stat", "-c", "%U %a", tree.staged.changes.string], timeoutSeconds: 20)
    #expect(made.output == "nobody 750\n")
  }

  // MARK: copies

  private struct OutsideCopy {
    let site: Site
    let outside: FilePath

    init() throws {
      site = try Site()
      outside = try site.directory.makeDirectory("outside")
      _ = try Tool.run(
        [
          "sh", "-ec", "cd \"$0\"; mkdir d; echo live >d/app.db; echo hot >d/app.db-journal; ln -s d link",
          outside.string,
        ],
        timeoutSeconds: 20)
    }

    func make(_ rules: RehearsalLayer.Copying, identity: FileStatus.Identity? = nil) throws -> RehearsalLayer
    {
      try .copy(of: outside, in: site.scratch.path, identity: identity, by: rules)
    }

    func names() throws -> [String] {
      let copy = site.scratch.path.appending("copy")
      guard (try? FileStatus.of(copy)) != nil else { return [] }
      return try Tool.run(["find", copy.string, "-mindepth", "1", "-printf", "%P\n"], timeoutSeconds: 20)
        .output.split(separator: "\n").map(String.init).sorted()
    }
  }

  @Test func `a copy leaves out what is left out, and follows no link`() throws {
    let copy = try OutsideCopy()
    let left = Set(["app.db", "app.db-journal"].map { copy.outside.pushing(FilePath("d/\($0)")) })
    _ = try copy.make(.init(excluding: { left.contains($0) }))
    #expect(try copy.names() == ["d", "link"])
  }

  @Test func `a copy for which there is no room is not begun`() throws {
    let copy = try OutsideCopy()
    #expect {
      try copy.make(.init(hasRoom: { bytes, _ in bytes < 8192 }))
    } throws: { error in
      if case .noRoom(let bytes, _) = error as? RehearsalTreeError { bytes >= 8192 } else { false }
    }
    #expect(try copy.names() == [])
  }

  @Test func `a copy that is not wanted any more ends`() throws {
    let copy = try OutsideCopy()
    #expect {
      try copy.make(.init(goOn: { false }))
    } throws: { error in
      if case .file(let error) = error as? RehearsalTreeError { error.errno == .canceled } else { false }
    }
  }

  @Test func `another directory than was looked at, or a link, is not copied`() throws {
    let copy = try OutsideCopy()
    let known = try FileStatus.of(copy.outside).identity
    _ = try Tool.run(
      ["sh", "-ec", "mv \"$0\" \"$0.was\"; ln -s \"$0.was\" \"$0\"", copy.outside.string], timeoutSeconds: 20)
    #expect(throws: RehearsalTreeError.self) { try copy.make(.init(), identity: known) }
    _ = try Tool.run(["sh", "-ec", "rm \"$0\"; mkdir \"$0\"", copy.outside.string], timeoutSeconds: 20)
    #expect(throws: RehearsalTreeError.self) { try copy.make(.init(), identity: known) }
    #expect(try copy.names() == [])
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
