import CoordinatorSupport
import TestSupport
import Wire

@testable import Rollout
@testable import Inventory
@testable import Coordinator

/// What a seed is about: hosts, policy and weather.
struct SimulationPlan {
  var hosts: [Host]
  var current: Set<String>
  var policy: Rollout.Policy
  var faults: FleetSimulation.Faults

  private static let windows = [
    "12:00-16:00", "22:00-06:00", "02:00-02:30", "Sun 01:30-03:30", "Sat 13:00-15:00", "14:00-14:20",
  ]

  init(_ random: inout SeededRandom) {
    func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    func chance(_ percent: Int) -> Bool { int(0...99) < percent }
    // Small fleets show most; some are as large as anybody's.
    let count = chance(90) ? int(1...9) : int(10...60)
    let names = (1...count).map { "h\($0)" }
    let hasWindows = chance(40)
    hosts = names.map { name in
      var host = TestFleet.host(name)
      if hasWindows, chance(50), let window = Self.windows.randomElement(using: &random) {
        host.windows = [window]
      }
      return host
    }
    current = Set(names.filter { _ in chance(8) })

    policy = Rollout.Policy()
    policy.soakSeconds = [0, 30, 120].randomElement(using: &random) ?? 0
    policy.canary = chance(60) ? .first(int(0...2)) : .hosts([names.randomElement(using: &random) ?? ""])
    policy.canaryForSeconds = chance(20) ? int(60...200_000) : 0
    policy.batches = (0...int(0...2)).map { _ in chance(50) ? .hosts(int(1...4)) : .percent(int(1...100)) }
    policy.maxParallel = int(1...4)
    policy.stageParallel = int(1...6)
    policy.maxFailures = chance(50) ? 0 : int(1...4)
    policy.haltOnUnreachable = chance(15)
    policy.rollsBack = chance(35)
    if count > 2, chance(40) {
      policy.neverTogether = [[names[0], names[2]]] + (count > 4 ? [[names[1], names[3], names[4]]] : [])
    }

    faults = FleetSimulation.Faults()
    guard !chance(10) else { return }
    faults.lossPercent = [0, 2, 10, 30].randomElement(using: &random) ?? 0
    faults.powerPercent = [0, 10, 40].randomElement(using: &random) ?? 0
    faults.killPercent = [0, 0, 2].randomElement(using: &random) ?? 0
    faults.troublePercent = [0, 1, 4].randomElement(using: &random) ?? 0
    faults.doubledPercent = [0, 10, 40].randomElement(using: &random) ?? 0
    faults.crashPerThousand = [0, 5, 40].randomElement(using: &random) ?? 0
    faults.interruptPerThousand = [0, 0, 4].randomElement(using: &random) ?? 0
    faults.unwellPercent = [0, 0, 2].randomElement(using: &random) ?? 0
  }
}
