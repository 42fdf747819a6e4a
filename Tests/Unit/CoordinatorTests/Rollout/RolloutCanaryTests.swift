import Testing
import Wire

@testable import Rollout
@testable import Coordinator

@Suite struct RolloutCanaryTests {
  private func run(
    _ hosts: [(String, Fate)], _ change: (inout Rollout.Policy) -> Void = { _ in }
  ) -> RolloutWorld {
    var world = RolloutWorld(hosts, .with(change))
    world.run()
    world.checkEnd()
    #expect(world.broken == [])
    return world
  }

  @Test func `the canary is the first that can`() {
    let world = run([
      ("a", Fate(probe: .current)), ("b", Fate(stage: .noSpace)), ("c", .good), ("d", .good),
    ])
    #expect(world.cutovers == ["c", "d"])
  }

  @Test func `a named canary goes before the inventory's order`() {
    let world = run([("a", .good), ("b", .good), ("c", .good)]) { $0.canary = .hosts(["c"]) }
    #expect(world.cutovers == ["c", "a", "b"])
  }

  @Test func `named canaries that are current already let the others go`() {
    let world = run([("a", Fate(probe: .current)), ("b", .good)]) { $0.canary = .hosts(["a"]) }
    #expect(world.outcomes["b"] == .upgraded)
  }

  @Test(arguments: [Fate(probe: .unreachable), Fate(probe: .refused), Fate(stage: .noSpace)])
  func `a named canary that cannot go halts`(fate: Fate) {
    let world = run([("a", fate), ("b", .good)]) { $0.canary = .hosts(["a"]) }
    #expect(world.outcomes["b"] == .untouched)
    guard case .halted(let why) = world.rollout.ending else {
      Issue.record("\(String(describing: world.rollout.ending))")
      return
    }
    #expect(why.contains("canary a"))
  }

  @Test func `a canary that is not among these hosts is the first that can instead`() {
    let world = run([("a", .good), ("b", .good)]) { $0.canary = .hosts(["elsewhere"]) }
    #expect(world.cutovers == ["a", "b"])
  }

  @Test func `a canary that was deferred hands its part on, unless it was named`() {
    let hosts = [("a", Fate(cutover: .deferred)), ("b", Fate.good), ("c", .good)]
    #expect(run(hosts).outcomes == ["a": .deferred, "b": .upgraded, "c": .upgraded])
    let named = run(hosts) { $0.canary = .hosts(["a"]) }
    #expect(named.outcomes == ["a": .deferred, "b": .deferred, "c": .deferred])
    #expect(named.rollout.ending == .done)
    #expect(named.rollout["b"]?.cause?.code == .canary)
  }

  @Test func `the part that is handed on is a canary's: it goes alone`() {
    let world = run([
      ("a", Fate(cutover: .deferred)), ("b", Fate(cutover: .rolledBack)), ("c", .good), ("d", .good),
    ]) {
      $0.batches = [.hosts(3)]
      $0.maxParallel = 3
      $0.maxFailures = 3
    }
    #expect(world.cutovers == ["a", "b"])
  }

  @Test func `a canary that was interrupted by a shutdown halts`() {
    let world = run([("a", Fate(cutover: .interrupted)), ("b", .good)])
    #expect(world.outcomes == ["a": .interrupted, "b": .untouched])
  }

  @Test func `of several canaries one must end upgraded`() {
    let hosts = [("a", Fate(cutover: .rolledBack)), ("b", Fate.good), ("c", .good)]
    let world = run(hosts) {
      $0.canary = .first(2)
      $0.maxFailures = 1
    }
    #expect(world.outcomes["c"] == .upgraded)
  }

  @Test func `without a canary the batches begin at once`() {
    let world = run([("a", .good), ("b", .good)]) {
      $0.canary = .first(0)
      $0.batches = [.hosts(2)]
      $0.maxParallel = 2
    }
    #expect(world.rollout.ending == .done)
  }
}
