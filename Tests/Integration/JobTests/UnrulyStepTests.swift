import Foundation
import TestSupport
import Testing
import Wire

/// Steps of a release that do what they should not: the live app does not notice, and the host ends whole.
@Suite(.serialized) struct UnrulyStepTests {
  @Test(
    .asRoot,
    arguments: [
      "echo more >>docs/upgrading.md", "rm docs/upgrading.md", "rm -r docs; mkdir docs",
      "python3 -c 'import os; os.rename(\"docs\", \"gone\"); os.rename(\"alembic_db\", \"docs\")'",
    ])
  func `a migration that changes files of the release is refused before the stop`(_ change: String) throws {
    let room = try Room()
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.steps.migrate.append(Run(command: .shell(change), timeoutSeconds: 60))
    }
    #expect(staged.outcome == .refused, "\(staged)")
    #expect(staged.reason?.code == .rehearsal)
    #expect(staged.reason?.text.contains("steps changed files of the release") == true, "\(staged)")
  }

  @Test(.asRoot)
  func `a directory of the release that a migration renames away and back is what it was`() throws {
    let room = try Room()
    let there = "python3 -c 'import os; os.rename(\"docs\", \"away\"); os.rename(\"away\", \"docs\")'"
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.steps.migrate.append(Run(command: .shell(there), timeoutSeconds: 60))
    }
    #expect(staged.outcome == nil, "\(staged)")
  }

  @Test func `a prepare step that reaches for the live app does not get there`() throws {
    let room = try Room()
    let listener = try room.startPython(
      """
      import os, socket, sys, time
      door = socket.socket(socket.AF_UNIX); door.bind(sys.argv[1] + '/app.sock'); door.listen()
      print('ready', flush=True)
      door.accept(); open(sys.argv[1] + '/reached', 'w')
      """)
    let daemon = try #require(
      try String(contentsOf: room.folder.appending(path: "run/daemon.pid"), encoding: .utf8).split(
        separator: " "
      )
      .first)
    let reaching = """
      exec 2>&1
      for path in "$FLEET_OLD/config.ini" "$FLEET_OLD/databases" "\(room.folder.path)/run"; do
        rm -r "$path" && echo removed
      done
      echo spoilt >>"$FLEET_OLD/config.ini" && echo written
      kill -KILL \(daemon) && echo killed
      python3 - "$FLEET_OLD/app.sock" "\(room.install.path)/app.sock" <<'END'
      import socket, sqlite3, sys, os
      for path in sys.argv[1:]:
          try:
              socket.socket(socket.AF_UNIX).connect(path); print('connected')
          except OSError as error: print(error)
      try:
          sqlite3.connect(os.environ['FLEET_OLD'] + '/databases/growroom.db').execute('DELETE FROM measurements')
          print('deleted')
      except sqlite3.Error as error: print(error)
      END
      ls /dev/mem /dev/gpiomem /dev/i2c-1 2>/dev/null && echo pins
      echo that was all
      """
    let rows = try #require(room.lastAcknowledged)
    let poller = Poller(port: room.port)
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.ignore += ["app.sock", "reached"]
      $0.steps.prepare.append(Run(command: .shell(reaching), timeoutSeconds: 60))
    }
    #expect(staged.outcome == nil, "\(staged)")
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    let log = try room.agent("logs")
    #expect(log.contains("\nthat was all\n") && log.contains("readonly database"), "\(log)")
    for word in ["removed", "written", "killed", "connected", "deleted", "pins"] {
      #expect(
        !log.split(separator: "\n").contains { $0.hasSuffix(word) && !$0.contains("echo") }, "\(word)\n\(log)"
      )
    }
    #expect(!room.has("reached") && room.text("config.ini")?.contains("spoilt") == false)
    listener.kill()
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
    #expect(try #require(room.lastAcknowledged) >= rows)
  }

  @Test func `steps that fork and stay are ended with their step`() throws {
    let room = try Room()
    // Each with a time of its own, by which it is known again. It lets go of everything, and does not listen.
    func forking(_ seconds: Int) -> Run {
      let code = "import os, signal, time; signal.signal(15, 1); os.setsid(); time.sleep(\(seconds))"
      return Run(
        command: .shell("python3 -c '\(code)' \(room.folder.lastPathComponent) </dev/null >/dev/null 2>&1 &"),
        timeoutSeconds: 60)
    }
    func staying() -> String {
      (try? Shell.output("/usr/bin/pgrep", "-fa", "sleep.*\(room.folder.lastPathComponent)")) ?? ""
    }
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.steps.prepare.append(forking(601))
      $0.steps.complete.append(forking(602))
      $0.steps.migrate.append(forking(603))
      $0.steps.finish.append(forking(604))
      $0.guards.append(Guard(run: forking(605), why: "forks"))
    }
    #expect(staged.outcome == nil, "\(staged)")
    #expect(staying() == "")
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .upgraded, "\(result)")
    #expect(staying() == "")
    #expect(room.version == "4.1.0")
    #expect(try room.leftovers() == [])
  }

  @Test func `an undo command that fails does not keep the rest from being put back`() throws {
    let room = try Room()
    let outside = room.folder.appending(path: "crontab")
    try Data("before".utf8).write(to: outside)
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.outside = [outside.path]
      $0.steps.finish = [
        Run(
          command: .shell("echo after >\(outside.path)"), timeoutSeconds: 60, undo: .shell("echo no; exit 7")),
        Run(command: .shell("exit 1"), timeoutSeconds: 60),
      ]
    }
    #expect(staged.outcome == nil, "\(staged)")
    let result = try room.cutover(job: "job-1")
    // The old version runs, and is well; but somebody has to look at what the command left.
    #expect(result.now == "4.0.26" && result.healthy == true, "\(result)")
    #expect(result.undoReason?.code == .undo, "\(result)")
    #expect(try String(contentsOf: outside, encoding: .utf8) == "before")
    #expect(room.version == "4.0.26")
  }
}
