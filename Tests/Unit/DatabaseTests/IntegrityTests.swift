import Files
import SystemPackage
import Testing

@testable import Database

@Suite struct IntegrityTests {
  @Test func `a database is known by its first bytes`() throws {
    let database = try TestDatabase()
    #expect(try Integrity.isSQLite(database.path))
    let text = database.directory.appending("text.db")
    try writeDurably("SQLite format 2\0 and more".utf8, to: text)
    #expect(try !Integrity.isSQLite(text))
    try writeDurably("".utf8, to: text)
    #expect(try !Integrity.isSQLite(text))
    #expect(try !Integrity.isSQLite(database.directory))
    #expect(databaseError { _ = try Integrity.isSQLite(database.directory.appending("none")) } != nil)
  }

  @Test func `a file that is no database is said to be none`() throws {
    let database = try TestDatabase()
    let text = database.directory.appending("text.db")
    try writeDurably("hello".utf8, to: text)
    let error = databaseError { _ = try SQLiteBackup.copy(from: text, to: database.copy) }
    #expect(error?.reason == .notADatabase)
  }

  @Test func `a damaged page is found in the copy`() throws {
    let database = try TestDatabase()
    try database.python(
      """
      db.execute('CREATE INDEX by_text ON rows (text)')
      for n in range(300): db.execute('INSERT INTO rows (text) VALUES (?)', ('x%d' % n,))
      root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'by_text'").fetchone()[0]
      db.close()
      with open(path, 'r+b') as f:
          f.seek((root - 1) * 4096 + 3); f.write(b'\\0\\1')
      """)
    let error = databaseError { _ = try SQLiteBackup.copy(from: database.path, to: database.copy) }
    guard case .corrupt(let findings) = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!findings.isEmpty && findings.count <= Integrity.maxFindings)
    #expect(error?.path == database.path, "nobody can do anything about a copy that is gone")
    #expect(try database.names(in: database.copy.removingLastComponent()).isEmpty)
  }

  @Test func `what only the full check finds is found`() throws {
    let database = try TestDatabase()
    try database.python(
      """
      db.executescript("CREATE TABLE t (a); CREATE INDEX i ON t (a); INSERT INTO t VALUES (1), (2);")
      root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'i'").fetchone()[0]
      db.execute('PRAGMA writable_schema = 1')
      # The index now belongs to another expression than the one its entries were made from.
      db.execute("UPDATE sqlite_master SET sql = 'CREATE INDEX i ON t (a + 1)' WHERE name = 'i'")
      db.close()
      db = sqlite3.connect(path)
      assert db.execute('PRAGMA quick_check').fetchone()[0] == 'ok'
      """)
    let error = databaseError { try Integrity.check(database.path) }
    guard case .corrupt(let findings) = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(findings.contains { $0.contains("missing from index i") })
  }

  @Test func `a sound database passes and keeps no side file`() throws {
    let database = try TestDatabase("PRAGMA journal_mode=wal; CREATE TABLE rows (id);")
    try Integrity.check(database.path)
    #expect(try database.names(in: database.directory) == ["app.db", "copies"])
  }

  @Test func `the check can be stopped`() throws {
    let database = try TestDatabase()
    try database.python(
      """
      db.execute('BEGIN')
      for n in range(60000): db.execute('INSERT INTO rows (text) VALUES (?)', (str(n),))
      db.execute('CREATE INDEX by_text ON rows (text)')
      db.execute('COMMIT')
      """)
    let error = databaseError { try Integrity.check(database.path, watch: DatabaseWatch { _ in false }) }
    #expect(error?.reason == .stopped)
  }
}
