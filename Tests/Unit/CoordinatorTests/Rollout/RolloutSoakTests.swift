import Testing
import Wire

@testable import Rollout
@testable import Coordinator

@Suite struct RolloutSoakTests {
  private func run(
    _ hosts: [(String, Fate)], _ change: (inout Rollout.Policy) -> Void = { _ in }
  ) -> RolloutWorld {
    var world = RolloutWorld(
      hosts,
      .with {
        $0.soakSeconds = 60
        change(&$0)
      })
    world.run()
    world.checkEnd()
    #expect(world.broken == [])
    return world
  }

  @Test func `a host that turns unwell in the soak has failed, and halts`() {
    let world = run([("a", Fate(watch: .turnsUnwell)), ("b", .good)])
    #expect(world.outcomes == ["a": .failed, "b": .untouched])
    #expect(world.rollout["a"]?.cause?.code == .turnedUnwell)
    #expect(world.rollout.ending == .halted(why: "a turned unwell on the new version"))
  }

  @Test func `it halts however many failures are allowed`() {
    let world = run([("a", .good), ("b", Fate(watch: .turnsUnwell)), ("c", .good)]) { $0.maxFailures = 5 }
    #expect(world.outcomes["c"] == .untouched)
    #expect(world.rollout.failures == 1)
  }

  @Test func `the hosts of the wave before are watched`() {
    let world = run([("a", .good), ("b", .good), ("c", Fate(cutover: .deferred)), ("d", .good)]) {
      $0.batches = [.hosts(2)]
      $0.maxParallel = 2
    }
    let soaks = world.actions.filter { if case .soak = $0 { true } else { false } }
    #expect(soaks == [.soak(seconds: 60, watching: ["a"]), .soak(seconds: 60, watching: ["b"])])
  }

  @Test func `after canary_for the canary is looked at before the others go`() {
    var world = RolloutWorld(
      [("a", Fate(watch: .turnsUnwell)), ("b", Fate(gate: .closed))], .with { $0.canaryForSeconds = 3_600 })
    world.run()
    #expect(world.outcomes == ["a": .upgraded, "b": .deferred])
    world.work = []
    world.open("b")
    world.send(.resumed(nil))
    world.finish { _ in 0 }
    #expect(world.actions.contains(.soak(seconds: 0, watching: ["a"])))
    #expect(world.outcomes == ["a": .failed, "b": .untouched])
    #expect(world.cutovers == ["a"])
  }

  /// It would be watched before it runs the release again, and nothing would follow from what is seen.
  @Test func `a host that turned unwell and tries again is no longer watched`() {
    var world = run([("a", Fate(watch: .turnsUnwell)), ("b", .good)])
    world.work = []
    #expect(world.rollout.soakDue == ["a"])
    world.send(.resumed(nil))
    #expect(world.rollout.soakDue == nil)
  }

  // MARK: The watch itself

  private let unwell = AppHealth.unwell(Cause(code: .unhealthy, text: "down"))

  @Test func `hosts are asked every ten seconds and once more at the end`() {
    var soak = Soak(seconds: 25, began: 0)
    var now: Int64 = 0
    var pauses: [Int64] = []
    while let pause = soak.pause(now: now) {
      pauses.append(pause)
      now += pause
    }
    #expect(pauses == [10_000, 10_000, 5_000])
  }

  @Test func `a soak of no time still asks once`() {
    var soak = Soak(seconds: 0, began: 7)
    #expect(soak.pause(now: 7) == 0)
    #expect(soak.pause(now: 7) == nil)
  }

  @Test func `one bad answer is a suspicion, the next one settles it`() {
    var soak = Soak(seconds: 0, began: 0)
    _ = soak.pause(now: 0)
    #expect(soak.heard("a", unwell) == nil)
    // It is not over while a host is under suspicion.
    #expect(soak.pause(now: 0) == 10_000)
    #expect(soak.heard("a", unwell)?.text == "down")
  }

  @Test func `a host that is well again, or away, is under no suspicion`() {
    for answer in [AppHealth.well, .unknown] {
      var soak = Soak(seconds: 0, began: 0)
      _ = soak.pause(now: 0)
      #expect(soak.heard("a", unwell) == nil)
      #expect(soak.heard("a", answer) == nil)
      #expect(soak.heard("a", unwell) == nil)
    }
  }
}
