import Files
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Database

/// A directory with a database in it, made by Python's SQLite; removed with its owner.
final class TestDatabase: Sendable {
  let directory: FilePath
  var path: FilePath { directory.appending("app.db") }
  var copy: FilePath { directory.appending("copies").appending("app.db") }

  /// `sql` makes its content.
  init(_ sql: String = "CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT);") throws {
    directory = FilePath("/tmp/fleet-database-\(UInt64.random(in: 0 ... .max))")
    try Shell.run("/bin/mkdir", "-p", copy.removingLastComponent().string)
    try python("db.executescript(sys.argv[2])", sql)
  }

  deinit {
    guard let name = directory.lastComponent, let parent = try? Directory.open("/tmp") else { return }
    _ = try? parent.removeTree(name)
  }

  private static let opening = """
    import sqlite3, sys, os, time
    path = sys.argv[1]
    db = sqlite3.connect(path, timeout=5, isolation_level=None)

    """

  /// Runs Python with `db` open, to its end.
  func python(_ code: String, _ arguments: String...) throws {
    let words = ["/usr/bin/python3", "-c", Self.opening + code, path.string] + arguments
    try #require(TalkingChild(words).wait() == 0, "\(code)")
  }

  /// Starts Python with `db` open.
  func start(_ code: String) throws -> TalkingChild {
    try TalkingChild(["/usr/bin/python3", "-c", Self.opening + code, path.string])
  }

  /// A program that inserts rows as fast as it may and says the number of each committed one.
  func startWriter(mode: String, pauseSeconds: Double = 0) throws -> TalkingChild {
    try start(
      """
      db.execute('PRAGMA journal_mode=\(mode)')
      n = 0
      while True:
          try:
              db.execute('INSERT INTO rows (text) VALUES (?)', ('x' * 500,))
          except sqlite3.OperationalError:
              continue
          n += 1
          print(n, flush=True)
          time.sleep(\(pauseSeconds))
      """)
  }

  /// Adds that many rows of a megabyte each.
  func fill(megabytes: Int) throws {
    try python(
      """
      for n in range(int(sys.argv[2])):
          db.execute('INSERT INTO rows (text) VALUES (?)', ('x' * 1_000_000,))
      """,
      "\(megabytes)")
  }

  /// What a query says of a database, read by another program than the one under test.
  func ask(_ sql: String, of file: FilePath) throws -> String {
    let child = try TalkingChild([
      "/usr/bin/python3", "-c",
      "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])",
      file.string, sql,
    ])
    let answer = try #require(child.readLine())
    // Closing is what removes the side files that asking made.
    try #require(child.wait() == 0)
    return answer
  }

  func names(in directory: FilePath) throws -> [String] {
    try Directory.open(directory).entries().map(\.string)
  }

  /// How long a locked database is waited for in these tests.
  static let impatient = BackupPolicy(busyMilliseconds: 100)
}

func databaseError(_ body: () throws -> Void) -> DatabaseError? {
  do {
    try body()
    return nil
  } catch { return error as? DatabaseError }
}
