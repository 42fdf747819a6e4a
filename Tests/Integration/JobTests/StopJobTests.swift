import Foundation
import TestSupport
import Testing
import Wire

/// A stop that does not go as it should: waited for, or undone whole with every row.
@Suite(.serialized) struct StopJobTests {
  private func services(_ room: Room, stop: String) -> Services {
    let ctl = room.install.appending(path: "bin/growroomctl").path
    func command(_ verb: String) -> Run { Run(command: .arguments([ctl, verb]), timeoutSeconds: 60) }
    return .commands(
      start: command("start"),
      stop: Run(command: .shell(stop.replacing("ctl", with: "'\(ctl)'")), timeoutSeconds: 60),
      status: command("status"))
  }

  /// Whether no row is missing between the first and the last.
  private func expectNoGap(_ room: Room, from rows: Int, sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    let seen = try room.python(
      """
      import sqlite3
      print(*sqlite3.connect('databases/growroom.db', timeout=10).execute(
          'SELECT count(*) - max(seq) + min(seq) - 1, max(seq) FROM measurements').fetchone())
      """
    ).split(separator: " ").compactMap { Int($0) }
    #expect(seen.first == 0 && seen.last ?? 0 >= rows, "\(seen)", sourceLocation: sourceLocation)
  }

  @Test(arguments: ["sleep 600", "true"])
  func `an app that does not stop is left running, and the host is marked`(stop: String) throws {
    let room = try Room()
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.services = services(room, stop: stop)
      $0.stopTimeoutSeconds = 2
    }
    #expect(staged.outcome == nil)
    let poller = Poller(port: room.port)
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack && result.healthy == true, "\(result)")
    #expect(result.reason?.code == .stop && result.reason?.text.contains("does not stop") == true)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(room.version == "4.0.26")
    #expect(try room.hostStatus().mark?.reason.code == .stop)
    #expect(try room.leftovers() == [])
  }

  @Test func `an app that stops slowly is waited for`() throws {
    let room = try Room()
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.services = services(room, stop: "sleep 3; ctl stop")
      $0.stopTimeoutSeconds = 30
    }
    #expect(staged.outcome == nil)
    let rows = try #require(room.lastAcknowledged)
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .upgraded, "\(result)")
    try expectNoGap(room, from: rows)
  }

  @Test func `a process outside the app that keeps its database open is named, and all is undone`() throws {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    let holder = try room.startPython(
      """
      import sqlite3, sys, time
      db = sqlite3.connect(sys.argv[1] + '/databases/growroom.db')
      db.execute('SELECT count(*) FROM measurements').fetchone()
      print('ready', flush=True); time.sleep(600)
      """)
    let rows = try #require(room.lastAcknowledged)
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack && result.healthy == true, "\(result)")
    #expect(result.reason?.code == .holders && result.reason?.step == .stop)
    #expect(result.reason?.text.contains("python3 (pid \(holder.pid))") == true, "\(result)")
    #expect(room.version == "4.0.26")
    try expectNoGap(room, from: rows)
    #expect(try room.leftovers() == [])

    holder.kill()
    try room.agent("clear")
    #expect(try room.stage("4.1.0", job: "job-2", retry: true).outcome == nil)
    #expect(try room.cutover(job: "job-2").outcome == .upgraded)
  }

  @Test func `a watchdog that starts the app in the middle of the cutover makes it go back with all rows`()
    throws
  {
    let room = try Room()
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.steps.migrate.append(Run(command: .shell("sleep 2"), timeoutSeconds: 60))
    }
    #expect(staged.outcome == nil)
    var rows = 0
    let result = try room.cutover(job: "job-1") { event, _ in
      guard event.event == .stepStarted, event.step == .migrate else { return }
      try room.ctl("start")
      // What the old version acknowledges now was written after the copy for good.
      rows = try #require(room.lastAcknowledged)
    }
    #expect(result.outcome == .rolledBack && result.healthy == true, "\(result)")
    #expect(result.reason?.code == .holders && result.reason?.step == .swap, "\(result)")
    #expect(!result.steps.contains { $0.step == .restart }, "it was seen before the exchange")
    #expect(room.version == "4.0.26")
    try expectNoGap(room, from: rows)
    #expect(try room.leftovers() == [])
  }

  @Test func `an old version that does not start at once on the way back is started again`() throws {
    let room = try Room()
    let ctl = room.install.appending(path: "bin/growroomctl").path
    let counter = room.folder.appending(path: "starts").path
    let staged = try room.stage("4.1.0", job: "job-1") {
      // The new version's start, and the first one after it.
      let start = "echo start >>\(counter); [ $(wc -l <\(counter)) -ge 3 ] && exec \(ctl) start"
      $0.services = .commands(
        start: Run(command: .shell(start), timeoutSeconds: 60),
        stop: Run(command: .arguments([ctl, "stop"]), timeoutSeconds: 60),
        status: Run(command: .arguments([ctl, "status"]), timeoutSeconds: 60))
    }
    #expect(staged.outcome == nil, "\(staged)")
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack && result.reason?.code == .restart, "\(result)")
    #expect(result.now == "4.0.26" && result.healthy == true && result.undoReason == nil, "\(result)")
  }

  @Test func `an unwell new version that does not stop keeps its tree until it does`() throws {
    let room = try Room()
    let rows = try #require(room.lastAcknowledged)
    let stuck = room.folder.appending(path: "stuck")
    let staged = try room.stage("4.1.0", job: "job-1") {
      Room.givesUpSoon(&$0)
      $0.services = services(room, stop: "[ -e '\(stuck.path)' ] || ctl stop")
      $0.stopTimeoutSeconds = 2
      $0.health.checks.append(
        .run(Run(command: .shell("! [ -e '\(stuck.path)' ]"), timeoutSeconds: 10), expect: nil))
    }
    #expect(staged.outcome == nil, "\(staged)")
    let result = try room.cutover(job: "job-1") { event, _ in
      if event.event == .stepStarted, event.step == .prove { try Data().write(to: stuck) }
    }
    #expect(result.outcome == .failed && result.reason?.step == .prove, "\(result)")
    #expect(result.undoReason?.code == .holders, "\(result)")
    #expect(result.undoReason?.text.contains("does not stop") == true, "\(result)")
    let new = try #require(room.lastAcknowledged)
    #expect(throws: (any Error).self, "what keeps it from stopping is still there") {
      try room.agent("recover")
    }
    #expect(room.version == "4.1.0")
    // What it acknowledges goes into the database that it has open, and that is the one in the tree.
    #expect(eventually { room.lastAcknowledged ?? 0 > new })
    try expectNoGap(room, from: new)

    try FileManager.default.removeItem(at: stuck)
    // What comes after the job's own process may be at it too.
    try room.agent("recover")
    #expect(eventually { (try? room.hostStatus())?.last?.outcome == .rolledBack })
    #expect(room.version == "4.0.26")
    #expect(try room.hostStatus().mark?.reason.step == .prove)
    try expectNoGap(room, from: rows)
    #expect(try room.leftovers() == [])
  }
}
