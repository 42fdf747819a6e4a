import Testing
import Wire

@testable import Coordinator

@Suite struct RolloutResumeTests {
  private static let hosts: [(String, Fate)] = [
    ("a", .good), ("b", Fate(line: .breaks)), ("c", Fate(cutover: .rolledBack)),
    ("d", Fate(stage: .deferred)), ("e", Fate(probe: .current)), ("f", .good), ("g", Fate(probe: .refused)),
  ]
  private static let policy = Rollout.Policy.with {
    $0.soakSeconds = 5
    $0.maxFailures = 1
    $0.batches = [.hosts(1), .hosts(2)]
    $0.maxParallel = 2
  }

  /// The log is cut behind every event of a run. What the coordinator was about to do then is either not
  /// done, or done and not heard of any more.
  @Test(arguments: [false, true])
  func `a coordinator that dies after any event ends the rollout as if it had not`(ordersLeft: Bool) {
    var whole = RolloutWorld(Self.hosts, Self.policy)
    whole.run()
    #expect(whole.broken == [])
    let length = whole.log.count
    #expect(length > 20)

    for cut in 1...length {
      var world = RolloutWorld(Self.hosts, Self.policy)
      world.send(.begun)
      while world.log.count < cut, !world.work.isEmpty { world.perform(world.work.removeFirst()) }
      if ordersLeft {
        for case .action(.cutover(let host, _)) in world.work { world.execute(host) }
      }
      world.crash(keeping: cut)
      world.send(.resumed(nil))
      world.finish { _ in 0 }
      world.checkEnd()
      #expect(
        world.broken == [], "cut behind event \(cut): \(world.log.prefix(cut).last.map { "\($0)" } ?? "")")
      #expect(world.outcomes == whole.outcomes, "cut behind event \(cut)")
    }
  }

  @Test func `a halted rollout goes on with those that were left, and with the one that was cleared`() {
    var world = RolloutWorld([("a", Fate(cutover: .rolledBack)), ("b", .good)], .with())
    world.run()
    #expect(world.outcomes == ["a": .rolledBack, "b": .untouched])
    #expect(world.rollout.job(of: "a") == "r")

    world.work = []
    world.send(.resumed(nil))
    #expect(world.work == [.action(.probe("a")), .action(.probe("b"))])
    // Its mark still stands, so planning refuses it.
    world.send(.hostProbed("a", .rests(.refused, from: nil, .init(code: "marked", text: "marked"))))
    world.send(.hostProbed("b", .goes(from: "4.1.0")))
    world.work = [.action(.stage("b"))]
    world.finish { _ in 0 }
    #expect(world.outcomes == ["a": .refused, "b": .upgraded])
    #expect(world.rollout.ending == .done)
  }

  @Test func `another try of a job that has ended is another job`() {
    var rollout = Rollout(id: "r", policy: .with(), hosts: ["a", "b"])
    _ = rollout.handle(.begun)
    for host in ["a", "b"] { _ = rollout.handle(.hostProbed(host, .goes(from: nil))) }
    _ = rollout.handle(.planApproved)
    for host in ["a", "b"] { _ = rollout.handle(.staged(host, JobResult(job: "r", target: "4.2.0"))) }
    _ = rollout.handle(.cleared("a", lifetimeSeconds: 900))
    _ = rollout.handle(.cutoverRested("a", JobResult(job: "r", outcome: .rolledBack, target: "4.2.0")))
    #expect(rollout.ending != nil)
    _ = rollout.handle(.resumed(nil))
    #expect(rollout.job(of: "a") == "r.2")
    #expect(rollout.job(of: "b") == "r")
  }

  @Test func `only the hosts that are named go on`() {
    var world = RolloutWorld(
      [("a", Fate(cutover: .rolledBack)), ("b", .good), ("c", .good)], .with())
    world.run()
    world.work = []
    world.send(.resumed(["c"]))
    #expect(world.work == [.action(.probe("c"))])
    world.finish { _ in 0 }
    #expect(world.outcomes == ["a": .rolledBack, "b": .untouched, "c": .upgraded])
  }

  @Test func `earlier failures no longer count when a halted rollout goes on`() {
    var world = RolloutWorld(
      [("a", Fate.good), ("b", Fate(line: .dies)), ("c", .good)], .with())
    world.run()
    #expect(world.outcomes["c"] == .untouched)
    world.work = []
    world.send(.resumed(["c"]))
    world.finish { _ in 0 }
    #expect(world.outcomes == ["a": .upgraded, "b": .unknown, "c": .upgraded])
  }

  @Test func `what was staged only is cut over when it goes on, unless it is only staged again`() {
    var world = RolloutWorld([("a", .good)], .with { $0.stageOnly = true })
    world.run()
    var again = world
    again.work = []
    again.send(.resumed(nil, stageOnly: true))
    again.finish { _ in 0 }
    #expect(again.cutovers == [])
    world.work = []
    world.send(.resumed(nil))
    world.finish { _ in 0 }
    #expect(world.outcomes == ["a": .upgraded])
  }
}
