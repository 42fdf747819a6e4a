import Files
import SystemPackage
import TestSupport
import Testing

@testable import Database

@Suite struct RevisionTests {
  private func revision(_ sql: String, table: String = "alembic_version") throws -> String {
    let database = try TestDatabase(sql)
    return try SchemaRevision.only(of: database.path, table: table)
  }

  @Test func `the only row of the only column is the revision`() throws {
    let alembic = """
      CREATE TABLE alembic_version (version_num TEXT);
      INSERT INTO alembic_version VALUES (' 9bdb60d2a2cd');
      """
    #expect(try revision(alembic) == "9bdb60d2a2cd")
    #expect(try revision("CREATE TABLE v (x); INSERT INTO v VALUES (12);", table: "V") == "12")
    #expect(
      try revision("CREATE TABLE v (id, version_num); INSERT INTO v VALUES (1, 'a');", table: "v") == "a")
  }

  @Test func `names cannot break out of their quotes`() throws {
    let hostile = #"""
      CREATE TABLE "a""; DROP TABLE b; --" (x);
      INSERT INTO "a""; DROP TABLE b; --" VALUES ('r');
      CREATE TABLE b (y);
      """#
    #expect(try revision(hostile, table: #"a"; DROP TABLE b; --"#) == "r")
    // A quote with a mark behind it is one `Character`, and no less a quote.
    let marked = "CREATE TABLE \"a\"\"\u{301}\" (x); INSERT INTO \"a\"\"\u{301}\" VALUES ('r');"
    #expect(try revision(marked, table: "a\"\u{301}") == "r")
  }

  @Test(arguments: JoiningMarks.all)
  func `names cannot break out of their quotes with a mark joined to one`(mark: String) throws {
    let name = "a\"\(mark)b\" UNION SELECT 'made up' --\(mark)"
    let quoted = "\"a\"\"\(mark)b\"\" UNION SELECT 'made up' --\(mark)\""
    let hostile = "CREATE TABLE \(quoted) (x); INSERT INTO \(quoted) VALUES ('r');"
    #expect(try revision(hostile, table: name) == "r")
  }

  @Test(arguments: [
    ("CREATE TABLE other (x);", DatabaseError.Reason.noTable("t")),
    ("CREATE TABLE t (x);", .blank(table: "t")),
    ("CREATE TABLE t (x); INSERT INTO t VALUES ('  ');", .blank(table: "t")),
    ("CREATE TABLE t (x); INSERT INTO t VALUES (NULL);", .blank(table: "t")),
    ("CREATE TABLE t (x); INSERT INTO t VALUES ('a'), ('b');", .severalRows(table: "t", rows: 2)),
    ("CREATE TABLE t (x, y); INSERT INTO t VALUES ('a', 'b');", .noColumn(table: "t")),
  ])
  func `what is no single revision is a typed error`(sql: String, reason: DatabaseError.Reason) throws {
    let error = databaseError { _ = try revision(sql, table: "t") }
    #expect(error?.reason == reason)
  }

  @Test func `several heads are listed in order`() throws {
    let database = try TestDatabase("CREATE TABLE t (x); INSERT INTO t VALUES ('b'), ('a');")
    #expect(try SchemaRevision.all(of: database.path, table: "t") == ["a", "b"])
    try database.python("for n in range(20): db.execute('INSERT INTO t VALUES (?)', (str(n),))")
    let error = databaseError { _ = try SchemaRevision.all(of: database.path, table: "t") }
    #expect(error?.reason == .severalRows(table: "t", rows: 17))
  }

  @Test func `what is still in the WAL is read`() throws {
    let database = try TestDatabase("PRAGMA journal_mode=wal; CREATE TABLE t (x);")
    let writer = try database.start(
      "db.execute('INSERT INTO t VALUES (1)'); print('written', flush=True); time.sleep(600)")
    try #require(writer.readLine() == "written")
    #expect(try SchemaRevision.only(of: database.path, table: "t") == "1")
    writer.kill()
    #expect(try SchemaRevision.only(of: database.path, table: "t") == "1")
  }

  @Test(.asRoot) func `a read-only place is no obstacle for a database at rest`() throws {
    let database = try TestDatabase(
      "PRAGMA journal_mode=wal; CREATE TABLE t (x); INSERT INTO t VALUES ('r');")
    let point = database.directory.string
    try Shell.run("/usr/bin/mount", "--bind", point, point)
    defer { try? Shell.run("/usr/bin/umount", "-l", point) }
    try Shell.run("/usr/bin/mount", "-o", "remount,bind,ro", point)
    #expect(try SchemaRevision.only(of: database.path, table: "t") == "r")
  }

  @Test(.asRoot) func `a read-only place with a WAL is refused rather than read wrongly`() throws {
    let database = try TestDatabase("PRAGMA journal_mode=wal; CREATE TABLE t (x);")
    let writer = try database.start(
      "db.execute('INSERT INTO t VALUES (1)'); print('written', flush=True); time.sleep(600)")
    try #require(writer.readLine() == "written")
    writer.kill()
    try Directory.open(database.directory).unlink("app.db-shm")
    let point = database.directory.string
    try Shell.run("/usr/bin/mount", "--bind", point, point)
    defer { try? Shell.run("/usr/bin/umount", "-l", point) }
    try Shell.run("/usr/bin/mount", "-o", "remount,bind,ro", point)
    let error = databaseError { _ = try SchemaRevision.only(of: database.path, table: "t") }
    #expect(error?.reason == .cantOpen || error?.reason == .readOnly)
  }
}
