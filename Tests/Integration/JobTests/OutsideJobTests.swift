import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Agent

/// What the app keeps outside of its install, and the profile names: saved when nobody writes to it, and put
/// back whole.
@Suite(.serialized) struct OutsideJobTests {
  /// A database that is written to until a file says to stop, as fast as it can, and left as a crash leaves it: with
  /// what is only in its journal. What was acknowledged stands in `acknowledged`.
  private static let writer = """
    import os, sqlite3, sys
    folder, journal = sys.argv[1:]
    db = sqlite3.connect(folder + '/live.db', isolation_level=None)
    db.execute('PRAGMA journal_mode=' + journal)
    db.execute('PRAGMA wal_autocheckpoint=0')
    db.execute('CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)')
    rows = 0
    while not os.path.exists(folder + '/stop'):
        db.execute('INSERT INTO rows (text) VALUES (?)', ('x' * 400,))
        rows += 1
        if rows == 200: print('ready', flush=True)
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
      db = sqlite3.connect(sys.argv[1])
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
    let notes = EventLog.readAll(room.jobFolder("job-1").events).0.compactMap(\.text)
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
}
