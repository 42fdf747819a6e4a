import Files
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Upgrade
@testable import Agent

/// The app's own user means harm: what that user can write is never obeyed, opened or followed by root.
@Suite(.serialized, .asRoot) struct HostileOwnerJobTests {
  private static let owner = "games"
  /// What runs a program as that user.
  private static let asOwner = ["/usr/bin/setpriv", "--reuid=\(owner)", "--regid=\(owner)", "--init-groups"]

  /// A file that only root can read, change or remove.
  private struct RootFile {
    let path: String
    private let before: String

    init(_ room: Room, _ name: String = "precious") throws {
      path = room.folder.appending(path: name).path
      try Shell.run("/bin/sh", "-euc", "umask 077; echo secret >\"$0\"", path)
      before = try Self.look(path)
    }

    private static func look(_ path: String) throws -> String {
      try Shell.output("/bin/sh", "-c", "stat -c '%i %U %a %s %h' \"$0\" && cat \"$0\"", path)
    }

    var isUntouched: Bool { (try? Self.look(path)) == before }
  }

  /// Runs as the app's user, in the install, to its end.
  private func asOwner(_ room: Room, _ script: String, _ words: String...) throws {
    let command = Self.asOwner + ["/bin/sh", "-euc", script] + words
    _ = try Shell.output(command[0], Array(command.dropFirst()), in: room.install.path)
  }

  @Test func `an app of a user of its own is upgraded and rolled back`() throws {
    let room = try Room(owner: Self.owner)
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
    #expect(room.version == "4.1.0")
    let owners = try Shell.output(
      "/usr/bin/find", room.install.path, "!", "-user", Self.owner, "!", "-name", ".fleet-*")
    #expect(owners == "", "everything in it is the app's user's")
  }

  /// Plants a hot journal (https://www.sqlite.org/fileformat.html#the_rollback_journal): a header, no pages, and the
  /// name of a super-journal, which SQLite deletes.
  private static let plant = """
    import sqlite3, struct, sys
    path, name = sys.argv[1], sys.argv[2].encode()
    db = sqlite3.connect(path)
    db.execute('PRAGMA journal_mode=delete')
    size, pages = (db.execute(f'PRAGMA {what}').fetchone()[0] for what in ('page_size', 'page_count'))
    db.close()
    magic = bytes.fromhex('d9d505f920a163d7')
    header = magic + struct.pack('>5I', 0, 1, pages, 512, size)
    tail = struct.pack('>I', 0x40000000 // size + 1) + name + struct.pack('>2I', len(name), sum(name)) + magic
    open(path + '-journal', 'wb').write(header.ljust(512, b'\\0') + tail)
    """

  @Test func `a hot journal that names a file of root's does not delete it`() throws {
    let room = try Room(owner: Self.owner)
    let precious = try RootFile(room)
    // That the plant is a good one: whoever opens such a database deletes the file.
    let decoy = room.folder.appending(path: "decoy").path
    let copy = room.folder.appending(path: "copy.db").path
    try Data("x".utf8).write(to: URL(filePath: decoy))
    let make = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('CREATE TABLE t (x)')\n"
    try Shell.run("/usr/bin/python3", "-c", make + Self.plant, copy, decoy)
    let read = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA schema_version').fetchone()"
    try Shell.run("/usr/bin/python3", "-c", read, copy)
    #expect(!FileManager.default.fileExists(atPath: decoy))

    try room.ctl("stop")
    try asOwner(room, "python3 -c \"$0\" databases/growroom.db \"$1\"", Self.plant, precious.path)
    let result = try room.stage("4.1.0", job: "job-1", repair: true) {
      $0.health = Health(healthyForSeconds: 0)
    }
    #expect(result.outcome == .refused && result.reason?.code == .rehearsal, "\(result)")
    #expect(precious.isUntouched)
  }

  @Test func `folders on the way to a database that become links lead nowhere`() throws {
    let room = try Room(owner: Self.owner)
    let precious = try RootFile(room, "growroom.db")
    try room.ctl("stop")
    try asOwner(room, "mv databases real; ln -s \"$0\" databases", room.folder.path)
    let result = try room.stage("4.1.0", job: "job-1", repair: true) {
      $0.health = Health(healthyForSeconds: 0)
    }
    #expect(result.outcome == .refused && result.reason?.code == .carry, "\(result)")
    #expect(precious.isUntouched)
  }

  @Test func `a database that root alone can read is not read for the app's user`() throws {
    let room = try Room(owner: Self.owner)
    let database = room.folder.appending(path: "root.db").path
    try Shell.run(
      "/usr/bin/python3", "-c",
      "import sqlite3, sys, os; os.umask(0o77); db = sqlite3.connect(sys.argv[1]); db.execute('CREATE TABLE t (x)')",
      database)
    // Their own name for it needs no right to it: this one root gave away by mistake.
    try FileManager.default.linkItem(atPath: database, toPath: room.install.path + "/databases/x.db")
    let result = try room.stage("4.1.0", job: "job-1") {
      $0.carry.append(Carry(kind: .sqlite, path: "databases/x.db"))
    }
    #expect(result.outcome == .refused, "\(result)")
    #expect(result.reason?.text.contains("Permission denied") == true, "\(result)")
  }

  @Test func `a database of root's that the app's user may read becomes that user's copy, without any power`()
    throws
  {
    let room = try Room(owner: Self.owner)
    let database = room.install.appending(path: "databases/growroom.db").path
    chown(database, 0, 0)
    chmod(database, 0o4755)
    let result = try room.stage("4.1.0", job: "job-1", repair: true) {
      $0.health = Health(healthyForSeconds: 0)
    }
    #expect(result.outcome == nil, "\(result)")
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
    #expect(try Shell.output("/usr/bin/stat", "-c", "%U %a", database) == "\(Self.owner) 644")
  }

  @Test func `an install that the app's user made a link is not followed, and root is nobody's guess`() throws
  {
    let home = FileManager.default.temporaryDirectory.appending(path: "fleet-home-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: home) }
    try Shell.run("/usr/bin/chown", "\(Self.owner):", home.path)
    let room = try Room(owner: Self.owner, in: home)
    try Shell.run("/usr/bin/chown", "\(Self.owner):", room.folder.path)
    let plain = room.install.path
    // The way through a home directory is a way for steps that run as its user.
    let staged = try room.stage("4.1.0", job: "job-1") { $0.owner = nil }
    #expect(staged.outcome == nil, "\(staged)")
    #expect(!FileManager.default.fileExists(atPath: room.folder.appending(path: ".fleet-growroom").path))
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)

    try asOwner(room, "mv \"$0\" \"$0.real\"; ln -s /var/tmp \"$0\"", plain)
    let linked = try room.stage("4.1.1", job: "job-2") { $0.owner = nil }
    #expect(linked.outcome == .refused, "\(linked)")
    #expect(linked.reason?.text.contains("symbolic link") == true, "\(linked)")
    try Shell.run("/bin/sh", "-euc", "rm \"$0\"; mkdir \"$0\"", plain)
    let roots = try room.stage("4.1.1", job: "job-3") { $0.owner = nil }
    #expect(roots.reason?.text.contains("owner: root:root") == true, "\(roots)")
    try Shell.run("/bin/sh", "-euc", "rmdir \"$0\"; mv \"$0.real\" \"$0\"", plain)
  }

  @Test func `a way that others may write is refused with what mends it`() throws {
    let room = try Room(owner: Self.owner)
    chmod(room.folder.path, 0o777)
    let result = try room.stage("4.1.0", job: "job-1")
    #expect(result.outcome == .refused && result.reason?.code == .install, "\(result)")
    #expect(result.reason?.text.contains("sudo chmod o-w \(room.folder.path)") == true, "\(result)")
  }

  @Test func `a staged tree is out of reach, also through the steps that work on it`() throws {
    let room = try Room(owner: Self.owner)
    let seen = room.folder.appending(path: "seen").path
    try Shell.run("/bin/sh", "-euc", "mkdir \"$0\"; chown \(Self.owner): \"$0\"", seen)
    // Somebody of the same user looks at every process that he may, while a step runs.
    let spy = try TalkingChild(
      Self.asOwner + [
        "/usr/bin/python3", "-c",
        """
        import os, sys, time
        print('ready', flush=True)
        install, work, out = sys.argv[1:]
        while not os.path.exists(out + '/done'):
            for pid in filter(str.isdigit, os.listdir('/proc')):
                try:
                    if 'sleep\\x002.5' in open(f'/proc/{pid}/cmdline').read():
                        open(out + '/met', 'w').close()
                        if os.path.exists(f'/proc/{pid}/root{install}/env'): open(out + '/through', 'w').close()
                except OSError: pass
            if os.access(work + '/tree', os.F_OK): open(out + '/direct', 'w').close()
            time.sleep(0.05)
        """, room.install.path, room.folder.appending(path: ".fleet-growroom").path, seen,
      ], in: "/")
    #expect(spy.readLine() == "ready")
    _ = try room.stage("4.1.0", job: "job-1") { $0.steps.prepare.append(Run(command: .shell("sleep 2.5"))) }
    _ = FileManager.default.createFile(atPath: seen + "/done", contents: nil)
    _ = spy.wait()
    #expect(try FileManager.default.contentsOfDirectory(atPath: seen).sorted() == ["done", "met"])
  }

  @Test func `release files that a step changed are told, unless the profile says that they may`() throws {
    let room = try Room(owner: Self.owner)
    let change = Run(
      command: .shell("echo '# mine' >>growroom/status.py; rm growroom/store.py; echo new >made"))
    let refused = try room.stage("4.1.0", job: "job-1") { $0.steps.prepare.append(change) }
    #expect(refused.outcome == .refused && refused.reason?.code == .prepare, "\(refused)")
    #expect(refused.reason?.logTail == ["growroom/status.py", "growroom/store.py"], "\(refused)")
    let ignored = try room.stage("4.1.0", job: "job-2", retry: true) {
      $0.steps.prepare.append(Run(command: .shell("echo '# mine' >>growroom/status.py")))
      $0.ignore.append("growroom/status.py")
    }
    #expect(ignored.outcome == nil, "\(ignored)")
    let migrated = try room.stage("4.1.0", job: "job-3", retry: true) {
      $0.steps.migrate.append(
        Run(command: .shell("echo '# mine' >>../growroom/status.py"), directory: "alembic_db"))
    }
    #expect(migrated.outcome == .refused && migrated.reason?.code == .rehearsal, "\(migrated)")
  }

  @Test func `steps of root come before those of others, and see what was verified`() throws {
    let room = try Room(owner: Self.owner)
    let evil = try RootFile(room)
    let root = Run(command: .shell("id -un; cat growroom/config.py >rooted"), user: "root")
    for change in [
      { (steps: inout Steps) in steps.prepare.append(root) }, { $0.complete.append(root) },
      { $0.migrate.append(root) },
    ] {
      let refused = try room.stage("4.1.0", job: "job-\(UUID().uuidString)") { change(&$0.steps) }
      #expect(refused.reason?.text.contains("come first in prepare") == true, "\(refused)")
    }
    // The old tree is the app's user's: root does not see it, in stage or later.
    try asOwner(
      room,
      "cp growroom/config.py x; printf '#!/bin/sh\\nrm %s\\n' \"$0\" >growroom/evil; chmod 755 growroom/evil",
      evil.path)
    let finish = Run(
      command: .shell(
        "test -z \"$FLEET_OLD\" && test ! -e env && test ! -e growroom/evil && ! touch growroom/x && "
          + "grep -q 4.1.0 growroom/config.py && cp growroom/config.py \(room.folder.path)/from-root"),
      user: "root")
    let staged = try room.stage("4.1.0", job: "job-2") {
      $0.steps.prepare.insert(
        Run(
          command: .shell(
            "test -z \"$FLEET_OLD\"; echo made >by-root; chown root:games by-root; chmod 4750 by-root"),
          user: "root"), at: 0)
      $0.steps.finish = [
        finish,
        Run(
          command: .shell(
            "test \"$(id -un)\" = games && test -e \"$FLEET_OLD/growroom/evil\" && touch finished")),
      ]
      $0.ignore += ["x", "growroom/evil"]
    }
    #expect(staged.outcome == nil, "\(staged)")
    let result = try room.cutover(job: "job-2")
    #expect(result.outcome == .upgraded, "\(result)")
    #expect(try Shell.output("/usr/bin/stat", "-c", "%U %a", room.install.path + "/by-root") == "root 4750")
    #expect(FileManager.default.fileExists(atPath: room.folder.path + "/from-root"))
    #expect(room.has("finished"))
    #expect(evil.isUntouched)
  }

  @Test func `root's step sees what was verified, also where the app's user renames the install meanwhile`()
    throws
  {
    let home = FileManager.default.temporaryDirectory.appending(path: "fleet-home-\(UUID().uuidString)")
    let shared = try TemporaryDirectory()
    defer { try? FileManager.default.removeItem(at: home) }
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    let room = try Room(owner: Self.owner, in: home)
    try Shell.run(
      "/bin/sh", "-euc",
      "chown games: \"$0\" \"$1\"; mkdir \"$2/open\"; chmod 755 \"$2\"; chmod 777 \"$2/open\"",
      home.path, room.folder.path, shared.path.string)
    let out = shared.path.string
    let evil = try TalkingChild(
      Self.asOwner + [
        "/usr/bin/python3", "-c",
        """
        import os, sys, time
        install, out = sys.argv[1:]
        def wait(name):
            end = time.time() + 120
            while not os.path.exists(out + '/' + name) and time.time() < end: time.sleep(0.02)
        print('ready', flush=True)
        wait('at')
        os.rename(install, install + '.real')
        os.makedirs(install + '/growroom')
        open(install + '/growroom/config.py', 'w').write('planted')
        open(out + '/open/go', 'w').close()
        wait('done')
        os.rename(install, install + '.planted')
        os.rename(install + '.real', install)
        open(out + '/open/back', 'w').close()
        """, room.install.path, out,
      ], in: "/")
    #expect(evil.readLine() == "ready")
    let wait = "n=0; while [ ! -e $1 ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done"
    let finish = Run(
      command: .shell(
        """
        wait() { \(wait); }
        touch \(out)/at; wait \(out)/open/go
        cat "$FLEET_INSTALL/growroom/config.py" >\(out)/seen; cat growroom/config.py >>\(out)/seen
        ls -A "$FLEET_INSTALL/.." >\(out)/beside
        touch \(out)/done; wait \(out)/open/back
        """), user: "root")
    let staged = try room.stage("4.1.0", job: "job-1") { $0.steps.finish = [finish] }
    #expect(staged.outcome == nil, "\(staged)")
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .upgraded, "\(result)")
    let seen = try String(contentsOfFile: out + "/seen", encoding: .utf8)
    #expect(!seen.contains("planted"))
    #expect(seen.components(separatedBy: "GROWROOM_VERSION = '4.1.0'").count == 3)
    #expect(
      try String(contentsOfFile: out + "/beside", encoding: .utf8) == "growroom\n", "nothing of the home")
  }

  @Test func `checks and guards of root do not see the app's tree`() throws {
    let room = try Room(owner: Self.owner)
    let evil = try RootFile(room)
    try asOwner(room, "printf '#!/bin/sh\\nrm %s\\n' \"$0\" >bin/check; chmod 755 bin/check", evil.path)
    let result = try room.stage("4.1.0", job: "job-1") {
      $0.health.checks.append(.run(Run(command: .shell("bin/check"), user: "root"), expect: nil))
    }
    #expect(result.outcome == .refused && result.reason?.code == .unhealthy, "\(result)")
    let guarded = try room.stage("4.1.0", job: "job-2") {
      $0.guards = [Guard(run: Run(command: .shell("bin/check"), user: "root"), why: "no", waitSeconds: 0)]
    }
    #expect(guarded.outcome == .deferred, "\(guarded)")
    #expect(evil.isUntouched)
  }

  @Test func `the app's user cannot make a tree another than it is`() throws {
    let room = try Room(owner: Self.owner)
    let staged = try room.stage("4.1.1", job: "job-1") { Room.givesUpSoon(&$0) }
    #expect(staged.outcome == nil, "\(staged)")
    // 4.1.1 is not well; and what says whose tree it is goes away as soon as it is live.
    let tidy = try TalkingChild(
      Self.asOwner + [
        "/usr/bin/python3", "-c",
        """
        import json, os, sys, time
        print('ready', flush=True)
        path = sys.argv[1] + '/.fleet-release.json'
        end = time.time() + 120
        while time.time() < end:
            try:
                if json.load(open(path))['job'] == 'job-1':
                    os.unlink(path)
                    print('gone', flush=True)
                    break
            except (OSError, ValueError): pass
            time.sleep(0.002)
        """, room.install.path,
      ], in: "/")
    #expect(tidy.readLine() == "ready")
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack, "\(result)")
    #expect(tidy.readLine() == "gone")
    #expect(room.version == "4.0.26")
    #expect(try room.leftovers() == [])
  }

  @Test func `an outside path whose folder was replaced by a link is not put back through it`() throws {
    let room = try Room(owner: Self.owner)
    let theirs = room.folder.appending(path: "theirs").path
    let mine = room.folder.appending(path: "mine").path
    try Shell.run(
      "/bin/sh", "-euc",
      "mkdir -p \"$0/cfg\" \"$1\"; echo old >\"$0/cfg/hosts\"; echo root >\"$1/hosts\"; "
        + "chown -R games: \"$0\"", theirs, mine)
    let finish = Run(command: .shell("cd \(theirs); mv cfg cfg.real; ln -s \(mine) cfg; exit 1"))
    _ = try room.stage("4.1.0", job: "job-1") {
      $0.outside = ["\(theirs)/cfg/hosts"]
      $0.steps.finish = [finish]
    }
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack, "\(result)")
    #expect(result.undoReason?.text.contains("symbolic link") == true, "\(result)")
    #expect(try String(contentsOfFile: mine + "/hosts", encoding: .utf8) == "root\n")
    #expect(room.version == "4.0.26")

    // Another folder of theirs is no better.
    try Shell.run("/bin/sh", "-euc", "cd \"$0\"; rm cfg; mv cfg.real cfg", theirs)
    _ = try room.agent("clear", "growroom")
    _ = try room.stage("4.1.0", job: "job-2", retry: true) {
      $0.outside = ["\(theirs)/cfg/hosts"]
      $0.steps.finish = [Run(command: .shell("cd \(theirs); mv cfg cfg.real; mkdir cfg; exit 1"))]
    }
    let replaced = try room.cutover(job: "job-2")
    #expect(replaced.undoReason?.text.contains("another directory lies there") == true, "\(replaced)")
    #expect(!FileManager.default.fileExists(atPath: theirs + "/cfg/hosts"))
  }

  @Test
  func `a directory of root's that the app's user puts in the way of an undo is not removed or given away`()
    throws
  {
    let room = try Room(owner: Self.owner)
    let theirs = room.folder.appending(path: "theirs").path
    try Shell.run(
      "/bin/sh", "-euc",
      "mkdir -p \"$0/conf\"; echo old >\"$0/conf/a\"; chown -R games: \"$0\"; "
        + "mkdir -m 700 \"$0/roots\"; echo secret >\"$0/roots/secret\"", theirs)
    let secret = try RootFile(room)
    _ = try room.stage("4.1.0", job: "job-1") {
      $0.outside = ["\(theirs)/conf"]
      $0.steps.finish = [Run(command: .shell("cd \(theirs); mv conf conf.old; mv roots conf; exit 1"))]
    }
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack && result.undoReason == nil, "\(result)")
    #expect(try String(contentsOfFile: theirs + "/conf/a", encoding: .utf8) == "old\n")
    let all = try FileManager.default.contentsOfDirectory(atPath: theirs)
    let kept = try #require(all.first { $0.contains("not-removed") })
    let look = "stat -c '%U %a' \"$0\"; cat \"$0/secret\""
    #expect(try Shell.output("/bin/sh", "-c", look, "\(theirs)/\(kept)") == "root 700\nsecret")
    #expect(secret.isUntouched)
    let notes = JobEventLog.readAll(room.jobFolder("job-1").events).0.compactMap(\.text)
    #expect(notes.contains { $0.contains("it was not removed, and is") }, "\(notes)")
  }

  @Test func `a job that ended before it knew its place is ended, also where that place is no good any more`()
    throws
  {
    let room = try Room(owner: Self.owner)
    let staged = try room.stage("4.1.0", job: "job-1")
    #expect(staged.outcome == nil, "\(staged)")
    // Its parent looks at the journal once more.
    #expect(eventually { !room.hasAgents })
    // As a power cut in the first moment of *check* leaves it.
    let folder = room.jobFolder("job-1")
    try Stored.write(JobFacts(), folder.factsFile)
    var journal = try Journal.open(room.agentPaths.journal)
    try journal.record(
      .begin, job: "job-1", cause: nil, bootID: BootClock.bootID(), ended: nil, isDurable: true)
    chmod(room.folder.path, 0o777)
    #expect(try room.agent("recover").contains("now"))
    #expect(try room.hostStatus().state == "idle")
    chmod(room.folder.path, 0o755)
    let again = try room.stage("4.1.0", job: "job-2", repair: true)
    #expect(again.outcome == nil, "what it had staged is waste: \(again)")
  }

  @Test func `an old backup that cannot be removed keeps no job open`() throws {
    let room = try Room(owner: Self.owner)
    func upgrade(_ version: String, from installed: String, _ job: String) throws -> JobResult {
      let staged = try room.stage(version, job: job, from: installed) { $0.keepBackups = 1 }
      guard staged.outcome == nil else { return staged }
      return try room.cutover(job: job)
    }
    #expect(try upgrade("4.0.27", from: "4.0.26", "job-1").outcome == .upgraded)
    #expect(try upgrade("4.1.0", from: "4.0.27", "job-2").outcome == .upgraded)
    let backups = try FileManager.default.contentsOfDirectory(atPath: room.folder.path + "/backups").sorted()
    let mounted = room.folder.path + "/backups/\(backups.last ?? "")/databases"
    try Shell.run("/usr/bin/mount", "-t", "tmpfs", "none", mounted)
    // What was to be removed has another name by then.
    defer {
      try? Shell.run("/bin/sh", "-c", "umount -l '\(room.folder.path)'/backups/.fleet-trash-*/databases")
    }
    let result = try upgrade("4.2.0", from: "4.1.0", "job-3")
    #expect(result.outcome == .upgraded, "\(result)")
    #expect(try room.hostStatus().state == "idle")
    let notes = JobEventLog.readAll(room.jobFolder("job-3").events).0.compactMap(\.text)
    #expect(notes.contains { $0.contains("old backups could not be removed") }, "\(notes)")
  }

  @Test func `an outside path through a folder of somebody else is refused before anything is done`() throws {
    let room = try Room(owner: Self.owner)
    let folder = room.folder.appending(path: "others").path
    try Shell.run("/bin/sh", "-euc", "mkdir \"$0\"; chown nobody \"$0\"", folder)
    let result = try room.stage("4.1.0", job: "job-1") { $0.outside = ["\(folder)/file"] }
    #expect(
      result.outcome == .refused && result.reason?.text.contains("belongs to the user") == true, "\(result)")
  }

  @Test func `a process with very many mappings keeps no cutover from happening`() throws {
    let room = try Room(owner: Self.owner)
    let odd = try TalkingChild(
      [
        "/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "/usr/bin/python3", "-c",
        """
        import ctypes, os, tempfile
        os.chdir(tempfile.mkdtemp())
        name = 'n' * 200
        for _ in range(15):
            os.mkdir(name); os.chdir(name)
        fd = os.open('f', os.O_CREAT | os.O_RDWR)
        os.ftruncate(fd, 8192 * 65536)
        libc = ctypes.CDLL(None)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
        for i in range(30000):
            if libc.mmap(None, 4096, 1, 2, fd, i * 8192) in (None, 2**64 - 1): break
        print('ready', flush=True)
        input()
        """,
      ], in: "/tmp")
    #expect(odd.readLine() == "ready")
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
    let log = try String(contentsOfFile: room.jobFolder("job-1").log.string, encoding: .utf8)
    #expect(log.contains("could not be looked at whole"))
  }

  @Test func `a shell that stands in the install defers the upgrade before the stop`() throws {
    let room = try Room(owner: Self.owner)
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    // With a terminal of its own, as whoever logs in has one.
    let shell = try TalkingChild(
      [
        "/usr/bin/python3", "-c",
        "import os, pty, sys\npid, fd = pty.fork()\nif pid == 0: os.execv('/bin/sh', ['sh', '-i'])\n"
          + "os.read(fd, 1)\nprint(pid, flush=True)\ninput()",
      ], in: room.install.path)
    let pid = try #require(shell.readLine())
    let poller = Poller(port: room.port)
    let deferred = try room.cutover(job: "job-1")
    #expect(deferred.outcome == .deferred && deferred.reason?.code == .holders, "\(deferred)")
    #expect(deferred.reason?.text.contains("sh (pid \(pid)) works in") == true, "\(deferred)")
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    kill(try #require(pid_t(pid)), SIGKILL)
    shell.endInput()
    _ = shell.wait()
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
  }

  @Test func `a file of nothing but a hole takes no time, where it is carried or the release's`() throws {
    let room = try Room(owner: Self.owner)
    try asOwner(room, "truncate -s 8T certs/hole; truncate -s 8T growroom/status.py")
    let result = try room.stage("4.1.0", job: "job-1") { $0.health.checks = [] }
    #expect(result.outcome == .refused && result.reason?.code == .leftBehind, "\(result)")
    #expect(result.reason?.logTail.contains { $0.contains("growroom/status.py") } == true)
    let left = try room.stage("4.1.0", job: "job-2", leave: true) { $0.health.checks = [] }
    #expect(left.outcome == nil, "\(left)")
  }
}
