import CoordinatorSupport
import Release
import TestSupport
import Testing
import Wire

@testable import Hosts
@testable import Report
@testable import Rollout
@testable import Inventory
@testable import Text
@testable import Store
@testable import Driver
@testable import Coordinator

/// Whatever numbers a host sends or a log holds: nothing traps, and all that is shown of them can be made.
@Suite struct ExtremeNumberTests {
  /// Every number that is left of what a host or a file said.
  private static let sensible: ClosedRange<Int64> = 0...(1 << 53)

  // MARK: Replies

  @Test(arguments: NumberedSamples.replies.indices)
  func `a reply with a number that cannot be is bounded, and everything made of it can be shown`(
    index: Int
  ) throws {
    let sample = NumberedJSON(try JSON.encode(NumberedSamples.replies[index]))
    for place in sample.places.indices {
      for text in NumberedJSON.extremes { try take(sample.replacing { $0 == place ? text : nil }) }
    }
  }

  @Test(arguments: (0..<20).map { _ in UInt64.random(in: 0..<1_000_000) })
  func `so are replies with many of them`(seed: UInt64) throws {
    print("extreme replies seed \(seed)")
    var random = SeededRandom(seed: seed, name: "replies")
    for reply in NumberedSamples.replies {
      let sample = NumberedJSON(try JSON.encode(reply))
      for _ in 0..<20 { try take(mutated(sample, &random)) }
    }
  }

  @Test(arguments: ["[", "{\"a\":", "[[],"])
  func `a reply that opens and never closes is no reply`(piece: String) {
    let text = String(repeating: piece, count: WireLimits.frameBytes / piece.utf8.count)
    #expect(throws: FrameError.self) { try JSON.decode(Reply.self, from: text.utf8) }
    #expect(StateFiles.lines(Array(text.utf8)).isEmpty)
  }

  @Test func `the samples have every number that there is`() {
    for reply in NumberedSamples.replies { NumberedSamples.findMissing(in: reply) }
    for line in NumberedSamples.lines { NumberedSamples.findMissing(in: line.header?.policy as Any) }
  }

  private func take(_ bytes: [UInt8]) throws {
    guard let reply = (try? JSON.decode(Reply.self, from: bytes))?.bounded else { return }
    let left = NumberedJSON(try JSON.encode(reply)).numbers
    for number in left where !(Int64(number).map(Self.sensible.contains) ?? false) {
      Issue.record("\(number) is left of \(String(decoding: bytes, as: UTF8.self))")
    }
    switch reply {
    case .event(let event):
      var lines = [
        EventLine(.begun), EventLine(.hostProbed("a", SampleRecord.goes)), EventLine(.planApproved),
      ]
      lines.append(EventLine(event, host: "a"))
      if let result = event.result { lines += ended(result) }
      try NumberedSamples.show(SampleRecord.record(SampleRecord.header(["a"]), lines), lines)
    case .status(let status):
      show(Probe(findings: [.init(version: "4.1.0", problem: nil)], status: status))
    case .probe(let probe): show(probe)
    case .claimed(let claim): _ = HostWorker.claimedReason(claim)
    case .backups(let backups):
      for backup in backups {
        _ = ageText(since: backup.timeMilliseconds, now: 1_795_342_500_000)
        _ = (UTC.text(backup.timeMilliseconds), sizeText(backup.bytes))
      }
    case .account(let groups): _ = (groups.map(\.text), Adoption.of([groups]))
    case .hello, .ok, .send, .health, .obstacles, .forewarned, .logs, .refused, .unsupported: break
    }
  }

  /// The result as that of a stage and of a cutover, and with a way back behind it.
  private func ended(_ result: JobResult) -> [EventLine] {
    [
      EventLine(.staged("a", SampleRecord.result(nil, now: "4.1.16"))),
      EventLine(.cleared("a", lifetimeSeconds: 90)), EventLine(.cutoverRested("a", result)),
      EventLine(.turnedUnwell("a", Cause(code: "x", text: "y"))),
      EventLine(.wentBack("a", result)),
    ]
  }

  private func show(_ probe: Probe) {
    let host = TestFleet.host("a")
    let answers = [(host: host, answer: SurveyAnswer.probe(probe))]
    let plan = try? Plan.make(answers, skip: [], wishes: PlanWishes()) { _ in
      [SourceTag(name: "v4.1.0", commit: nil), SourceTag(name: "v4.2.0", commit: nil)]
    }
    let row = StatusRow(host, answers[0].answer, agent: "0.1.0", in: plan)
    _ = StatusText([row], timezone: "UTC", newestAgent: "0.1.0").rows
    guard let plan else { return }
    let text = PlanText(plan, fleet: TestFleet.fleet(["a"]), answers: answers)
    _ = (text.lines, text.value)
    let now: Int64 = 1_795_342_500_000
    for entry in plan.entries {
      _ = entry.installedSecondsAgo.map { UTC.text(now - Int64($0) * 1000) }
    }
  }

  // MARK: The log

  @Test(arguments: NumberedSamples.lines.indices)
  func `a line of the log with a number that cannot be is bounded, and the log is read`(index: Int) throws {
    let lines = NumberedSamples.lines
    let sample = NumberedJSON(try lines[index].encoded())
    for place in sample.places.indices {
      for text in NumberedJSON.extremes {
        try read(
          lines.enumerated().map { number, line in
            try number == index ? sample.replacing { $0 == place ? text : nil } : line.encoded()
          })
      }
    }
  }

  @Test(arguments: (0..<10).map { _ in UInt64.random(in: 0..<1_000_000) })
  func `so are logs with many of them`(seed: UInt64) throws {
    print("extreme log seed \(seed)")
    var random = SeededRandom(seed: seed, name: "log")
    let samples = try NumberedSamples.lines.map { NumberedJSON(try $0.encoded()) }
    for _ in 0..<20 {
      // Repeated: sums over lines must not run over either.
      let mutants = samples.map { mutated($0, &random) }
      try read(mutants + mutants.dropFirst() + mutants.dropFirst())
    }
  }

  private func read(_ texts: [[UInt8]]) throws {
    let lines = StateFiles.lines(Array(texts.joined(separator: [UInt8(ascii: "\n")])))
    for line in lines {
      for number in NumberedJSON(try line.encoded()).numbers
      where !(Int64(number).map(Self.sensible.contains) ?? false) {
        Issue.record("\(number) is left in \(line.event)")
      }
    }
    guard let record = RolloutRecord(lines: lines) else { return }
    try NumberedSamples.show(record, lines)
    try NumberedSamples.goOn(with: record)
  }

  @Test(arguments: [
    "9223372036854775807-1-1T1:1:1.1Z", "99999999999-1-1T1:1:1.1Z", "999999999-12-31T9:9:9.9Z",
    "0-1-1T1:1:1.9999999999Z1", "2026-11-22T99:15:00.000Z", "2026-11-22T10:99:00.000Z",
    "9999-99-99T99:99:99.999Z",
  ])
  func `a time that cannot be is none`(text: String) throws {
    #expect(UTC.milliseconds(text) == nil)
    var lines = NumberedSamples.lines
    for index in lines.indices { (lines[index].time, lines[index].since) = (text, text) }
    try read(try lines.map { try $0.encoded() })
  }

  private func mutated(_ sample: NumberedJSON, _ random: inout SeededRandom) -> [UInt8] {
    let texts = sample.places.map { _ in
      Int.random(in: 0..<3, using: &random) == 0 ? nil : NumberedJSON.extremes.randomElement(using: &random)
    }
    return sample.replacing { texts[$0] }
  }
}
