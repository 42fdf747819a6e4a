import Files
import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Agent

/// What must still hold right before the stop, and what is refused before it: with the app untouched.
@Suite(.serialized) struct InForceJobTests {
  @Test func `an order has its lifetime, a stage its day, and neither outlives a boot`() throws {
    let room = try Room()
    let staged = try room.stage("4.1.0", job: "job-1") {
      $0.ignore.append("slow")
      let command = Wire.Command.shell("[ ! -e slow ] || sleep 3")
      $0.guards = [Guard(run: Run(command: command, timeoutSeconds: 20), why: "slow")]
    }
    #expect(staged.outcome == nil)
    let poller = Poller(port: room.port)
    func expectPutOff(_ result: JobResult?, _ code: Cause.Code, _ words: String) {
      #expect(result?.outcome == .deferred && result?.reason?.code == code)
      #expect(result?.reason?.text.contains(words) == true, "\(String(describing: result?.reason))")
    }

    // Given in time, and over while the guard was asked.
    try room.put("", at: "slow")
    expectPutOff(try room.cutover(job: "job-1", lifetimeSeconds: 1), .orderExpired, "has expired")
    try FileManager.default.removeItem(at: room.install.appending(path: "slow"))
    try room.orderOnly(job: "job-1", bootID: "boot-0")
    #expect(throws: (any Error).self) { try room.agent("job", "growroom", "job-1", "cutover") }
    expectPutOff(try room.hostStatus().last, .orderExpired, "has booted since the cutover was ordered")

    let file = room.jobFolder("job-1").factsFile
    let facts = try room.jobFolder("job-1").facts()
    func cutOver(_ change: (inout JobFacts) -> Void) throws -> JobResult {
      var changed = facts
      change(&changed)
      try Stored.write(changed, file)
      return try room.cutover(job: "job-1")
    }
    expectPutOff(
      try cutOver { $0.stagedMilliseconds? -= 25 * 3_600_000 }, .stageExpired, "it is older than 24 h")
    expectPutOff(try cutOver { $0.stagedBootID = "boot-0" }, .stageExpired, "the host has booted since")
    expectPutOff(try cutOver { $0.systemStamp = "1 2 3" }, .stageExpired, "Debian packages changed since")
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(try cutOver { _ in }.outcome == .upgraded)
  }

  @Test func `an order taken back while a guard is waited for gives the stage up`() throws {
    let room = try Room()
    let staged = try room.stage("4.1.0", job: "job-1") {
      let no = Run(command: .shell("[ -d ../.fleet-growroom/tree ] && exit 1 || exit 0"), timeoutSeconds: 20)
      $0.guards = [Guard(run: no, why: "somebody is at work", waitSeconds: 600)]
    }
    #expect(staged.outcome == nil, "\(staged)")
    let poller = Poller(port: room.port)
    let result = try room.cutover(job: "job-1") { event, _ in
      guard event.event == .stepStarted, event.step == .ask else { return }
      let session = try AgentSession(room)
      #expect(try session.ask(.cancel(app: "growroom", job: "job-1")) == .ok)
      session.close()
    }
    #expect(result.outcome == .deferred && result.reason?.code == .cancelled, "\(result)")
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(try room.leftovers() == [])
  }

  @Test func `a downtime over the budget is refused, and backups over their bytes go`() throws {
    let room = try Room()
    let poller = Poller(port: room.port)
    let refused = try room.stage("4.1.0", job: "job-1") { $0.downtimeBudgetSeconds = 0 }
    #expect(refused.outcome == .refused && refused.reason?.code == .budget, "\(refused)")
    #expect(refused.reason?.text.contains("(downtime_budget)") == true)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(try room.leftovers() == [])

    for (time, version) in [(1, "4.0.24"), (2, "4.0.25")] {
      let tree = room.folder.appending(path: "former")
      try FileManager.default.createDirectory(at: tree, withIntermediateDirectories: true)
      let note = Marker.BackupNote(
        job: "job-0", version: version, timeMilliseconds: Int64(time), isFromBeforeFleet: false,
        profile: room.profile)
      try Backups(room.agentPaths, profile: room.profile).keep(
        FilePath(tree.path), as: "growroom-backup-\(version)", note: note)
    }
    #expect(try room.stage("4.1.0", job: "job-2") { $0.backupsBytes = 1 }.outcome == nil)
    #expect(try room.cutover(job: "job-2").outcome == .upgraded)
    // What was there before fleet stays, and of fleet's own the newest.
    #expect(
      try Backups(room.agentPaths, profile: room.profile).list().map(\.version) == ["4.0.26", "4.0.25"])
  }
}
