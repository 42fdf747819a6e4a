import TestSupport
import Testing
import Wire

/// Killed at entry and at exit of every system call that changes something: one whole version runs with its data.
@Suite(.serialized) struct AgentKillTests {
  @Test func `a job that dies anywhere is recovered by its parent`() throws {
    var trials: [TortureTrial] = []
    for scenario in Scenario.allCases {
      for moment in try Undisturbed.moments(scenario, .job, entry: .crashEntry, exit: .crashExit) {
        trials.append(TortureTrial(scenario, [moment]))
      }
    }
    try TortureCampaign.run("crash", trials, sample: 8)
  }

  @Test func `an order that dies while it is taken can be given again`() throws {
    var trials: [TortureTrial] = []
    for scenario in [Scenario.stage, .cutover] {
      for moment in try Undisturbed.moments(scenario, .serve, entry: .crashEntry, exit: .crashExit) {
        trials.append(TortureTrial(scenario, [moment]))
      }
    }
    try TortureCampaign.run("order", trials, sample: 3)
  }

  @Test func `a power cut anywhere is ended by the boot units`() throws {
    var trials: [TortureTrial] = []
    for scenario in Scenario.allCases {
      for moment in try Undisturbed.moments(scenario, .job, entry: .cutEntry, exit: .cutExit) {
        trials.append(TortureTrial(scenario, [moment], appStartsLate: moment.number.isMultiple(of: 2)))
      }
    }
    try TortureCampaign.run("power cut", trials, sample: 8)
  }

  /// The calls of a recovery depend on where it begins: these are more than any makes.
  private static let recoveryCalls = 1...90
  private static let moreKills = 7_000

  @Test func `recovery can be killed, and its recovery too`() throws {
    var random = SeededRandom(seed: TortureCampaign.seed, name: "kills in recovery")
    var trials: Set<TortureTrial> = []
    while trials.count < Self.moreKills {
      let scenario =
        [Scenario.cutover, .cutoverUnwell, .cutoverRollback, .stage].randomElement(using: &random) ?? .cutover
      guard let number = try Undisturbed.numbers(scenario, .job).randomElement(using: &random) else { break }
      func what(_ choices: [Plan.What]) -> Plan.What { choices.randomElement(using: &random) ?? choices[0] }
      let first = Plan(.job, number, what([.crashEntry, .crashExit, .cutEntry, .cutExit]))
      var plans = [first]
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        let call = Int.random(in: Self.recoveryCalls, using: &random)
        if plans.last?.what.cutsPower == true || plans.last?.phase == .bootFiles
          || plans.last?.phase == .bootSettle
        {
          let phase = [Plan.Phase.bootFiles, .bootSettle].randomElement(using: &random) ?? .bootFiles
          plans.append(
            Plan(
              phase, phase == .bootFiles ? call % 25 + 1 : call,
              what([.crashEntry, .crashExit, .cutEntry, .cutExit])))
        } else {
          plans.append(Plan(.recover, call, what([.crashEntry, .crashExit])))
        }
      }
      for index in plans.indices.dropFirst() {
        plans[index] = plans[index].reachable(after: plans[index - 1])
      }
      trials.insert(TortureTrial(scenario, plans, appStartsLate: Bool.random(using: &random)))
    }
    try TortureCampaign.run("kills in recovery", trials.sorted { "\($0)" < "\($1)" }, sample: 8)
  }
}

extension Plan {
  /// A boot goes on after a crash of the first unit's command; what is called after a crash of the second one's is the
  /// recovery of a machine that runs, in which nothing cuts the power.
  fileprivate func reachable(after last: Plan) -> Plan {
    guard !last.what.cutsPower else { return self }
    switch last.phase {
    case .bootFiles: return Plan(.bootSettle, number, what)
    case .bootSettle:
      return Plan(.recover, number, what == .cutEntry ? .crashEntry : what == .cutExit ? .crashExit : what)
    default: return self
    }
  }
}
