import Foundation
import TestSupport
import Testing
import Wire

/// Databases that are not as one would wish: refused before the stop, or upgraded with every row.
@Suite(.serialized) struct DatabaseJobTests {
  @Test func `one that is corrupt already is refused before the stop, until it is mended`() throws {
    let room = try Room()
    try room.makeBook()
    try room.python("import shutil; shutil.copy('books/a.db', '../a.copy')")
    func stage(_ job: String, retry: Bool = false) throws -> JobResult {
      try room.stage("4.1.0", job: job, retry: retry, leave: true) { $0.carry.append(Room.books) }
    }
    let poller = Poller(port: room.port)
    // A page in the middle, of which the app's own questions may never hear.
    try room.python("f = open('books/a.db', 'r+b'); f.seek(40 * 4096); f.write(b'\\xff' * 4096)")
    let refused = try stage("job-1")
    #expect(refused.outcome == .refused && refused.reason?.step == .rehearse, "\(refused)")
    #expect(refused.reason?.text.contains("books/a.db is damaged") == true)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(try room.leftovers() == [])

    try room.python("import os; os.replace('../a.copy', 'books/a.db')")
    #expect(try stage("job-2", retry: true).outcome == nil)
    // It breaks after the stage: seen after the stop, and undone.
    try room.python("f = open('books/a.db', 'r+b'); f.seek(40 * 4096); f.write(b'\\xff' * 4096)")
    let undone = try room.cutover(job: "job-2")
    #expect(undone.outcome == .rolledBack && undone.healthy == true, "\(undone)")
    #expect(undone.reason?.step == .carry && undone.reason?.text.contains("is damaged") == true)
    #expect(room.version == "4.0.26")
    #expect(try room.leftovers() == [])
  }

  @Test func `one that has lost its beginning is refused, where its revision would have to be known`() throws
  {
    let room = try Room()
    try room.put("no database any more", at: "books/a.db")
    let refused = try room.stage("4.1.0", job: "job-1") {
      let revision = $0.carry.compactMap(\.revision).first
      $0.carry.append(Carry(kind: .sqlite, path: "books/*.db", revision: revision))
    }
    #expect(refused.outcome == .refused && refused.reason?.code == .carry, "\(refused)")
    #expect(refused.reason?.text.contains("books/a.db is no SQLite database") == true)
    #expect(room.version == "4.0.26")
    // Of whatever else matches nothing is known, and it is copied as it is.
    #expect(try room.stage("4.1.0", job: "job-2") { $0.carry.append(Room.books) }.outcome == nil)
    #expect(try room.cutover(job: "job-2").outcome == .upgraded)
    #expect(room.text("books/a.db") == "no database any more")
  }

  @Test func `one that is locked for ever is refused before the stop`() throws {
    let room = try Room()
    try room.makeBook()
    let holder = try room.startPython(
      """
      import sqlite3, sys, time
      db = sqlite3.connect(sys.argv[1] + '/books/a.db', isolation_level=None)
      db.execute('BEGIN EXCLUSIVE'); db.execute("INSERT INTO rows (text) VALUES ('never')")
      print('ready', flush=True); time.sleep(600)
      """)
    let poller = Poller(port: room.port)
    let refused = try room.stage("4.1.0", job: "job-1") { $0.carry.append(Room.books) }
    #expect(refused.outcome == .refused && refused.reason?.step == .rehearse, "\(refused)")
    #expect(refused.reason?.text.contains("books/a.db stayed locked by another program") == true)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(try room.leftovers() == [])
    holder.kill()
    #expect(try room.stage("4.1.0", job: "job-2", retry: true) { $0.carry.append(Room.books) }.outcome == nil)
    #expect(try room.cutover(job: "job-2").outcome == .upgraded)
    #expect(try room.book() == "2000 ok")
  }

  @Test func `one without WAL under a busy writer loses no row that was acknowledged`() throws {
    let room = try Room()
    try room.makeBook()
    let told = room.folder.appending(path: "told")
    // A part of the app: stopped and started with it.
    try Data(
      """
      import os, sqlite3, sys
      db = sqlite3.connect(sys.argv[1] + '/books/a.db', timeout=5, isolation_level=None)
      told = open(sys.argv[2], 'a')
      while True:
          row = db.execute("INSERT INTO rows (text) VALUES ('written')").lastrowid
          told.write(f'{row}\\n'); told.flush()

      """.utf8
    ).write(to: room.folder.appending(path: "writer.py"))
    try Data(
      """
      #!/bin/sh
      case $1 in
        start) '\(room.install.path)/bin/growroomctl' start || exit 1
          setsid python3 '\(room.folder.path)/writer.py' '\(room.install.path)' '\(told.path)' \
            </dev/null >/dev/null 2>&1 &
          echo $! >'\(room.folder.path)/writer.pid' ;;
        stop) kill -KILL "$(cat '\(room.folder.path)/writer.pid')"
          '\(room.install.path)/bin/growroomctl' stop ;;
        status) kill -0 "$(cat '\(room.folder.path)/writer.pid')" && '\(room.install.path)/bin/growroomctl' status ;;
      esac

      """.utf8
    ).write(to: room.folder.appending(path: "app.sh"))
    func app(_ verb: String) -> Run {
      Run(
        command: .arguments(["/bin/sh", room.folder.appending(path: "app.sh").path, verb]), timeoutSeconds: 60
      )
    }
    try Shell.run("/bin/sh", room.folder.appending(path: "app.sh").path, "start")
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.carry.append(Room.books)
      $0.services = .commands(start: app("start"), stop: app("stop"), status: app("status"))
    }
    #expect(staged.outcome == nil, "\(staged)")
    func toldRows() throws -> [Int] {
      try String(contentsOf: told, encoding: .utf8).split(separator: "\n").compactMap { Int($0) }
    }
    let before = try toldRows()
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .upgraded, "\(result)")
    try Shell.run("/bin/sh", room.folder.appending(path: "app.sh").path, "stop")
    let rows = try toldRows()
    #expect(rows.count > before.count && !before.isEmpty, "it wrote all the time")
    #expect(zip(rows, rows.dropFirst()).allSatisfy { $0 < $1 }, "a number given twice was a row lost")
    // The last one may have been killed between its commit and its word.
    let kept = try room.book().split(separator: " ")
    let count = try #require(Int(kept[0]))
    let last = try #require(rows.last)
    #expect(kept[1] == "ok" && count >= last)
  }

  @Test func `WAL files left over are taken in, and none comes along`() throws {
    let room = try Room()
    try room.makeBook(journal: "wal")
    let writer = try room.startPython(
      """
      import sqlite3, sys, time
      db = sqlite3.connect(sys.argv[1] + '/books/a.db', isolation_level=None)
      for n in range(50): db.execute("INSERT INTO rows (text) VALUES ('in the WAL alone')")
      print('ready', flush=True); time.sleep(600)
      """)
    writer.kill()
    // And some of a database that is no more.
    try room.put("left", at: "books/gone.db-wal")
    #expect(room.has("books/a.db-wal") && room.has("books/a.db-shm"))
    #expect(try room.stage("4.1.0", job: "job-1") { $0.carry.append(Room.books) }.outcome == nil)
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .upgraded, "\(result)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: room.install.appending(path: "books").path) == [
        "a.db"
      ])
    #expect(try room.book() == "2050 ok")
  }
}
