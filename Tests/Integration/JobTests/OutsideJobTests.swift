import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Agent

/// What the app keeps outside of its install, and the profile names: saved when nobody writes to it, and put
/// back whole.
@Suite(.serialized) struct OutsideJobTests {
  /// A database that is written to until a file says to stop, at first as fast as it can, and left as a crash leaves
  /// it: with what is only in its journal. What was acknowledged stands in `acknowledged`.
  private static let writer = """
    import os, sqlite3, sys, time
    folder, journal = sys.argv[1:]
    end = time.monotonic() + 90
    db = sqlite3.connect(folder + '/live.db', isolation_level=None)
    db.execute('PRAGMA journal_mode=' + journal)
    db.execute('PRAGMA wal_autocheckpoint=0')
    db.execute('CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)')
    rows = 0
    # Of a test that failed nobody says it.
    while not os.path.exists(folder + '/stop') and time.monotonic() < end:
        db.execute('INSERT INTO rows (text) VALUES (?)', ('x' * 400,))
        rows += 1
        if rows == 200: print('ready', flush=True)
        if rows > 5000: time.sleep(0.002)
    open(folder + '/acknowledged', 'w').write(str(rows))
    os.rename(folder + '/acknowledged', folder + '/stopped')
    os._exit(0)
    """

  private func folder(of room: Room) throws -> String {
    let folder = room.folder.appending(path: "data").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  private func startWriter(_ folder: String, _ journal: String) throws -> TalkingChild {
    let child = try TalkingChild(["/usr/bin/python3", "-c", Self.writer, folder, journal], in: "/")
    #expect(child.readLine() == "ready")
    return child
  }

  /// The app's own stop, which ends the writer too.
  private func stopping(_ folder: String, _ profile: inout AppProfile) {
    guard case .commands(let start, var stop, let status) = profile.services,
      case .arguments(let words) = stop.command
    else { return }
    stop.command = .shell(
      "\(words.joined(separator: " ")); touch \(folder)/stop; while [ ! -e \(folder)/stopped ]; do sleep 0.05; done"
    )
    profile.services = .commands(start: start, stop: stop, status: status)
  }

  private func look(_ database: String) throws -> String {
    let look = """
      import sqlite3, sys
      db = sqlite3.connect(sys.argv[1], timeout=90)
      print(db.execute('SELECT count(*) FROM rows').fetchone()[0], db.execute('PRAGMA integrity_check').fetchone()[0])
      """
    return try Shell.output("/usr/bin/python3", "-c", look, database)
  }

  /// What the new version does to it: five more rows, acknowledged.
  private func fiveMore(_ folder: String) -> String {
    """
    /usr/bin/python3 -c "import sqlite3
    db = sqlite3.connect('\(folder)/live.db')
    db.executemany('INSERT INTO rows (text) VALUES (?)', [('new',)] * 5)
    db.commit()"
    """
  }

  @Test(arguments: ["wal", "delete"], ["the file", "its folder"])
  func `a database that is written to until the stop is put back whole`(_ journal: String, _ named: String)
    throws
  {
    let room = try Room()
    let folder = try folder(of: room)
    let writer = try startWriter(folder, journal)
    _ = try room.stage("4.1.0", job: "job-1") {
      stopping(folder, &$0)
      $0.outside = [named == "the file" ? "\(folder)/live.db" : folder]
      $0.steps.finish = [Run(command: .shell("\(fiveMore(folder)); exit 1"))]
    }
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack && result.undoReason == nil, "\(result)")
    #expect(writer.wait() == 0)
    let acknowledged = try #require(Int(try String(contentsOfFile: folder + "/stopped", encoding: .utf8)))
    #expect(try look(folder + "/live.db") == "\(acknowledged) ok")
    #expect(result.rowsDiscarded == 5, "\(result)")
    let kept =
      room.jobFolder("job-1").saved.appending("replaced/0").string
      + (named == "the file" ? "/live.db" : "/data/live.db")
    #expect(try look(kept) == "\(acknowledged + 5) ok")
    let notes = JobEventLog.readAll(room.jobFolder("job-1").events).0.compactMap(\.text)
    #expect(notes.contains { $0.contains("what the new version left at \(folder)") }, "\(notes)")
  }

  @Test func `whoever goes on writing to one after the stop has it left alone`() throws {
    let room = try Room()
    let folder = try folder(of: room)
    let writer = try startWriter(folder, "wal")
    _ = try room.stage("4.1.0", job: "job-1") {
      $0.outside = ["\(folder)/live.db"]
    }
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack && result.reason?.code == .holders, "\(result)")
    #expect(result.reason?.text.contains("live.db") == true, "\(result)")
    #expect(room.version == "4.0.26")
    try Shell.run("/usr/bin/touch", folder + "/stop")
    #expect(writer.wait() == 0)
    let acknowledged = try String(contentsOfFile: folder + "/stopped", encoding: .utf8)
    #expect(try look(folder + "/live.db") == "\(acknowledged) ok")
  }

  @Test
  func `a database elsewhere that the app writes to, and nobody named, is told before the first cutover`()
    throws
  {
    let room = try Room()
    let folder = try folder(of: room)
    // As a part of the app does: it works in the install.
    let app = try TalkingChild(
      [
        "/usr/bin/python3", "-c",
        """
        import os, sqlite3, sys, time
        os.chdir(sys.argv[1])
        one = sqlite3.connect(sys.argv[2] + '/one.db'); one.execute('CREATE TABLE t (x)')
        odd = sqlite3.connect(sys.argv[2] + '/odd'); odd.execute('PRAGMA journal_mode=wal')
        odd.execute('CREATE TABLE t (x)'); odd.commit()
        read = sqlite3.connect('file:' + sys.argv[2] + '/one.db?mode=ro', uri=True)
        print('ready', flush=True)
        while not os.path.exists(sys.argv[2] + '/stop'): time.sleep(0.05)
        """, room.install.path, folder,
      ], in: "/")
    #expect(app.readLine() == "ready")
    let staged = try room.stage("4.1.0", job: "job-1") { $0.outside = ["\(folder)/named.db"] }
    let warnings = try #require(staged.warnings).filter { !$0.contains("in memory") }
    #expect(warnings.count == 2, "\(warnings)")
    #expect(warnings.first?.contains("the database \(folder)/odd,") == true, "\(warnings)")
    #expect(warnings.last?.contains("the database \(folder)/one.db,") == true, "\(warnings)")
    let named = try room.stage("4.1.0", job: "job-2") { $0.outside = [folder] }
    #expect(named.warnings?.contains { $0.contains("database") } == false, "\(named)")
    try Shell.run("/usr/bin/touch", folder + "/stop")
    #expect(app.wait() == 0)
  }

  @Test func `a database that only the new version made is gone with it, and is kept`() throws {
    let room = try Room()
    let folder = try folder(of: room)
    let made = """
      /usr/bin/python3 -c "import os, sqlite3
      db = sqlite3.connect('\(folder)/live.db')
      db.execute('PRAGMA journal_mode=wal')
      db.execute('CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)')
      db.executemany('INSERT INTO rows (text) VALUES (?)', [('new',)] * 5)
      db.commit()
      os._exit(1)"
      """
    _ = try room.stage("4.1.0", job: "job-1") {
      $0.outside = ["\(folder)/live.db"]
      $0.steps.finish = [Run(command: .shell(made))]
    }
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack && result.undoReason == nil, "\(result)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    #expect(try look(room.jobFolder("job-1").saved.appending("replaced/0/live.db").string) == "5 ok")
  }

  // MARK: migrated

  /// A migration of growroom's own database and of `live.db`, which only the new version understands.
  private func migration(_ folder: String, then: String = "") -> [Run] {
    let column = """
      /usr/bin/python3 -c "import sqlite3
      db = sqlite3.connect('\(folder)/live.db')
      db.execute('ALTER TABLE rows ADD COLUMN new TEXT')
      db.execute('UPDATE rows SET new = text')
      db.commit()"
      """
    return [
      Run(command: .shell("../env/bin/python -m alembic upgrade head"), directory: "alembic_db"),
      Run(command: .shell(column + "; " + then)),
    ]
  }

  private func hasNewColumn(_ folder: String) throws -> Bool {
    let look = """
      import sqlite3, sys
      db = sqlite3.connect(sys.argv[1], timeout=90)
      print('new' in [row[1] for row in db.execute('PRAGMA table_info(rows)')])
      """
    return try Shell.output("/usr/bin/python3", "-c", look, folder + "/live.db") == "True"
  }

  @Test(arguments: ["wal", "delete"])
  func `a database outside is migrated on a copy first, while it is written to, and then itself`(
    _ journal: String
  ) throws {
    let room = try Room()
    let folder = try folder(of: room)
    let writer = try startWriter(folder, journal)
    let staged = try room.stage("4.1.0", job: "job-1") {
      stopping(folder, &$0)
      $0.outside = [folder]
      $0.steps.migrate = migration(folder, then: "test -e '\(folder)/live.db' && echo x >'\(folder)/made'")
    }
    try #require(staged.outcome == nil, "\(staged)")
    #expect(try !hasNewColumn(folder))
    let made = folder + "/made"
    #expect(!FileManager.default.fileExists(atPath: made), "the rehearsal's are thrown away")
    let result = try room.cutover(job: "job-1")
    try #require(result.outcome == .upgraded, "\(result)")
    #expect(writer.wait() == 0)
    #expect(try hasNewColumn(folder))
    #expect(FileManager.default.fileExists(atPath: made))
    let acknowledged = try String(contentsOfFile: folder + "/stopped", encoding: .utf8)
    #expect(try look(folder + "/live.db") == "\(acknowledged) ok")
  }

  @Test func `a migration that fails on a database outside is refused before the stop`() throws {
    let room = try Room()
    let folder = try folder(of: room)
    let writer = try startWriter(folder, "wal")
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.outside = [folder]
      $0.steps.migrate = migration(folder, then: "exit 3")
    }
    #expect(staged.outcome == .refused && staged.reason?.code == .rehearsal, "\(staged)")
    #expect(room.version == "4.0.26")
    try Shell.run("/usr/bin/touch", folder + "/stop")
    #expect(writer.wait() == 0)
    #expect(try !hasNewColumn(folder))
  }

  @Test func `a database outside that was migrated is put back by an undo`() throws {
    let room = try Room()
    let folder = try folder(of: room)
    let writer = try startWriter(folder, "wal")
    let staged = try room.stage("4.1.0", job: "job-1") {
      stopping(folder, &$0)
      $0.outside = [folder]
      $0.steps.migrate = migration(folder)
      $0.steps.finish = [Run(command: .shell("\(fiveMore(folder)); exit 1"))]
    }
    try #require(staged.outcome == nil, "\(staged)")
    let result = try room.cutover(job: "job-1")
    try #require(result.outcome == .rolledBack && result.undoReason == nil, "\(result)")
    #expect(writer.wait() == 0)
    #expect(try !hasNewColumn(folder))
    let acknowledged = try String(contentsOfFile: folder + "/stopped", encoding: .utf8)
    #expect(try look(folder + "/live.db") == "\(acknowledged) ok")
    #expect(result.rowsDiscarded == 5, "\(result)")
  }

  @Test func `what a data folder's link leads to is migrated too`() throws {
    let room = try Room()
    let folder = try folder(of: room)
    let writer = try startWriter(folder, "delete")
    try Shell.run("/usr/bin/touch", folder + "/stop")
    #expect(writer.wait() == 0)
    try FileManager.default.createSymbolicLink(
      atPath: room.install.path + "/data", withDestinationPath: folder)
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.outside = [folder]
      $0.carry.append(Carry(kind: .copy, path: "data"))
      $0.steps.migrate = migration("$PWD/data")
    }
    // The link is carried before the migration: the new tree leads to the same data.
    try #require(staged.outcome == nil, "\(staged)")
    #expect(try !hasNewColumn(folder))
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
    #expect(try hasNewColumn(folder))
  }

  @Test func `beside a file that is named outside a migration changes nothing`() throws {
    let room = try Room()
    let folder = try folder(of: room)
    try Data("mine".utf8).write(to: URL(filePath: folder + "/settings"))
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.outside = [folder + "/settings"]
      $0.steps.migrate.append(Run(command: .shell("echo theirs >'\(folder)/other'")))
    }
    #expect(staged.outcome == .refused && staged.reason?.code == .rehearsal, "\(staged)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["settings"])
  }

  @Test func `who listens in a folder outside hears nothing of a migration, also in the cutover`() throws {
    let room = try Room()
    let folder = try folder(of: room)
    let listener = try TalkingChild(
      [
        "/usr/bin/python3", "-c",
        """
        import socket, sys
        door = socket.socket(socket.AF_UNIX); door.bind(sys.argv[1] + '/door'); door.listen()
        print('ready', flush=True)
        while True:
            guest, _ = door.accept()
            print(guest.recv(100).decode(), flush=True)
        """, folder,
      ], in: "/")
    try #require(listener.readLine() == "ready")
    let knock = """
      import socket, sys
      try:
          door = socket.socket(socket.AF_UNIX); door.connect(sys.argv[1] + '/door'); door.send(sys.argv[2].encode())
      except OSError as error: print('closed:', error)
      """
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.outside = [folder]
      $0.steps.migrate.append(Run(command: .arguments(["/usr/bin/python3", "-c", knock, folder, "a step"])))
    }
    try #require(staged.outcome == nil, "\(staged)")
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
    let log = try room.agent("logs")
    #expect(log.split(separator: "\n").count { $0.contains("closed: ") } == 2, "\(log)")
    _ = try Shell.output("/usr/bin/python3", "-c", knock, folder, "whoever is outside")
    #expect(listener.readLine() == "whoever is outside")
  }

  @Test(arguments: ["install", "backups"])
  func `what is named outside, and leads into the install or the backups, is refused`(_ place: String) throws
  {
    let room = try Room()
    let link = room.folder.appending(path: "elsewhere").path
    let target = place == "install" ? room.install.path : room.folder.path + "/backups"
    try FileManager.default.createDirectory(atPath: target + "/data", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    let staged = try room.stage("4.1.0", job: "job-1") { $0.outside = [link + "/data"] }
    #expect(staged.outcome == .refused && staged.reason?.code == .install, "\(staged)")
    #expect(staged.reason?.text.contains("it is a part of \(target), or holds it") == true, "\(staged)")
  }
}
