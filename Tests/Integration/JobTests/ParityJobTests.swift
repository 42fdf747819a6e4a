import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Upgrade
@testable import Agent

/// `parity:`, with the real agent: what the app says of itself before the stop it has to say again.
@Suite(.serialized) struct ParityJobTests {
  /// What stands in the files `inputs` and `errors` beside the install is what the app says.
  private func says(_ room: Room, _ inputs: [String], errors: Int = 0) throws {
    try Data(inputs.map { "\($0)\n" }.joined().utf8).write(to: room.folder.appending(path: "inputs"))
    try Data("\(errors)\n".utf8).write(to: room.folder.appending(path: "errors"))
  }

  private func compares(_ room: Room, _ profile: inout AppProfile, asking: String? = nil) {
    let folder = room.folder.path
    profile.parity = [
      ParityCheck(
        name: "inputs", run: Run(command: .shell(asking ?? "cat \(folder)/inputs"), timeoutSeconds: 20)),
      ParityCheck(
        name: "errors a minute", run: Run(command: .shell("cat \(folder)/errors"), timeoutSeconds: 20),
        compare: .atMost, margin: 2),
    ]
  }

  private func finish(_ text: String) -> Run { Run(command: .shell(text), timeoutSeconds: 20) }

  private let all = ["tent", "root zone", "lamp"]

  @Test func `what comes back late is waited for and told`() throws {
    let room = try Room()
    try says(room, all, errors: 1)
    let folder = room.folder.path
    // Twice after the start the last input is missing.
    let asking = """
      [ -e \(folder)/started ] || exec cat \(folder)/inputs
      echo >>\(folder)/asked
      if [ "$(wc -l <\(folder)/asked)" -lt 3 ]; then head -n 2 \(folder)/inputs; else cat \(folder)/inputs; fi
      """
    let staged = try room.stage("4.1.0", job: "job-1") {
      compares(room, &$0, asking: asking)
      $0.steps.finish = [
        finish("touch \(folder)/started; echo 3 >\(folder)/errors; echo new >>\(folder)/inputs")
      ]
    }
    #expect(staged.outcome == nil && staged.parity == nil, "\(staged)")
    var waited: [String] = []
    let result = try room.cutover(job: "job-1") { event, _ in
      if event.event == .stepProgress, event.step == .prove, event.ok == false {
        waited.append(event.text ?? "")
      }
    }
    #expect(result.outcome == .upgraded && room.version == "4.1.0", "\(result)")
    // What the first two looks found is in the way of the proof; the app itself may be, before it.
    #expect(waited.contains { $0.contains("of 3 inputs") && $0.contains("not back") }, "\(waited)")
    #expect(
      result.parity == [
        ParityRecord(name: "inputs", compare: "lines", before: 3, after: 4),
        ParityRecord(name: "errors a minute", compare: "at_most", before: 1, after: 3),
      ])
    // A rollback by hand has inputs of its own, and compares nothing.
    try says(room, [])
    try room.agent("rollback", "growroom", try #require(result.backup))
    let back = try #require(try room.hostStatus().last)
    #expect(back.outcome == .restored && back.parity == nil, "\(back)")
  }

  @Test func `what is missing fails the proof, and the old version says what it lacks`() throws {
    let room = try Room()
    try says(room, all)
    let staged = try room.stage("4.1.0", job: "job-1") {
      compares(room, &$0)
      $0.health.deadlineSeconds = 15
      $0.steps.finish = [finish("echo lamp >\(room.folder.path)/inputs")]
    }
    #expect(staged.outcome == nil, "\(staged)")
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack && result.now == "4.0.26" && result.healthy == true, "\(result)")
    #expect(room.version == "4.0.26")
    #expect(result.reason?.code == .prove && result.reason?.step == .prove)
    #expect(result.reason?.text == "2 of 3 inputs are not back: tent, root zone", "\(result)")
    #expect(result.parity == nil)
    // It is none of the release's fault, as the old version has not got them either.
    #expect(result.warnings == ["with the old version, too: 2 of 3 inputs are not back: tent, root zone"])
    #expect(try room.hostStatus().mark?.reason.text == result.reason?.text)
    #expect(try room.leftovers() == [])
  }

  @Test func `an old version that has all of it again says nothing`() throws {
    let room = try Room()
    try says(room, all)
    let folder = room.folder.path
    let staged = try room.stage("4.1.0", job: "job-1") {
      compares(room, &$0)
      $0.health.deadlineSeconds = 15
      $0.steps.finish = [
        Run(
          command: .shell("echo 9 >\(folder)/errors"), timeoutSeconds: 20,
          undo: .shell("echo 0 >\(folder)/errors"))
      ]
    }
    #expect(staged.outcome == nil, "\(staged)")
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .rolledBack, "\(result)")
    #expect(result.reason?.text == "errors a minute: 9, and 0 before the stop (2 more may be)", "\(result)")
    #expect(result.warnings == [] && result.parity == nil, "\(result)")
  }

  @Test func `what cannot be read is refused in the stage and put off before the stop`() throws {
    let room = try Room()
    let poller = Poller(port: room.port)
    let refused = try room.stage("4.1.0", job: "job-1") { compares(room, &$0) }
    #expect(refused.outcome == .refused && refused.reason?.code == .parity, "\(refused)")
    #expect(
      refused.reason?.text.contains("what the app says of its inputs cannot be read") == true, "\(refused)")
    #expect(refused.reason?.text.contains("No such file") == true, "\(refused)")
    #expect(try room.leftovers() == [])

    try says(room, all)
    #expect(try room.stage("4.1.0", job: "job-2") { compares(room, &$0) }.outcome == nil)
    let file = room.folder.appending(path: "errors")
    try Data("many\n".utf8).write(to: file)
    let later = try room.cutover(job: "job-2")
    #expect(later.outcome == .deferred && later.reason?.code == .parity, "\(later)")
    #expect(later.reason?.text.contains("one whole number, and printed \"many\"") == true, "\(later)")
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    // What stands there right before the stop counts, not what was there in the stage.
    try says(room, ["lamp"])
    let result = try room.cutover(job: "job-2")
    #expect(result.outcome == .upgraded && result.parity?.map(\.before) == [1, 0], "\(result)")
  }

  @Test func `to repair an app is to compare nothing of what it does not say`() throws {
    let room = try Room()
    try says(room, all)
    try FileManager.default.removeItem(at: room.folder.appending(path: "errors"))
    #expect(try room.stage("4.1.0", job: "job-1", repair: true) { compares(room, &$0) }.outcome == nil)
    let result = try room.cutover(job: "job-1")
    #expect(result.outcome == .upgraded && result.parity?.map(\.name) == ["inputs"], "\(result)")
    #expect(result.warnings?.count == 1)
    #expect(result.warnings?.first?.hasPrefix("errors a minute: not compared") == true, "\(result)")
  }

  @Test func `after a power cut in the wait it is compared with what was there before the stop`() throws {
    let room = try Room()
    try says(room, all)
    let staged = try room.stage("4.1.0", job: "job-1") {
      compares(room, &$0)
      $0.health.deadlineSeconds = 20
    }
    #expect(staged.outcome == nil, "\(staged)")
    struct Off: Error {}
    do {
      _ = try room.cutover(job: "job-1", confirmWithinSeconds: 120) { event, _ in
        if event.event == .note, event.text?.contains("fresh connection") == true { throw Off() }
      }
    } catch is Off {}
    room.killAgents()
    try room.ctl("stop")
    let folder = room.jobFolder("job-1")
    var facts = try folder.facts()
    #expect(facts.parity?.map(\.number) == [3, 0] && facts.parity?.first?.lines == all)
    var wait = ConfirmationWait(withinSeconds: 120, bootID: "boot-1")
    wait.begin(at: 1)
    (facts.confirmation, facts.stoppedBootID) = (wait, "boot-1")
    try Stored.write(facts, folder.factsFile)
    var journal = try Journal.open(room.agentPaths.journal)
    #expect(journal.current.state == .proved)
    try journal.record(.proved, job: "job-1", cause: nil, bootID: "boot-1")

    try says(room, ["tent", "lamp"])
    try room.agent("recover", "--boot-files")
    #expect(try room.hostStatus().state == "proved")
    try room.agent("recover", "--boot-settle")
    let last = try room.hostStatus().last
    #expect(last?.outcome == .rolledBack && last?.reason?.code == .prove, "\(String(describing: last))")
    #expect(last?.reason?.text == "1 of 3 inputs is not back: root zone", "\(String(describing: last))")
    #expect(last?.parity == nil, "what was proved once is no more")
    #expect(room.version == "4.0.26")
  }

  @Test func `an agent killed in the proof leaves the old version and claims nothing`() throws {
    let room = try Room()
    try says(room, all)
    let folder = room.folder.path
    let staged = try room.stage("4.1.0", job: "job-1") {
      compares(room, &$0)
      $0.steps.finish = [finish("echo lamp >\(folder)/inputs")]
    }
    #expect(staged.outcome == nil, "\(staged)")
    struct Off: Error {}
    do {
      _ = try room.cutover(job: "job-1") { event, _ in
        if event.step == .prove, event.text?.contains("not back") == true { throw Off() }
      }
    } catch is Off {}
    room.killAgents()
    try room.agent("recover")
    let last = try room.hostStatus().last
    #expect(last?.outcome?.isCommitted == false && last?.parity == nil, "\(String(describing: last))")
    #expect(last?.now == "4.0.26" && last?.healthy == true, "\(String(describing: last))")
    #expect(room.version == "4.0.26")
  }

  @Test func `what people should know before they say yes is what the commands print`() throws {
    let room = try Room()
    func ask(_ commands: String...) throws -> Reply {
      let session = try AgentSession(room)
      defer { session.close() }
      var profile = room.profile
      profile.forewarn = commands.map { Run(command: .shell($0), timeoutSeconds: 20) }
      return try session.ask(.forewarn(profile))
    }
    #expect(
      try ask("echo heater off; pwd", "echo $FLEET_APP")
        == .forewarned(["heater off", room.install.path, "growroom"]))
    #expect(try ask() == .forewarned([]))
    guard case .forewarned(let lines) = try ask("seq 100", "seq 100") else { throw Shell.Failed("no lines") }
    #expect(lines.count == WireLimits.forewarnLines)
    guard case .refused(let reason) = try ask("echo heater off", "echo no database; exit 3") else {
      throw Shell.Failed("not refused")
    }
    #expect(reason.text.contains("exit 3") && reason.text.contains("no database"), "\(reason)")
  }
}
