import TestSupport
import Testing
import Wire

/// A person has looked, and says so: what may come again then, and what may not.
@Suite(.serialized) struct ClearJobTests {
  /// A release that fails after the stop.
  private func failing(_ profile: inout AppProfile) {
    profile.steps.finish = [Run(command: .shell("echo no such sensor; exit 1"))]
  }

  @Test func `a release that failed comes again only when that is said, and is forgotten when it is well`()
    throws
  {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1", change: failing).outcome == nil)
    #expect(try room.cutover(job: "job-1").outcome == .rolledBack)
    #expect(try room.stage("4.1.0", job: "job-2").reason?.code == .marked)

    let said = try room.agent("clear")
    #expect(said.contains("v4.1.0 is remembered as failed here") && said.contains("--retry"), "\(said)")
    let status = try room.hostStatus()
    #expect(status.mark == nil)
    #expect(status.refusals.map(\.tag) == ["v4.1.0"] && status.refusals.allSatisfy(\.isFailure), "\(status)")
    #expect(try room.agent("status").contains("remembered v4.1.0 failed here:"))

    let poller = Poller(port: room.port)
    let refused = try room.stage("4.1.0", job: "job-3")
    #expect(refused.reason?.code == .refusedBefore, "\(refused)")
    #expect(refused.reason?.text.contains("v4.1.0 failed here before") == true, "\(refused)")
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")

    #expect(try room.stage("4.1.0", job: "job-4", retry: true).outcome == nil)
    #expect(try room.cutover(job: "job-4").outcome == .upgraded)
    #expect(try room.hostStatus().refusals.isEmpty)
  }

  /// What a person asks a host for is how its last upgrade went, whatever is staged there since.
  @Test func `the last upgrade is told, whatever was staged or failed since`() throws {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    let first = try room.cutover(job: "job-1")
    #expect(first.outcome == .upgraded)
    #expect(try room.stage("4.2.0", job: "job-2", from: nil, change: failing).outcome == nil)
    var status = try room.hostStatus()
    #expect(status.last?.job == "job-2" && status.last?.outcome == nil)
    #expect(status.ended?.job == "job-1" && status.ended?.outcome == .upgraded)
    #expect(status.upgradeDowntimeMilliseconds == first.downtimeMilliseconds)

    #expect(try room.cutover(job: "job-2").outcome == .rolledBack)
    status = try room.hostStatus()
    #expect(status.last?.job == "job-2" && status.ended == nil)
    #expect(status.upgradeDowntimeMilliseconds == first.downtimeMilliseconds)
  }
}
