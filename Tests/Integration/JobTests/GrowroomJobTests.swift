import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Agent

/// The real agent program upgrades the real growroom app on this machine, without systemd.
@Suite(.serialized) struct GrowroomJobTests {
  @Test func `a good upgrade loses nothing`() throws {
    let room = try Room()
    let rowsBefore = try #require(room.lastAcknowledged)
    let staging = Poller(port: room.port)
    let staged = try room.stage("4.1.0", job: "job-1") { $0.steps.prepare = Room.prepareWithPip }
    #expect(staging.stop().allSatisfy { $0 }, "the app was disturbed while staging")
    #expect(staged.outcome == nil)
    #expect(staged.reason == nil)
    #expect(room.version == "4.0.26")

    let rowsAtStage = try #require(room.lastAcknowledged)
    let cutover = Poller(port: room.port)
    let result = try room.cutover(job: "job-1")
    #expect(cutover.stop().contains(false), "the poller cannot see a downtime")
    #expect(result.outcome == .upgraded)
    #expect(result.now == "4.1.0")
    #expect((result.downtimeMilliseconds ?? 0) > 0)
    #expect(room.version == "4.1.0")
    #expect(try #require(room.lastAcknowledged) >= rowsAtStage)
    #expect(rowsAtStage >= rowsBefore)
    let backup = try #require(result.backup)
    #expect(
      FileManager.default.fileExists(
        atPath: room.folder.appending(path: "backups/\(backup)/growroom/config.py").path))
    #expect(!FileManager.default.fileExists(atPath: room.folder.appending(path: ".fleet-growroom").path))
    let status = try room.hostStatus()
    #expect(status.state == "idle")
    #expect(status.mark == nil)
  }

  @Test func `an unwell release is rolled back and the host marked`() throws {
    let room = try Room(version: "4.1.0")
    #expect(try room.stage("4.1.1", job: "job-1", from: "4.1.0", change: Room.givesUpSoon).outcome == nil)
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack)
    #expect(result.reason?.step == .prove)
    #expect(result.reason?.text == #""Error: Output controller""#, "the app's own words")
    #expect(result.reason?.logTail.joined().contains("/status answers 503, not 200") == true)
    #expect(result.now == "4.1.0")
    #expect(result.healthy == true)
    #expect(room.version == "4.1.0")
    #expect(try room.hostStatus().mark?.tag == "v4.1.1")

    let again = try room.stage("4.2.0", job: "job-2", from: "4.1.0")
    #expect(again.outcome == .refused)
    #expect(again.reason?.code == .marked)
    let session = try AgentSession(room)
    #expect(try session.ask(.clear(app: "growroom")) == .ok)
    session.close()
    #expect(try room.stage("4.2.0", job: "job-3", from: "4.1.0").outcome == nil)
    #expect(try room.cutover(job: "job-3").outcome == .upgraded)
    #expect(room.version == "4.2.0")
  }

  @Test(arguments: [("4.1.2", Cause.Code.rehearsal), ("4.1.3", .prepare)])
  func `what fails in stage is refused without downtime`(version: String, code: Cause.Code) throws {
    let room = try Room(version: "4.1.0")
    let poller = Poller(port: room.port)
    let result = try room.stage(version, job: "job-1", from: "4.1.0")
    #expect(result.outcome == .refused)
    #expect(result.reason?.code == code)
    #expect(result.reason?.logTail.isEmpty == false)
    #expect(result.reason?.text.contains(", said \"") == true)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(room.version == "4.1.0")

    let session = try AgentSession(room)
    let seq = try #require(try session.follow("job-1").last?.seq)
    #expect(try session.follow("job-1", after: seq).map(\.seq) == [seq], "the end is told again")
    session.close()
    let again = try room.stage(version, job: "job-2", from: "4.1.0")
    #expect(again.reason?.code == .refusedBefore)
    let retried = try room.stage(version, job: "job-3", from: "4.1.0", retry: true)
    #expect(retried.reason?.code == code)
  }

  @Test func `files of the user are not left behind silently`() throws {
    let room = try Room()
    try Data("mine".utf8).write(to: room.install.appending(path: "notes-of-mine.txt"))
    let refused = try room.stage("4.1.0", job: "job-1")
    #expect(refused.outcome == .refused)
    #expect(refused.reason?.code == .leftBehind)
    #expect(refused.leftBehind == ["notes-of-mine.txt (not part of the release)"])
    #expect(try room.stage("4.1.0", job: "job-2", leave: true).outcome == nil)
  }

  @Test func `a stage that is taken back is gone`() throws {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    let session = try AgentSession(room)
    #expect(try session.ask(.cancel(app: "growroom", job: "job-1")) == .ok)
    let last = try #require(try session.follow("job-1").last)
    #expect(last.result?.outcome == .deferred && last.result?.reason?.code == .cancelled)
    // An order to cut it over starts nothing: whoever follows it hears again how it ended.
    #expect(
      try session.ask(.cutover(CutoverOrder(app: "growroom", job: "job-1", lifetimeSeconds: 300))) == .ok)
    #expect(try session.follow("job-1", after: last.seq).map(\.seq) == [last.seq])
    session.close()
    #expect(!FileManager.default.fileExists(atPath: room.folder.appending(path: ".fleet-growroom").path))
    #expect(try room.hostStatus().state == "idle")
    #expect(room.version == "4.0.26")
    // Once more changes nothing, and the host can be staged again.
    let again = try AgentSession(room)
    #expect(try again.ask(.cancel(app: "growroom", job: "job-1")) == .ok)
    again.close()
    #expect(try room.stage("4.1.0", job: "job-2").outcome == nil)
  }

  @Test func `an order that comes late starts nothing`() throws {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    let session = try AgentSession(room)
    defer { session.close() }
    let rest = try #require(try session.follow("job-1").last?.seq)
    func order(seen: Int) -> Request {
      .cutover(CutoverOrder(app: "growroom", job: "job-1", lifetimeSeconds: 300, seen: seen))
    }
    guard case .refused(let reason) = try session.ask(order(seen: rest - 1)) else {
      Issue.record("it was taken")
      return
    }
    #expect(reason.code == .orderExpired)
    #expect(try room.hostStatus().state == "staged")
    #expect(try session.ask(order(seen: rest)) == .ok)
    #expect(try session.follow("job-1", after: rest).last?.result?.outcome == .upgraded)
  }

  @Test func `a killed job is undone by its parent`() throws {
    let room = try Room()
    #expect(
      try room.stage("4.1.0", job: "job-1") {
        // Long enough to be killed in.
        $0.health.healthyForSeconds = 5
      }.outcome == nil)
    let session = try AgentSession(room)
    let seen = try session.follow("job-1").last?.seq ?? 0
    _ = try session.ask(.cutover(CutoverOrder(app: "growroom", job: "job-1", lifetimeSeconds: 300)))
    try session.send(.follow(app: "growroom", job: "job-1", after: seen))
    var result: JobResult?
    var killed = false
    while result == nil {
      guard case .event(let event) = try session.receive() else { break }
      if event.event == .stepStarted, event.step == .prove, !killed {
        killed = true
        try Shell.run("/usr/bin/pkill", "-KILL", "-f", "\(room.state.path)/.*fleet-agent job ")
      }
      result = event.result
    }
    session.close()
    #expect(result?.outcome == .rolledBack)
    #expect(result?.reason?.code == .crashed)
    #expect(room.version == "4.0.26")
    #expect(try room.hostStatus().state == "idle")
  }

  /// Ends the cutover's process and its parent in the middle of the migration.
  ///
  /// - Returns: a conversation that follows the job.
  private func dieInMigration(_ room: Room) throws -> AgentSession {
    #expect(
      try room.stage("4.1.0", job: "job-1") {
        $0.steps.migrate.append(Run(command: .shell("[ ! -e slow ] || sleep 600"), timeoutSeconds: 900))
        $0.carry.append(Wire.Carry(kind: .copy, path: "slow"))
      }.outcome == nil)
    try room.put("", at: "slow")
    let session = try AgentSession(room)
    let seen = try session.follow("job-1").last?.seq ?? 0
    _ = try session.ask(.cutover(CutoverOrder(app: "growroom", job: "job-1", lifetimeSeconds: 300)))
    try session.send(.follow(app: "growroom", job: "job-1", after: seen))
    while case .event(let event) = try session.receive(), event.step != .migrate {}
    room.killAgents()
    return session
  }

  private func end(_ session: AgentSession) throws -> JobResult? {
    defer { session.close() }
    while case .event(let event) = try session.receive() {
      if let result = event.result { return result }
    }
    return nil
  }

  @Test func `a job that died with its program and its parent is ended by the agent that is asked`() throws {
    let room = try Room()
    let session = try dieInMigration(room)
    let program = room.jobFolder("job-1").program
    try Data("#!/bin/sh\nexit 1\n".utf8).write(to: URL(filePath: program.string), options: .atomic)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.string)
    let result = try end(session)
    #expect(result?.outcome == .rolledBack)
    #expect(result?.reason?.code == .crashed)
    #expect(room.version == "4.0.26")
    #expect(try room.leftovers() == [])
  }

  @Test func `a job that nobody can end is told as failed, and is ended once that can be`() throws {
    let room = try Room()
    let session = try dieInMigration(room)
    let order = URL(filePath: room.jobFolder("job-1").orderFile.string)
    let written = try Data(contentsOf: order)
    try Data("{".utf8).write(to: order)
    let result = try end(session)
    #expect(result?.outcome == .failed && result?.reason?.code == .io, "\(String(describing: result))")
    #expect(result?.reason?.text.contains("recovery ends with 1") == true)
    #expect(result?.reason?.text.contains("the journal says stopped") == true)
    #expect(
      JobEventLog.readAll(room.jobFolder("job-1").events).0.last?.event != .rested,
      "told, and not written down")

    try written.write(to: order)
    #expect(try room.agent("recover").contains("now rolled_back"))
    #expect(room.version == "4.0.26")
    #expect(try room.leftovers() == [])
  }

  @Test func `an app whose checks take long, as on a slow host, is not unwell for that`() throws {
    let room = try Room()
    // Longer than an app may be unwell before it counts as that.
    let slow = HealthCheck.run(Run(command: .shell("sleep 8"), timeoutSeconds: 30), expect: nil)
    let staged = try room.stage("4.1.0", job: "job-1") { $0.health.checks.append(slow) }
    #expect(staged.outcome == nil, "\(staged)")
  }
}
