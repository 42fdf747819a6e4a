import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Upgrade
@testable import Agent

/// `undo_unless_reachable`: a new version that is well stays only when the coordinator comes back in.
@Suite(.serialized) struct ConfirmJobTests {
  private let confirm = Request.confirm(app: "growroom", job: "job-1")

  /// Asks over a connection of its own.
  private func ask(_ request: Request, _ room: Room) throws -> Reply {
    let session = try AgentSession(room)
    defer { session.close() }
    return try session.ask(request)
  }

  @Test func `it stays when the coordinator comes back in over a fresh connection`() throws {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    let early = try AgentSession(room)
    var answers: [Reply] = []
    let result = try room.cutover(job: "job-1", confirmWithinSeconds: 120) { event, _ in
      guard event.event == .note, event.text?.contains("fresh connection") == true else { return }
      #expect(room.version == "4.1.0")
      answers.append(try early.ask(confirm))
      #expect(try room.hostStatus().state == "proved", "an old connection confirmed it")
      answers.append(try ask(confirm, room))
    }
    guard case .refused(let reason) = answers.first else { throw Shell.Failed("\(answers)") }
    #expect(reason.code == .notNow && reason.text.contains("younger"))
    #expect(answers.last == .ok)
    #expect(result.outcome == .upgraded)
    #expect(result.steps.contains { $0.step == .confirm && $0.ok })
    #expect(room.version == "4.1.0")
    #expect(try early.ask(confirm) == .ok, "once more changes nothing")
    early.close()
  }

  @Test func `it goes back when nobody comes`() throws {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    let poller = Poller(port: room.port)
    let result = try room.cutover(job: "job-1", confirmWithinSeconds: 3)
    let answers = poller.stop()
    #expect(result.outcome == .rolledBack)
    #expect(result.reason?.code == .unconfirmed)
    #expect(result.reason?.step == .confirm)
    #expect(result.now == "4.0.26" && result.healthy == true)
    #expect(room.version == "4.0.26")
    #expect(try room.hostStatus().mark?.reason.code == .unconfirmed)
    // While the new version waited the app was up, and that is no downtime.
    let down = answers.count { !$0 } * 50
    #expect(answers.drop { $0 }.drop { !$0 }.contains(false), "it went down once only")
    #expect(down > 0 && result.downtimeMilliseconds ?? 0 > 0)
    guard case .refused(let reason) = try ask(confirm, room) else {
      throw Shell.Failed("confirmed, though it went back")
    }
    #expect(reason.code == .unconfirmed)
  }

  /// Cuts over up to the wait, then the power goes: job, parent and app are gone. What this boot wrote is
  /// said to be of earlier ones.
  private func cutPower(_ room: Room, boots: [String]) throws {
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    struct Off: Error {}
    do {
      _ = try room.cutover(job: "job-1", confirmWithinSeconds: 120) { event, _ in
        if event.event == .note, event.text?.contains("fresh connection") == true { throw Off() }
      }
    } catch is Off {}
    room.killAgents()
    try room.ctl("stop")
    let paths = room.agentPaths
    let folder = JobFolder(paths, "job-1")
    var facts = try folder.facts()
    var wait = ConfirmationWait(withinSeconds: 120, bootID: boots[0])
    for boot in boots.dropFirst() { _ = wait.goOn(in: boot) }
    wait.begin(at: 1)
    facts.confirmation = wait
    facts.stoppedBootID = boots[0]
    try Stored.write(facts, folder.factsFile)
    var journal = try Journal.open(paths.journal)
    #expect(journal.current.state == .proved)
    try journal.record(.proved, job: "job-1", cause: nil, bootID: boots[boots.count - 1])
  }

  @Test func `a power cut in the wait starts it again and a confirmation ends it`() throws {
    let room = try Room()
    try cutPower(room, boots: ["boot-1"])
    try room.agent("recover", "--boot-files")
    #expect(try room.hostStatus().state == "proved", "files are as they must be")
    #expect(room.version == nil, "the files' half starts nothing")
    #expect(try ask(confirm, room) == .ok)
    try room.agent("recover", "--boot-settle")
    #expect(try room.hostStatus().state == "idle")
    #expect(try room.hostStatus().last?.outcome == .upgraded)
    #expect(room.version == "4.1.0")
  }

  @Test func `two power cuts in the wait go back`() throws {
    let room = try Room()
    try cutPower(room, boots: ["boot-1", "boot-2"])
    try room.agent("recover", "--boot-files")
    #expect(
      try room.hostStatus().state == "rolled_back", "the old tree lies there before the app starts")
    try room.agent("recover", "--boot-settle")
    let last = try room.hostStatus().last
    #expect(last?.outcome == .rolledBack)
    #expect(last?.reason?.code == .unconfirmed)
    #expect(room.version == "4.0.26")
    #expect(try room.hostStatus().mark?.reason.code == .unconfirmed)
  }
}
