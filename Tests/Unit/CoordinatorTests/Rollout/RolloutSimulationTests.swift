import TestSupport
import Testing
import Wire

@testable import Rollout
@testable import Coordinator

@Suite struct RolloutSimulationTests {
  private func fate(_ random: inout SeededRandom) -> Fate {
    func pick<T>(_ usual: T, _ others: [T], _ random: inout SeededRandom) -> T {
      Int.random(in: 0..<100, using: &random) < 75 ? usual : others.randomElement(using: &random) ?? usual
    }
    return Fate(
      probe: pick(.goes, [.current, .refused, .unreachable], &random),
      stage: pick(.ready, [.prepareFails, .noSpace, .deferred, .unreachable, .wrongKey], &random),
      cutover: pick(.upgraded, [.rolledBack, .failed, .deferred, .interrupted, .unreachable], &random),
      line: pick(.holds, [.breaks, .dies, .losesOrder], &random),
      gate: pick(.open, [.closed], &random), watch: pick(.well, [.turnsUnwell], &random),
      back: pick(.comesBack, [.refuses, .undone, .failed, .dies], &random))
  }

  private func policy(_ hosts: [String], _ random: inout SeededRandom) -> Rollout.Policy {
    var policy = Rollout.Policy()
    policy.soakSeconds = Bool.random(using: &random) ? 0 : 30
    policy.canary =
      Bool.random(using: &random)
      ? .first(Int.random(in: 0...2, using: &random)) : .hosts([hosts.randomElement(using: &random) ?? ""])
    policy.batches = (0...Int.random(in: 0...2, using: &random)).map { _ in
      Bool.random(using: &random)
        ? .hosts(Int.random(in: 1...3, using: &random)) : .percent(Int.random(in: 1...100, using: &random))
    }
    policy.maxParallel = Int.random(in: 1...3, using: &random)
    policy.stageParallel = Int.random(in: 1...4, using: &random)
    policy.maxFailures = Int.random(in: 0...2, using: &random)
    policy.rollsBack = Int.random(in: 0..<3, using: &random) == 0
    policy.haltOnUnreachable = Int.random(in: 0..<5, using: &random) == 0
    if hosts.count > 2, Bool.random(using: &random) { policy.neverTogether = [[hosts[0], hosts[2]]] }
    return policy
  }

  /// Hosts, fates, policy, the order in which news arrives, crashes and Ctrl-C: all by the seed.
  private func simulate(_ seed: UInt64) -> RolloutWorld {
    var random = SeededRandom(seed: seed)
    let names = (1...Int.random(in: 1...9, using: &random)).map { "h\($0)" }
    let hosts = names.map { ($0, fate(&random)) }
    var world = RolloutWorld(hosts, policy(names, &random))
    world.send(.begun)
    var steps = 0
    while !world.work.isEmpty, world.rollout.ending == nil, steps < 2_000 {
      steps += 1
      switch Int.random(in: 0..<200, using: &random) {
      case 0: world.send(.interrupted)
      case 1...4:
        world.crash(keeping: world.log.count)
        world.send(.resumed(nil))
      default: world.perform(world.work.remove(at: Int.random(in: 0..<world.work.count, using: &random)))
      }
    }
    world.finish { _ in 0 }
    world.checkEnd()
    return world
  }

  @Test func `whatever happens, what must hold holds`() {
    for seed: UInt64 in 1...4_000 {
      let world = simulate(seed)
      guard world.broken.isEmpty else {
        Issue.record("seed \(seed): \(world.broken.prefix(3))")
        return
      }
    }
  }

  @Test func `the same seed is the same run`() {
    let one = simulate(7)
    let other = simulate(7)
    #expect(one.log == other.log)
  }

  @Test func `a log that is read again is the same rollout`() {
    for seed: UInt64 in 1...300 {
      let world = simulate(seed)
      let again = Rollout(
        id: "r", policy: world.rollout.policy, hosts: world.rollout.members.map(\.name),
        resuming: world.log)
      #expect(again == world.rollout, "seed \(seed)")
    }
  }
}
