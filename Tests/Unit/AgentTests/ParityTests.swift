import Synchronization
import Testing
import Wire

@testable import Effects
@testable import Upgrade
@testable import Agent

/// What an app says of itself, read and compared.
@Suite struct ParityTests {
  private func check(_ compare: ParityCheck.Compare, name: String = "inputs", margin: Int = 0) -> ParityCheck
  {
    ParityCheck(name: name, run: Run(command: .shell("true")), compare: compare, margin: margin)
  }

  private func read(
    _ output: String, _ compare: ParityCheck.Compare = .lines, isWhole: Bool = true
  ) throws(ParityFault) -> ParityReading {
    try check(compare).reading(of: output, isWhole: isWhole)
  }

  /// nil: no difference.
  private func difference(_ check: ParityCheck, _ before: String, _ after: String) throws -> String? {
    let difference = check.difference(
      before: try check.reading(of: before, isWhole: true), after: try check.reading(of: after, isWhole: true)
    )
    return difference?.description
  }

  // MARK: Reading

  @Test func `lines are what is printed but for spaces around it and empty ones`() throws {
    let reading = try read("tent\n  root zone \r\n\n\tlamp\n")
    #expect(reading.lines == ["tent", "root zone", "lamp"] && reading.number == 3)
    #expect(try read("\n").number == 0)
    #expect(try read("a\u{1B}[31mb").lines.allSatisfy { !$0.unicodeScalars.contains("\u{1B}") })
  }

  @Test func `more than can be compared is not compared`() {
    let many = String(repeating: "x\n", count: WireLimits.parityLines)
    #expect(throws: Never.self) { try read(many) }
    #expect(throws: ParityFault.self) { try read(many + "y\n") }
    #expect(throws: ParityFault.self) { try read("x\n", isWhole: false) }
    #expect(throws: ParityFault.self) { try read("7\n", .atLeast, isWhole: false) }
  }

  @Test(arguments: [ParityCheck.Compare.atLeast, .atMost])
  func `a number is one line of digits`(_ compare: ParityCheck.Compare) throws {
    #expect(try read(" 14\n", compare).number == 14)
    for wrong in ["", "\n", "-1", "1.5", "0x10", "14 inputs", "1\n2\n", "٣", "99999999999999999999"] {
      let fault = #expect(throws: ParityFault.self) { try read(wrong, compare) }
      #expect(fault?.description.contains("one whole number") == true)
    }
  }

  // MARK: Comparing

  @Test func `each line that was there has to be there again as often as it was`() throws {
    #expect(try difference(check(.lines), "a\nb\nc\n", "c\na\nb\n") == nil)
    #expect(try difference(check(.lines), "a\nb\n", "a\nb\nnew\n") == nil)
    #expect(try difference(check(.lines), "", "a\n") == nil)
    #expect(try difference(check(.lines), "a\nb\nc\n", "a\nc\n") == "1 of 3 inputs is not back: b")
    #expect(try difference(check(.lines), "a\nb\nc\n", "new\nb\n") == "2 of 3 inputs are not back: a, c")
    #expect(try difference(check(.lines), "dht\ndht\n", "dht\n") == "1 of 2 inputs is not back: dht")
    #expect(try difference(check(.lines), "14\n", "14\n") == nil)
    #expect(try difference(check(.lines), "14\n", "15\n") == "1 of 1 inputs is not back: 14")
  }

  @Test func `of many that are missing some are named and all are in the log`() throws {
    let names = (1...14).map { "input_\($0)" }
    let before = try read(names.joined(separator: "\n"))
    let difference = try #require(check(.lines).difference(before: before, after: try read("")))
    #expect(
      difference.description
        == "14 of 14 inputs are not back: input_1, input_2, input_3, input_4, input_5 and 9 more")
    #expect(names.allSatisfy { difference.detail.contains($0) })
  }

  @Test func `a number may be on its good side and within its margin on the other`() throws {
    #expect(try difference(check(.atLeast), "12", "12") == nil)
    #expect(try difference(check(.atLeast), "12", "40") == nil)
    #expect(try difference(check(.atLeast), "12", "11") == "inputs: 11, and 12 before the stop")
    #expect(try difference(check(.atLeast, margin: 2), "12", "10") == nil)
    #expect(
      try difference(check(.atLeast, margin: 2), "12", "9")
        == "inputs: 9, and 12 before the stop (2 less may be)")
    #expect(try difference(check(.atMost), "2", "0") == nil)
    #expect(
      try difference(check(.atMost, name: "errors a minute"), "2", "3")
        == "errors a minute: 3, and 2 before the stop")
    #expect(try difference(check(.atMost, margin: 5), "2", "7") == nil)
    #expect(
      try difference(check(.atMost, margin: 5), "2", "8")
        == "inputs: 8, and 2 before the stop (5 more may be)")
  }

  // MARK: Asking

  /// Each command of a profile has its answer.
  private final class Answers: CommandRunning {
    private let answers: [String: (CommandResult.End, String)]
    init(_ answers: [String: (CommandResult.End, String)]) { self.answers = answers }

    func run(_ command: StepCommand, log: StepLog?, interruption: InterruptionCheck) throws(CommandError)
      -> CommandResult
    {
      guard let (end, output) = answers[command.words.last ?? ""] else { throw .noSuchUser("grow") }
      return CommandResult(
        end: end, milliseconds: 1, output: output, tail: output.split(separator: "\n").map(String.init))
    }
  }

  private let checks = [
    ParityCheck(name: "inputs", run: Run(command: .shell("inputs"))),
    ParityCheck(name: "errors", run: Run(command: .shell("errors")), compare: .atMost),
  ]

  private func reader(_ answers: [String: (CommandResult.End, String)]) -> ParityReader {
    ParityReader(environment: StepEnvironment(app: "a", install: "/", vars: [:]), runner: Answers(answers))
  }

  private func compare(_ answers: [String: (CommandResult.End, String)], with before: [ParityReading])
    -> (finding: HealthProver.Finding, records: [ParityRecord])
  {
    reader(answers).compare(checks, with: before) { nil }
  }

  private let before = [
    ParityReading(name: "inputs", lines: ["tent", "lamp"], number: 2),
    ParityReading(name: "errors", lines: [], number: 1),
  ]

  @Test func `what is there again is told with its numbers`() {
    let found = compare(
      ["inputs": (.exited(0), "lamp\nnew\ntent\n"), "errors": (.exited(0), "0\n")], with: before)
    #expect(found.finding == .well)
    #expect(
      found.records == [
        ParityRecord(name: "inputs", compare: "lines", before: 2, after: 3),
        ParityRecord(name: "errors", compare: "at_most", before: 1, after: 0),
      ])
  }

  @Test func `all that is not back is told at once and nothing is told as back`() {
    let found = compare(["inputs": (.exited(0), "lamp\n"), "errors": (.exited(0), "5\n")], with: before)
    #expect(
      found.finding
        == .unwell(
          HealthProblem("1 of 2 inputs is not back: tent; errors: 5, and 1 before the stop")))
    #expect(found.records == [])
  }

  @Test(arguments: [.exited(1), .signalled(9), .timedOut(afterSeconds: 3)] as [CommandResult.End])
  func `what cannot be read any more is not back`(_ end: CommandResult.End) {
    let found = compare(["inputs": (end, "tent\nlamp\n"), "errors": (.exited(0), "0\n")], with: before)
    guard case .unwell(let problem) = found.finding else {
      Issue.record("well")
      return
    }
    #expect(problem.text.contains("inputs cannot be compared: `inputs`: "), "\(problem)")
    #expect(found.records == [])
  }

  @Test func `what was not read before is not compared`() {
    let found = compare(["inputs": (.exited(0), "tent\nlamp\n")], with: [before[0]])
    #expect(found.finding == .well && found.records.map(\.name) == ["inputs"])
  }

  @Test func `an interruption is no answer`() {
    let found = compare(["inputs": (.interrupted(.shutdown), "")], with: before)
    #expect(found.finding == .interrupted(.shutdown) && found.records == [])
  }
}
