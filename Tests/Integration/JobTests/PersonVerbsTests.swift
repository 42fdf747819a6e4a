import Foundation
import Glibc
import TestSupport
import Testing
import Wire

/// What a person at the Pi types, with the real agent program.
@Suite(.serialized) struct PersonVerbsTests {
  @Test func `a person sees what is there and goes back`() throws {
    let room = try Room()
    #expect(throws: (any Error).self, "no job has run yet") { try room.agent("status", "growroom") }
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    #expect(try room.agent("status").contains("staged; the old version runs on"))
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)

    let status = try room.agent("status")
    #expect(status.contains("installed  4.1.0 (v4.1.0)"))
    #expect(status.contains("journal    idle"))
    #expect(status.contains("job-1: upgraded"))
    #expect(try room.agent("recover", "growroom").contains("nothing to recover"))
    #expect(throws: (any Error).self, "a typing mistake is no success") {
      try room.agent("recover", "growrom")
    }
    #expect(try room.agent("clear").contains("nothing to clear"))
    #expect(try room.agent("logs").contains("alembic"))

    let backups = try room.agent("backups")
    #expect(backups.contains("4.0.26"))
    #expect(backups.contains("what was there before fleet; kept for good"))
    let name = try #require(backups.split(separator: " ").first.map(String.init))
    #expect(throws: (any Error).self) { try room.agent("rollback", "growroom", "no-such-backup") }

    let story = try room.agent("rollback", "growroom", name)
    #expect(story.contains("going back to 4.0.26"))
    #expect(story.contains("restored, now 4.0.26"))
    #expect(story.components(separatedBy: "  extract\n").count == 2, "each step is told once")
    #expect(room.version == "4.0.26")
    #expect(try room.agent("status").contains("held       v4.1.0"))
    #expect(try room.agent("clear").contains("are gone"))
    #expect(try room.agent("backups").contains("4.1.0"))

    // Going on again leaves the tree that came back, which has no release and yet is none from before fleet.
    #expect(try room.stage("4.1.0", job: "job-2").outcome == nil)
    #expect(try room.cutover(job: "job-2").outcome == .upgraded)
    let left = try room.agent("backups").split(separator: "\n").filter { $0.contains("4.0.26") }
    #expect(left.count == 2)
    #expect(left.count { $0.contains("kept for good") } == 1)
  }

  /// A job whose new version goes back, and whose old one does not start while the file `broken` is there.
  private func failBothWays(_ room: Room, _ change: (inout AppProfile) -> Void = { _ in }) throws -> URL {
    let broken = room.folder.appending(path: "broken")
    let staged = try room.stage("4.1.0", job: "job-1") { profile in
      change(&profile)
      guard case .commands(_, let stop, let status) = profile.services else { return }
      let start = "! test -e '\(broken.path)' && \(room.install.path)/bin/growroomctl start"
      profile.services = .commands(
        start: Run(command: .shell(start), timeoutSeconds: 60), stop: stop, status: status)
      profile.steps.finish = [Run(command: .shell("touch '\(broken.path)'; exit 1"))]
    }
    try #require(staged.outcome == nil, "\(staged)")
    let ended = try room.cutover(job: "job-1")
    try #require(ended.outcome == .failed, "\(ended)")
    return broken
  }

  @Test func `an old version that did not start again is started and proved by recover, once it can`() throws
  {
    let room = try Room()
    let broken = try failBothWays(room)
    #expect(room.version == nil)
    #expect(throws: (any Error).self, "what keeps it down is still there") { try room.agent("recover") }
    #expect(room.version == nil)
    #expect(try room.hostStatus().mark != nil)

    try FileManager.default.removeItem(at: broken)
    #expect(try room.agent("recover").contains("the old version (4.0.26) runs again, and is well"))
    #expect(room.version == "4.0.26")
    #expect(try room.hostStatus().last?.outcome == .rolledBack)
    #expect(try room.hostStatus().mark != nil, "a person looks first")
    #expect(try room.leftovers() == [])
    #expect(try room.agent("recover").contains("nothing to recover"))
  }

  @Test func `a mark that was cleared does not come back with the old version`() throws {
    let room = try Room()
    try FileManager.default.removeItem(at: try failBothWays(room))
    _ = try room.agent("clear")
    #expect(try room.agent("recover").contains("runs again"))
    #expect(try room.hostStatus().mark == nil)
  }

  @Test func `an old version is started by recover although later orders have come to nothing`() throws {
    let room = try Room()
    let broken = try failBothWays(room) { $0.health.healthyForSeconds = 5 }
    _ = try room.agent("clear")
    for job in ["job-2", "job-3"] {
      let later = try room.stage("4.1.0", job: job)
      try #require(later.outcome == .refused, "\(later)")
    }
    #expect(throws: (any Error).self, "what keeps it down is still there") { try room.agent("recover") }
    try FileManager.default.removeItem(at: broken)
    // Killed in the middle of it: nobody else ends that story.
    let killed = try room.startAgent("recover")
    #expect(eventually { room.version == "4.0.26" })
    kill(killed.pid, SIGKILL)
    _ = killed.wait()
    #expect(try room.agent("recover").contains("the old version (4.0.26) runs again, and is well"))
    #expect(room.version == "4.0.26")
    let told = try room.agent("recover")
    #expect(told.contains("nothing to recover"), "\(told)")
  }

  @Test func `a recover that is cut off in its proof says so, and is typed again`() throws {
    let room = try Room()
    let broken = try failBothWays(room) { $0.health.healthyForSeconds = 10 }
    try FileManager.default.removeItem(at: broken)
    let child = try room.startAgent("recover")
    #expect(eventually { room.version == "4.0.26" })
    kill(child.pid, SIGINT)
    let told = child.readAll()
    #expect(child.wait() != 0)
    #expect(told.contains("cut off before the old version was proved; type it again"), "\(told)")
    #expect(try room.hostStatus().last?.outcome == .failed, "nothing is claimed that was not proved")
    let again = try room.agent("recover")
    #expect(again.contains("the old version (4.0.26) runs again, and is well"), "\(again)")
    #expect(try room.hostStatus().last?.outcome == .rolledBack)
    #expect(try room.hostStatus().mark != nil)
  }

  /// What runs by somebody's own hand: the same one goes on where it is well, and where it is not it is no second one.
  @Test(arguments: [true, false])
  func `a recover beside an app that runs leaves one that is well`(_ isWell: Bool) throws {
    let room = try Room()
    let pidFile = room.folder.appending(path: "run/daemon.pid")
    let unwell = room.folder.appending(path: "unwell")
    let broken = try failBothWays(room) {
      $0.health.deadlineSeconds = 8
      $0.health.checks.append(
        .run(Run(command: .shell("! cmp '\(pidFile.path)' '\(unwell.path)'"), timeoutSeconds: 5), expect: nil)
      )
    }
    try FileManager.default.removeItem(at: broken)
    try room.ctl("start")
    try #require(eventually { room.version == "4.0.26" })
    let byHand = try Data(contentsOf: pidFile)
    if !isWell { try byHand.write(to: unwell) }
    let told = try room.agent("recover")
    #expect(told.contains("the old version (4.0.26) runs again, and is well"), "\(told)")
    #expect(try (Data(contentsOf: pidFile) == byHand) == isWell)
    let daemons = try Shell.output(
      "/usr/bin/pgrep", "-fc", "^\(room.install.path)/env/bin/python -m growroom daemon")
    #expect(daemons.split(separator: "\n") == ["1"])
  }
}
