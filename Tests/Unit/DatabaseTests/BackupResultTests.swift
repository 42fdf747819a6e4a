import Files
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Database

@Suite struct BackupResultTests {
  @Test(.asRoot, arguments: ["wal", "delete"])
  func `owner mode and attributes are kept and nothing else remains`(mode: String) throws {
    let database = try TestDatabase("PRAGMA journal_mode=\(mode); CREATE TABLE rows (id);")
    try database.python("os.chown(path, 61, 62); os.chmod(path, 0o640); os.setxattr(path, 'user.note', b'n')")
    let result = try SQLiteBackup.copy(from: database.path, to: database.copy)
    let status = try FileStatus.of(database.copy)
    #expect(status.user == 61 && status.group == 62 && status.permissions.rawValue == 0o640)
    #expect(result.notes.isEmpty)
    try database.python("assert os.getxattr(sys.argv[2], 'user.note') == b'n'", database.copy.string)
    #expect(try database.names(in: database.copy.removingLastComponent()) == ["app.db"])
    #expect(try database.names(in: database.directory) == ["app.db", "copies"])
  }

  @Test func `what lay there before is replaced with its side files`() throws {
    let database = try TestDatabase("CREATE TABLE rows (id); INSERT INTO rows VALUES (7);")
    let victim = database.directory.appending("victim")
    try writeDurably("victim".utf8, to: victim)
    for side in ["", "-wal", "-shm", "-journal", ".fleet-copy-wal"] {
      try writeDurably("old".utf8, to: FilePath(bytes: database.copy.bytes + Array(side.utf8)))
    }
    let copies = try Directory.open(database.copy.removingLastComponent())
    try copies.makeSymbolicLink("app.db.fleet-copy", to: victim)
    _ = try SQLiteBackup.copy(from: database.path, to: database.copy)
    #expect(try copies.entries().map(\.string) == ["app.db"])
    #expect(try database.ask("SELECT id FROM rows", of: database.copy) == "7")
    #expect(try readBounded(victim, maxBytes: 100) == Array("victim".utf8))
  }

  @Test func `names that are no text are no obstacle`() throws {
    let database = try TestDatabase("CREATE TABLE rows (id);")
    let odd = FilePath(bytes: database.directory.bytes + Array("/a?b%20 #".utf8) + [0xFF] + Array(".db".utf8))
    _ = try SQLiteBackup.copy(from: database.path, to: odd)
    _ = try SQLiteBackup.copy(from: odd, to: database.copy)
    #expect(try database.names(in: database.copy.removingLastComponent()) == ["app.db"])
  }

  @Test func `a copy is stopped when told`() throws {
    let database = try TestDatabase()
    let seen = Mutex<[DatabaseProgress]>([])
    let watch = DatabaseWatch { progress in
      seen.withLock { $0.append(progress) }
      return false
    }
    let error = databaseError {
      _ = try SQLiteBackup.copy(from: database.path, to: database.copy, watch: watch)
    }
    #expect(error?.reason == .stopped)
    #expect(seen.withLock { $0.count } == 1)
    let late = DatabaseWatch(deadlineMilliseconds: BootClock.milliseconds() - 1)
    let error2 = databaseError {
      _ = try SQLiteBackup.copy(from: database.path, to: database.copy, watch: late)
    }
    #expect(error2?.reason == .stopped)
    #expect(try database.names(in: database.copy.removingLastComponent()).isEmpty)
  }

  @Test(.asRoot) func `a full disk is said and leaves nothing`() throws {
    let database = try TestDatabase()
    try database.fill(megabytes: 3)
    let small = database.directory.appending("small")
    try Shell.run("/bin/mkdir", small.string)
    try Shell.run("/usr/bin/mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small.string)
    defer { try? Shell.run("/usr/bin/umount", "-l", small.string) }
    let error = databaseError {
      _ = try SQLiteBackup.copy(from: database.path, to: small.appending("app.db"))
    }
    #expect(error?.reason == .full)
    #expect(try database.names(in: small).isEmpty)
  }
}
