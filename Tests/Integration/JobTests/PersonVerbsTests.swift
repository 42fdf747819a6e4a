import Foundation
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
    #expect(backups.contains("from before fleet, never pruned"))
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
    #expect(left.count { $0.contains("never pruned") } == 1)
  }
}
