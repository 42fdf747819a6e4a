import Foundation
import Testing
import Wire

@testable import Rollout
@testable import Driver
@testable import Coordinator

/// The two pure machines together. `FLEET_SIMULATION_SEEDS=1-100000` runs other seeds (make campaign NAME=simulate).
/// `FLEET_SIMULATION_SEED=7` prints the trace of one, with `FLEET_SIMULATION_LINE=12` of a coordinator that
/// is killed behind that line of its log.
@Suite struct FleetSimulationTests {
  private static let environment = ProcessInfo.processInfo.environment

  static let seeds: ClosedRange<UInt64> = {
    let bounds = (environment["FLEET_SIMULATION_SEEDS"] ?? "").split(separator: "-").compactMap { UInt64($0) }
    guard bounds.count == 2, bounds[0] <= bounds[1] else { return 1...2_000 }
    return bounds[0]...bounds[1]
  }()

  /// A rollout in bad weather, then calm days on which a person resumes it.
  private func simulate(
    _ seed: UInt64, keepsTrace: Bool = false, crashBehind: Int? = nil,
    ended: (FleetSimulation) -> Void = { _ in }
  ) -> FleetSimulation {
    var simulation = FleetSimulation(seed: seed, keepsTrace: keepsTrace)
    simulation.crashBehind = crashBehind
    simulation.run()
    simulation.crashBehind = nil
    guard simulation.broken.isEmpty else { return simulation }
    ended(simulation)
    simulation.becomeCalm()
    for _ in 0..<3 where simulation.broken.isEmpty { simulation.resume(afterSeconds: 100_000) }
    if simulation.broken.isEmpty { simulation.checkCalmEnd() }
    return simulation
  }

  @Test func `whatever happens to hosts, links and coordinators, what must hold holds`() {
    var ends: [String: Int] = [:]
    for seed in Self.seeds {
      let simulation = simulate(seed) { first in
        for member in first.record.rollout.members { ends["\(member.outcome ?? .unknown)", default: 0] += 1 }
      }
      guard simulation.broken.isEmpty else {
        Issue.record("seed \(seed): \(simulation.broken.prefix(3))")
        return
      }
      if seed % 5_000 == 0 { print("simulated up to seed \(seed)") }
    }
    print("simulated seeds \(Self.seeds): \(ends.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
    // A simulation in which all goes well would prove nothing.
    let wanted: [Outcome] = [
      .upgraded, .current, .rolledBack, .failed, .refused, .deferred, .unreachable, .untouched, .unknown,
      .interrupted,
    ]
    for outcome in wanted { #expect(ends["\(outcome)"] != nil, "no host ever ended \(outcome)") }
  }

  @Test(.enabled(if: environment["FLEET_SIMULATION_SEED"] != nil, "names no seed: FLEET_SIMULATION_SEED"))
  func `one seed, with its trace`() {
    let seed = Self.environment["FLEET_SIMULATION_SEED"].flatMap { UInt64($0) } ?? 1
    let line = Self.environment["FLEET_SIMULATION_LINE"].flatMap { Int($0) }
    let simulation = simulate(seed, keepsTrace: true, crashBehind: line)
    print(simulation.trace.joined(separator: "\n"))
    #expect(simulation.broken == [])
  }

  @Test func `the same seed is the same trace`() {
    for seed: UInt64 in [3, 77, 1_234] {
      let one = simulate(seed, keepsTrace: true)
      #expect(one.trace == simulate(seed, keepsTrace: true).trace)
      #expect(one.trace.count > 10)
    }
  }

  /// Killed behind every line of its log, and resumed.
  @Test func `a coordinator that dies behind any event of a rollout goes on with it`() {
    var rollouts = 0
    for seed: UInt64 in 1...400 where rollouts < 40 {
      let whole = simulate(seed)
      guard whole.hosts.count <= 5 else { continue }
      rollouts += 1
      for line in 1...whole.log.count {
        let simulation = simulate(seed, crashBehind: line)
        guard simulation.broken.isEmpty else {
          Issue.record("seed \(seed), killed behind line \(line): \(simulation.broken.prefix(3))")
          return
        }
      }
    }
  }
}

extension FleetSimulation {
  /// No more faults, and every link is up again.
  mutating func becomeCalm() {
    isCalm = true
    for index in hosts.indices { hosts[index].isLinked = true }
  }
}
