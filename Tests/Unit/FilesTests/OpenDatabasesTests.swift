import Testing

@testable import Files

/// Which of the files that a process writes to are databases.
@Suite struct OpenDatabasesTests {
  private static let cases: [(names: [String], found: [String])] = [
    ([], []),
    (["/var/lib/app/app.db", "/var/log/app.log"], ["/var/lib/app/app.db"]),
    (["/d/a.sqlite", "/d/b.sqlite3", "/d/c.db3"], ["/d/a.sqlite", "/d/b.sqlite3", "/d/c.db3"]),
    (["/d/state", "/d/state-wal", "/d/state-shm"], ["/d/state"]),
    (["/d/state", "/d/state-journal"], ["/d/state"]),
    (["/d/state-wal"], []),
    (["/d/a.db (deleted)"], []),
    (["socket:[12]", "anon_inode:[eventpoll].db", "pipe:[3]"], []),
    (["/d/e\u{301}.db"], ["/d/e\u{301}.db"]),
  ]

  @Test(arguments: cases.indices) func `a name or what lies beside it tells`(_ index: Int) {
    let now = Self.cases[index]
    let found = OpenDatabases.databases(among: Set(now.names.map { Array($0.utf8) }))
    #expect(found == Set(now.found.map { Array($0.utf8) }))
  }
}
