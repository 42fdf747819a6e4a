import Testing
import Wire

@testable import Rollout
@testable import Coordinator

@Suite struct RolloutBatchTests {
  /// The sizes of the waves that a rollout of good hosts goes in, the canary included.
  private func waves(_ count: Int, _ change: (inout Rollout.Policy) -> Void) -> [Int] {
    let policy = Rollout.Policy.with(change)
    var world = RolloutWorld((1...count).map { ("h\($0)", Fate.good) }, policy)
    var sizes: [Int] = []
    var last: [String] = []
    world.send(.begun)
    while let next = world.work.first {
      world.work.removeFirst()
      world.perform(next)
      if let wave = world.rollout.wave, wave.hosts != last {
        sizes.append(wave.hosts.count)
        last = wave.hosts
      }
    }
    #expect(world.broken == [])
    #expect(world.rollout.ending == .done)
    return sizes
  }

  @Test(
    arguments: [
      (5, [.hosts(1)], [1, 1, 1, 1, 1]),
      (8, [.hosts(1), .hosts(2), .percent(50)], [1, 1, 2, 3, 1]),
      (9, [.percent(50)], [1, 4, 4]),
      (11, [.percent(25)], [1, 2, 2, 2, 2, 2]),
      (4, [.percent(10)], [1, 1, 1, 1]),
      (5, [.percent(100)], [1, 4]),
      (6, [.hosts(10)], [1, 5]),
      (2, [.hosts(1), .hosts(5)], [1, 1]),
    ] as [(Int, [Rollout.Policy.Batch], [Int])])
  func `batches by numbers and percentages, the last one repeats`(
    hosts: Int, batches: [Rollout.Policy.Batch], expected: [Int]
  ) {
    let sizes = waves(hosts) {
      $0.batches = batches
      $0.maxParallel = 100
    }
    #expect(sizes == expected)
  }

  @Test func `no more than max_parallel of a batch are in their cutover at once`() {
    var world = RolloutWorld(
      (1...6).map { ("h\($0)", Fate(line: .breaks)) },
      .with {
        $0.canary = .first(0)
        $0.batches = [.hosts(6)]
        $0.maxParallel = 2
      })
    world.send(.begun)
    var most = 0
    while !world.work.isEmpty {
      world.perform(world.work.removeFirst())
      most = max(most, world.rollout.members.count { $0.place.isInCutover })
    }
    #expect(most == 2)
    #expect(world.broken == [])
  }

  @Test func `no more than stage_parallel stage at once`() {
    var rollout = Rollout(
      id: "r", policy: .with { $0.stageParallel = 3 }, hosts: (1...5).map { "h\($0)" })
    _ = rollout.handle(.begun)
    for number in 1...5 { #expect(rollout.handle(.hostProbed("h\(number)", .goes(from: nil))) == []) }
    #expect(rollout.handle(.planApproved) == [.stage("h1"), .stage("h2"), .stage("h3")])
    #expect(rollout.handle(.staged("h2", JobResult(job: "r", target: "4.2.0"))) == [.stage("h4")])
  }

  @Test func `hosts that must never be together are not`() {
    var world = RolloutWorld(
      [("a", .good), ("b", Fate(line: .breaks)), ("c", Fate(line: .breaks)), ("d", .good)],
      .with {
        $0.batches = [.hosts(3)]
        $0.maxParallel = 3
        $0.neverTogether = [["b", "c"]]
      })
    world.send(.begun)
    var together = false
    while !world.work.isEmpty {
      world.perform(world.work.removeFirst())
      let inCutover = world.rollout.members.filter(\.place.isInCutover).map(\.name)
      together = together || Set(["b", "c"]).isSubset(of: inCutover)
    }
    #expect(!together)
    #expect(world.outcomes.values.allSatisfy { $0 == .upgraded })
  }
}
