import TestSupport
import Files
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import Database

@Suite struct LiveBackupTests {
  @Test(arguments: ["wal", "delete", "truncate", "persist"])
  func `a copy has every row acknowledged before it began`(mode: String) throws {
    let database = try TestDatabase()
    let writer = try database.startWriter(mode: mode)
    var acknowledged = 0
    for round in 1...3 {
      for _ in 0..<30 { acknowledged = Int(try #require(writer.readLine())) ?? 0 }
      let result = try SQLiteBackup.copy(from: database.path, to: database.copy)
      // Another process's count: rows without a gap, and at least those acknowledged.
      let count = Int(try database.ask("SELECT count(*) FROM rows", of: database.copy)) ?? 0
      let last = Int(try database.ask("SELECT max(id) FROM rows", of: database.copy)) ?? 0
      #expect(count >= acknowledged && count == last, "round \(round)")
      #expect(try database.ask("PRAGMA integrity_check", of: database.copy) == "ok")
      #expect(result.journalMode == (mode == "wal" ? "wal" : "delete"))
      #expect(try database.ask("PRAGMA journal_mode", of: database.copy) == result.journalMode)
      #expect(result.sizeBytes > 0 && result.pages * 4096 == Int(result.sizeBytes))
    }
    // The writer was not harmed.
    #expect(writer.readLine() != nil)
    writer.kill()
    #expect(try database.ask("PRAGMA integrity_check", of: database.path) == "ok")
  }

  @Test(arguments: ["wal", "delete"])
  func `what a killed writer left is recovered`(mode: String) throws {
    let database = try TestDatabase()
    let writer = try database.start(
      """
      db.execute('PRAGMA journal_mode=\(mode)')
      db.execute('PRAGMA wal_autocheckpoint=0')
      db.execute('PRAGMA cache_size=2')
      for n in range(100): db.execute('INSERT INTO rows (text) VALUES (?)', ('x' * 500,))
      # A transaction that has already spilled into the main file, or the WAL, when the kill comes.
      db.execute('BEGIN')
      db.execute("UPDATE rows SET text = 'half done ' || text")
      for n in range(500): db.execute('INSERT INTO rows (text) VALUES (?)', ('y' * 500,))
      print('half', flush=True)
      time.sleep(600)
      """)
    try #require(writer.readLine() == "half")
    writer.kill()
    let left = try database.names(in: database.directory)
    try #require(left.contains(mode == "wal" ? "app.db-wal" : "app.db-journal"))
    _ = try SQLiteBackup.copy(from: database.path, to: database.copy)
    #expect(try database.ask("SELECT count(*) FROM rows", of: database.copy) == "100")
    #expect(try database.ask("SELECT count(*) FROM rows WHERE text LIKE 'half%'", of: database.copy) == "0")
    #expect(try database.names(in: database.copy.removingLastComponent()) == ["app.db"])
  }

  @Test(.asRoot) func `side files made by looking keep the owner of the database`() throws {
    let database = try TestDatabase("PRAGMA journal_mode=wal; CREATE TABLE rows (id);")
    try database.python("os.chown(path, 61, 62)")
    let seen = Mutex<[String: UInt32]>([:])
    let directory = database.directory
    let watch = DatabaseWatch { _ in
      for side in ["app.db-wal", "app.db-shm"] {
        let status = try? FileStatus.ifPresent(directory.appending(side))
        seen.withLock { $0[side] = status?.user }
      }
      return true
    }
    _ = try SQLiteBackup.copy(from: database.path, to: database.copy, watch: watch)
    #expect(seen.withLock { $0 } == ["app.db-wal": 61, "app.db-shm": 61])
    #expect(try database.names(in: database.directory) == ["app.db", "copies"])
  }

  @Test func `a database locked for ever is a typed error`() throws {
    let database = try TestDatabase()
    let locker = try database.start(
      "db.execute('BEGIN EXCLUSIVE'); print('locked', flush=True); time.sleep(600)")
    try #require(locker.readLine() == "locked")
    let error = databaseError {
      _ = try SQLiteBackup.copy(from: database.path, to: database.copy, policy: TestDatabase.impatient)
    }
    #expect(error?.reason == .busy(waitedMilliseconds: 100))
    #expect(error?.description.contains("database is locked") == true)
    #expect(try database.names(in: database.copy.removingLastComponent()).isEmpty)
  }

  @Test func `a writer that never pauses is a typed error when no lock is allowed`() throws {
    let database = try TestDatabase()
    try database.fill(megabytes: 20)
    let writer = try database.start(
      """
      print('ready', flush=True)
      for line in sys.stdin:
          db.execute("INSERT INTO rows (text) VALUES ('x')")
          print('written', flush=True)
      """)
    try #require(writer.readLine() == "ready")
    // A write after each step: the copy can never end.
    let watch = DatabaseWatch { _ in
      guard (try? writer.write("\n".utf8)) != nil else { return false }
      return writer.readLine() == "written"
    }
    let error = databaseError {
      _ = try SQLiteBackup.copy(
        from: database.path, to: database.copy, policy: BackupPolicy(lockMilliseconds: 0), watch: watch)
    }
    guard case .busyWriter(let restarts, _) = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(restarts == BackupPolicy().maxRestarts + 1)
    #expect(try database.names(in: database.copy.removingLastComponent()).isEmpty)
    // The same with a lock long enough succeeds.
    let result = try SQLiteBackup.copy(
      from: database.path, to: database.copy, policy: BackupPolicy(lockMilliseconds: 60_000))
    #expect(result.restarts == 0)
  }

  @Test func `in steps a copy ends where nobody writes`() throws {
    let database = try TestDatabase()
    try database.fill(megabytes: 20)
    let policy = BackupPolicy(lockMilliseconds: 0)
    let result = try SQLiteBackup.copy(from: database.path, to: database.copy, policy: policy)
    #expect(result.restarts == 0)
    #expect(try database.ask("SELECT count(*) FROM rows", of: database.copy) == "20")
  }
}
