import Testing
import Wire

@testable import Rollout
@testable import Coordinator

@Suite struct RolloutOutcomeTests {
  private func run(
    _ hosts: [(String, Fate)], _ policy: Rollout.Policy = .with()
  ) -> RolloutWorld {
    var world = RolloutWorld(hosts, policy)
    world.run()
    world.checkEnd()
    #expect(world.broken == [])
    return world
  }

  @Test func `all hosts go, the canary first and then in the inventory's order`() {
    let world = run([("a", .good), ("b", .good), ("c", .good)])
    #expect(world.rollout.ending == .done)
    #expect(world.cutovers == ["a", "b", "c"])
    #expect(Set(world.outcomes.values) == [.upgraded])
  }

  @Test func `a canary that is rolled back halts, and the others stay untouched`() {
    let world = run([("a", Fate(cutover: .rolledBack)), ("b", .good), ("c", .good)])
    guard case .halted = world.rollout.ending else {
      Issue.record("\(String(describing: world.rollout.ending))")
      return
    }
    #expect(world.outcomes == ["a": .rolledBack, "b": .untouched, "c": .untouched])
    #expect(world.cutovers == ["a"])
    #expect(world.rollout["b"]?.cause?.text == "staged, ready")
  }

  @Test func `a canary that is rolled back halts even below max_failures`() {
    let world = run(
      [("a", Fate(cutover: .rolledBack)), ("b", .good)], .with { $0.maxFailures = 3 })
    #expect(world.outcomes["b"] == .untouched)
  }

  @Test func `failures up to max_failures do not halt, one more does`() {
    let bad = Fate(cutover: .rolledBack)
    let hosts = [("a", Fate.good), ("b", bad), ("c", .good), ("d", bad), ("e", .good)]
    #expect(run(hosts, .with { $0.maxFailures = 2 }).rollout.ending == .done)
    let halted = run(hosts, .with { $0.maxFailures = 1 })
    #expect(halted.outcomes["c"] == .upgraded)
    #expect(halted.outcomes["e"] == .untouched)
  }

  @Test(arguments: [
    (Fate(cutover: .rolledBack), 1), (Fate(cutover: .failed), 1), (Fate(line: .dies), 1),
    (Fate(stage: .prepareFails), 1), (Fate(stage: .rehearsalFails), 1), (Fate(stage: .noSpace), 0),
    (Fate(stage: .deferred), 0), (Fate(stage: .unreachable), 0), (Fate(stage: .wrongKey), 0),
    (Fate(cutover: .deferred), 0),
    (Fate(cutover: .interrupted), 0), (Fate(cutover: .unreachable), 0), (Fate(probe: .refused), 0),
    (Fate(probe: .unreachable), 0), (Fate(line: .breaks), 0),
  ])
  func `what counts as a failure`(fate: Fate, failures: Int) {
    let world = run([("a", .good), ("b", fate)], .with { $0.maxFailures = 5 })
    #expect(world.rollout.failures == failures)
  }

  @Test func `over the limit while staging, nothing is cut over`() {
    let world = run([("a", .good), ("b", Fate(stage: .prepareFails)), ("c", .good)])
    #expect(world.cutovers == [])
    #expect(world.outcomes == ["a": .untouched, "b": .refused, "c": .untouched])
  }

  @Test func `the last host over the limit halts nothing, since nothing is left`() {
    let world = run([("a", .good), ("b", Fate(line: .dies))])
    #expect(world.rollout.ending == .done)
    #expect(world.outcomes == ["a": .upgraded, "b": .unknown])
  }

  @Test func `unreachable hosts are passed over, or halt before anything is staged`() {
    let hosts = [("a", Fate.good), ("b", Fate(probe: .unreachable)), ("c", .good)]
    #expect(run(hosts).outcomes == ["a": .upgraded, "b": .unreachable, "c": .upgraded])
    let halted = run(hosts, .with { $0.haltOnUnreachable = true })
    #expect(halted.outcomes == ["a": .untouched, "b": .unreachable, "c": .untouched])
    #expect(!halted.actions.contains(.stage("a")))
  }

  @Test func `a host that was lost in its cutover keeps its place until it is heard of`() {
    var world = RolloutWorld(
      [("a", .good), ("b", Fate(line: .breaks)), ("c", .good)], .with { $0.canary = .first(0) })
    world.send(.begun)
    while world.rollout["b"]?.place != .lost { world.perform(world.work.removeFirst()) }
    #expect(world.rollout["c"]?.place == .staged)
    #expect(!world.actions.contains(.cutover("c", lifetimeSeconds: 900)))
    world.finish { _ in 0 }
    #expect(world.outcomes == ["a": .upgraded, "b": .upgraded, "c": .upgraded])
  }

  @Test func `an order that expires unheard makes the host unknown, counts, and is taken back`() {
    let world = run([("a", .good), ("b", Fate(line: .dies)), ("c", .good)])
    #expect(world.outcomes == ["a": .upgraded, "b": .unknown, "c": .untouched])
    #expect(world.actions.contains(.cancel("b")))
  }

  @Test func `an unknown host that is heard of after all is what its agent says`() {
    var world = RolloutWorld([("a", Fate(line: .dies)), ("b", .good)], .with { $0.maxFailures = 1 })
    world.send(.begun)
    while world.outcomes["a"] == nil { world.perform(world.work.removeFirst()) }
    var result = JobResult(job: "r", outcome: .upgraded, target: "4.2.0")
    result.now = "4.2.0"
    world.send(.cutoverRested("a", result))
    #expect(world.outcomes["a"] == .upgraded)
  }

  @Test func `an order that never arrived is given again, a few times`() {
    let once = run([("a", Fate(line: .losesOrder)), ("b", .good)])
    #expect(once.cutovers == ["a", "a", "b"])
    #expect(once.outcomes == ["a": .upgraded, "b": .upgraded])

    var rollout = Rollout(id: "r", policy: .with(), hosts: ["a"])
    _ = rollout.handle(.begun)
    _ = rollout.handle(.hostProbed("a", .goes(from: nil)))
    _ = rollout.handle(.planApproved)
    let staged = JobResult(job: "r", target: "4.2.0")
    var actions = rollout.handle(.staged("a", staged))
    var orders = 0
    while actions.contains(.mayGo("a")) {
      actions = rollout.handle(.cleared("a", lifetimeSeconds: 900))
      #expect(actions == [.cutover("a", lifetimeSeconds: 900)])
      orders += 1
      actions = rollout.handle(.cutoverRested("a", staged))
    }
    #expect(orders == RolloutLimits.ordersPerHost)
    #expect(rollout["a"]?.outcome == .deferred)
  }

  @Test func `hosts with nothing to do end the rollout without a question`() {
    let world = run([("a", Fate(probe: .current)), ("b", Fate(probe: .refused))])
    #expect(world.rollout.ending == .done)
    #expect(!world.actions.contains(.askPlan))
  }

  @Test func `it begins with a plan that was agreed to, and asks nobody anything`() {
    var rollout = Rollout(id: "r", policy: .with(), hosts: ["a"])
    #expect(rollout.handle(.begun) == [])
    #expect(rollout.handle(.hostProbed("a", .goes(from: nil))) == [])
    #expect(rollout.handle(.planApproved) == [.stage("a")])
  }

  @Test func `a log that says no to the plan that it began with is over`() {
    let events: [Rollout.Event] = [.begun, .hostProbed("a", .goes(from: nil)), .planDeclined]
    let rollout = Rollout(id: "r", policy: .with(), hosts: ["a"], resuming: events)
    #expect(rollout.ending == .declined)
    #expect(rollout["a"]?.outcome == .untouched)
  }

  @Test func `what is gone on with is asked for, and a no changes nothing`() {
    var rollout = Rollout(id: "r", policy: .with(), hosts: ["a"])
    _ = [.begun, .hostProbed("a", .goes(from: nil)), .planApproved].map { rollout.handle($0) }
    #expect(rollout.handle(.resumed(nil, asks: true)) == [.probe("a")])
    #expect(rollout.handle(.hostProbed("a", .goes(from: nil))) == [.askPlan])
    #expect(rollout.handle(.planDeclined) == [.finish(.interrupted)])
    #expect(rollout["a"]?.outcome == .untouched)
  }

  @Test func `stage only ends with everything ready and nothing cut over`() {
    let world = run([("a", .good), ("b", .good)], .with { $0.stageOnly = true })
    #expect(world.rollout.ending == .done)
    #expect(world.outcomes == ["a": .untouched, "b": .untouched])
    #expect(world.cutovers == [])
  }

  @Test func `a batch is followed by a soak, the last one is not`() {
    let world = run([("a", .good), ("b", .good)], .with { $0.soakSeconds = 120 })
    #expect(world.actions.filter { $0 == .soak(seconds: 120, watching: ["a"]) }.count == 1)
  }
}
