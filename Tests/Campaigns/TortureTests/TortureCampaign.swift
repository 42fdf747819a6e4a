import Foundation
import Synchronization
import TestSupport
import Testing

/// Which trials are run: all of them, or a random sample whose seed is printed. What steers it is the environment:
///
/// - `FLEET_TORTURE=all`: everything. Without it a sample that takes a few minutes.
/// - `FLEET_TORTURE_SEED=N`: this sample, or this order of all.
/// - `FLEET_TORTURE_MINUTES=N`: each campaign ends after that.
/// - `FLEET_TORTURE_PART=1/2`: one half of the trials; the other for another process at the same time.
/// - `FLEET_TORTURE_DONE=FILE`: trials that went well are written down there, and not run again.
/// - `FLEET_TORTURE_TRIAL=TEXT`: this one trial, as it was printed; see `ReplayTests`.
enum TortureCampaign {
  static let environment = ProcessInfo.processInfo.environment
  static let isWhole = environment["FLEET_TORTURE"] == "all"
  static let seed =
    environment["FLEET_TORTURE_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
  static let minutes = environment["FLEET_TORTURE_MINUTES"].flatMap { Double($0) }
  /// Which of how many parts.
  private static let part: (number: Int, count: Int) = {
    let numbers = (environment["FLEET_TORTURE_PART"] ?? "").split(separator: "/").compactMap { Int($0) }
    guard numbers.count == 2, (1...max(numbers[1], 1)).contains(numbers[0]) else { return (1, 1) }
    return (numbers[0], numbers[1])
  }()
  private static let done = Mutex(Set(readDone()))

  /// Runs trials one after the other; each that shows a problem is an issue.
  ///
  /// - Parameter sample: how many are run where not all are.
  @discardableResult
  static func run(
    _ name: String, _ trials: [TortureTrial], sample: Int, judge: (TrialResult) -> [String] = { _ in [] }
  ) throws -> [TrialResult] {
    var chosen = inOrder(trials, name)
    if !isWhole { chosen = spread(chosen, count: sample) }
    print("torture, \(name): \(chosen.count) of \(trials.count) trials, FLEET_TORTURE_SEED=\(seed)")
    let began = Date()
    let template = try Template.shared.get()
    var results: [TrialResult] = []
    var outcomes: [String: Int] = [:]
    var bad = 0
    for (index, trial) in chosen.enumerated() {
      if let minutes, Date().timeIntervalSince(began) > minutes * 60 { break }
      if done.withLock({ $0.contains(trial.description) }) { continue }
      let result = try TrialRun(trial, template, name: "run-\(index)").run()
      results.append(result)
      outcomes[result.wasReached ? result.outcome : "\(result.outcome) (not reached)", default: 0] += 1
      let problems = result.problems + (result.problems.isEmpty ? judge(result) : [])
      if problems.isEmpty {
        note(trial)
      } else {
        bad += 1
        let hits = result.hits.map { "\($0.what) at \($0.phase) \($0.number): \($0.call) \($0.path)" }
        Issue.record(
          "FLEET_TORTURE_TRIAL='\(trial)'\n\(hits.joined(separator: "\n"))\n\(problems.joined(separator: "\n"))"
        )
      }
      if results.count.isMultiple(of: 50) { say(name, results.count, bad, outcomes, began) }
    }
    say(name, results.count, bad, outcomes, began)
    return results
  }

  /// In a random order, of which each trial's place is its own: it does not hang on how many others there are,
  /// which is not the same each time that calls are counted.
  private static func inOrder(_ trials: [TortureTrial], _ name: String) -> [TortureTrial] {
    let keyed = trials.map { trial in
      var random = SeededRandom(seed: seed, name: "\(name): \(trial)")
      return (trial: trial, key: random.next())
    }
    return keyed.filter { Int($0.key % UInt64(part.count)) == part.number - 1 }
      .sorted { $0.key < $1.key }.map(\.trial)
  }

  /// As many of each scenario, however many trials that has.
  private static func spread(_ trials: [TortureTrial], count: Int) -> [TortureTrial] {
    var left = Dictionary(grouping: trials, by: \.scenario)
    var chosen: [TortureTrial] = []
    while chosen.count < count, !left.isEmpty {
      for scenario in Scenario.allCases where chosen.count < count {
        if let trial = left[scenario]?.popLast() { chosen.append(trial) } else { left[scenario] = nil }
      }
    }
    return chosen
  }

  private static func say(_ name: String, _ count: Int, _ bad: Int, _ outcomes: [String: Int], _ began: Date)
  {
    let words = outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    let seconds = Date().timeIntervalSince(began)
    print(
      "torture, \(name): \(count) runs, \(bad) bad; \(words); \(Int(seconds)) s, "
        + "\(String(format: "%.2f", seconds / Double(max(count, 1)))) s each")
  }

  // MARK: What was done before

  private static func readDone() -> [String] {
    guard let file = environment["FLEET_TORTURE_DONE"],
      let text = try? String(contentsOfFile: file, encoding: .utf8)
    else { return [] }
    return text.split(separator: "\n").map(String.init)
  }

  private static func note(_ trial: TortureTrial) {
    guard let path = environment["FLEET_TORTURE_DONE"], let file = fopen(path, "a") else { return }
    fputs("\(trial)\n", file)
    fclose(file)
  }
}

/// The calls that an order makes when nothing disturbs it, found out once for each scenario.
enum Undisturbed {
  private static let results = Mutex<[Scenario: TrialResult]>([:])

  static func result(_ scenario: Scenario) throws -> TrialResult {
    if let known = results.withLock({ $0[scenario] }) { return known }
    let run = try TrialRun(
      TortureTrial(scenario, []), Template.shared.get(), name: "undisturbed-\(scenario)", listing: true)
    let result = run.run()
    results.withLock { $0[scenario] = result }
    return result
  }

  /// The numbers of a phase's calls. Of those that the agent's commands make (Python compiling, Alembic
  /// migrating) nothing is left out where all is run; in a sample they would crowd out the agent's own.
  static func numbers(_ scenario: Scenario, _ phase: Plan.Phase) throws -> [Int] {
    let result = try result(scenario)
    let calls = result.calls.filter { $0.phase == phase.rawValue }
    if TortureCampaign.isWhole { return calls.map(\.number) }
    let own = calls.filter(\.isOfAgent)
    let foreign = calls.filter { !$0.isOfAgent }
    return (own + foreign.enumerated().filter { $0.offset.isMultiple(of: 10) }.map(\.element)).map(\.number)
  }

  /// The moments at which a phase can be ended: at the exit of each call, and at the entry of those before which
  /// something happened since the last one that no disk shows. Any other entry is the same moment as the exit before.
  static func moments(
    _ scenario: Scenario, _ phase: Plan.Phase, entry: Plan.What, exit: Plan.What
  ) throws -> [Plan] {
    let calls = try result(scenario).calls.filter { $0.phase == phase.rawValue }
    let withAct = Set(calls.filter(\.actFollows).map { $0.number + 1 })
    return try numbers(scenario, phase).flatMap { number in
      let isMoment = number == 1 || withAct.contains(number)
      return (isMoment ? [Plan(phase, number, entry)] : []) + [Plan(phase, number, exit)]
    }
  }
}
