import Testing
import Wire

@testable import Rollout
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
    world.send(.hostProbed("a", .rests(.refused, from: nil, .init(code: .marked, text: "marked"))))
    world.send(.hostProbed("b", .goes(from: "4.1.0")))
    world.work = [.action(.stage("b"))]
    world.finish { _ in 0 }
    // That it is marked is no news: what it came to stays.
    #expect(world.outcomes == ["a": .rolledBack, "b": .upgraded])
    #expect(world.rollout.ending == .done)
    #expect(world.rollout.job(of: "a") == "r")
  }

  @Test func `another try adds to what a host came to before`() {
    var world = RolloutWorld([("a", Fate(cutover: .rolledBack)), ("b", .good)], .with())
    world.run()
    world.work = []
    world.send(.resumed(["a"]))
    world.send(.hostProbed("a", .goes(from: "4.1.0")))
    world.send(.staged("a", JobResult(job: "r.2", target: "4.2.0")))
    // Ctrl-C before its turn: it is staged, and had failed.
    var other = world.rollout
    _ = other.handle(.interrupted)
    #expect(other["a"]?.outcome == .untouched && other["a"]?.cause?.code == .staged)
    #expect(other["a"]?.tries.map(\.outcome) == [.rolledBack])
    world.send(.cutoverRested("a", JobResult(job: "r.2", outcome: .upgraded, target: "4.2.0")))
    #expect(world.outcomes["a"] == .upgraded)
    #expect(world.rollout["a"]?.earlier.map(\.outcome) == [.rolledBack])
    #expect(world.rollout["a"]?.earlier.first?.result?.job == "r")
  }

  /// What becomes of a host that had failed, where it is asked once more and does not go.
  @Test(arguments: [
    Rollout.Event.hostUnreachable("a", Cause(code: .unreachable, text: "no route")),
    .hostProbed(
      "a", .rests(.refused, from: nil, Cause(code: .refusedBefore, text: "failed before"))),
    .hostProbed("a", .rests(.untouched, from: nil, Cause(code: .held, text: "held"))),
    .interrupted,
  ])
  func `a try that comes to nothing leaves a host as it was`(event: Rollout.Event) {
    var world = RolloutWorld([("a", Fate(cutover: .rolledBack)), ("b", .good)], .with())
    world.run()
    let before = world.rollout["a"]
    world.work = []
    world.send(.resumed(["a"]))
    world.send(event)
    #expect(world.rollout["a"]?.outcome == .rolledBack)
    #expect(world.rollout["a"]?.result == before?.result && world.rollout["a"]?.cause == before?.cause)
    #expect(world.rollout["a"]?.tries.isEmpty == true && world.rollout.job(of: "a") == "r")
    #expect(world.rollout.failures == 0, "what it came to in an earlier run counts no more")
  }

  @Test func `with unreachable: halt a host that is away now counts as that, whatever it came to before`() {
    var world = RolloutWorld(
      [("a", Fate(cutover: .rolledBack)), ("b", .good)], .with { $0.haltOnUnreachable = true })
    world.run()
    world.work = []
    world.send(.resumed(nil))
    world.send(.hostUnreachable("a", Cause(code: .unreachable, text: "no route")))
    world.send(.hostProbed("b", .goes(from: "4.1.0")))
    world.finish { _ in 0 }
    #expect(world.outcomes == ["a": .unreachable, "b": .untouched])
    #expect(world.rollout["a"]?.earlier.map(\.outcome) == [.rolledBack])
  }

  @Test func `what is asked for anew begins only with a yes, and a no leaves the rollout open`() {
    var world = RolloutWorld([("a", Fate(cutover: .rolledBack)), ("b", .good)], .with())
    world.run()
    for answer in [Rollout.Event.planApproved, .planDeclined] {
      var rollout = world.rollout
      #expect(rollout.handle(.resumed(["b"], asks: true)) == [.probe("b")])
      #expect(rollout.handle(.hostProbed("b", .goes(from: "4.1.0"))) == [.askPlan])
      #expect(rollout.asked == ["b"])
      let actions = rollout.handle(answer)
      #expect(actions == (answer == .planApproved ? [.stage("b")] : [.finish(.interrupted)]))
      if answer == .planDeclined { #expect(rollout["b"]?.outcome == .untouched) }
    }
  }

  @Test func `a cutover that is only followed to its end is not asked for; what comes after it is`() {
    for others in [false, true] {
      var rollout = Rollout(id: "r", policy: .with(), hosts: ["a", "b"])
      _ = rollout.handle(.begun)
      for host in ["a", "b"] { _ = rollout.handle(.hostProbed(host, .goes(from: "4.1.0"))) }
      _ = rollout.handle(.planApproved)
      for host in ["a", "b"] { _ = rollout.handle(.staged(host, JobResult(job: "r", target: "4.2.0"))) }
      _ = rollout.handle(.cleared("a", lifetimeSeconds: 900))
      #expect(rollout.handle(.resumed(others ? nil : ["a"], asks: true)) == [.follow("a")])
      let upgraded = JobResult(job: "r", outcome: .upgraded, target: "4.2.0")
      let next = rollout.handle(.cutoverRested("a", upgraded))
      #expect(next == (others ? [.probe("b")] : [.finish(.done)]))
      if others { #expect(rollout.handle(.hostProbed("b", .goes(from: "4.1.0"))) == [.askPlan]) }
    }
  }

  @Test func `an order that did not arrive is given again only when that is said`() {
    var rollout = Rollout(id: "r", policy: .with(), hosts: ["a"])
    _ = rollout.handle(.begun)
    _ = rollout.handle(.hostProbed("a", .goes(from: "4.1.0")))
    _ = rollout.handle(.planApproved)
    let staged = JobResult(job: "r", target: "4.2.0")
    _ = rollout.handle(.staged("a", staged))
    _ = rollout.handle(.cleared("a", lifetimeSeconds: 900))
    #expect(rollout.handle(.resumed(nil, asks: true)) == [.follow("a")])
    #expect(rollout.handle(.cutoverRested("a", staged)) == [.askPlan])
    #expect(rollout.asked == ["a"])
    #expect(rollout.handle(.planApproved) == [.mayGo("a")])
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

  // MARK: A log whose batches were made otherwise

  private func ended(_ host: String) -> Rollout.Event {
    var result = JobResult(job: "id", outcome: .upgraded, target: "4.2.0")
    (result.from, result.now) = ("4.1.0", "4.2.0")
    return .cutoverRested(host, result)
  }

  /// a went first; then b and c went together, where b alone would go today.
  private func otherBatches(_ hosts: [String]) -> [Rollout.Event] {
    let staged = hosts.map { Rollout.Event.staged($0, JobResult(job: "id", target: "4.2.0")) }
    return [.begun] + hosts.map { .hostProbed($0, .goes(from: "4.1.0")) } + [.planApproved] + staged + [
      .cleared("a", lifetimeSeconds: 60), ended("a"), .soaked, .cleared("b", lifetimeSeconds: 60), ended("b"),
      .cleared("c", lifetimeSeconds: 60),
    ]
  }

  @Test func `who went in a log went, and a log that came to its end has come to it`() {
    let policy = Rollout.Policy.with { $0.soakSeconds = 60 }
    let hosts = ["a", "b", "c"]
    let rollout = Rollout(
      id: "id", policy: policy, hosts: hosts, resuming: otherBatches(hosts) + [ended("c")])
    #expect(rollout.members.map(\.outcome) == [.upgraded, .upgraded, .upgraded])
    #expect(rollout.ending == .done)
  }

  @Test func `who is in its cutover there is followed, and watched with its batch`() {
    let policy = Rollout.Policy.with { $0.soakSeconds = 60 }
    let hosts = ["a", "b", "c", "d"]
    var rollout = Rollout(id: "id", policy: policy, hosts: hosts, resuming: otherBatches(hosts))
    #expect(rollout.handle(.resumed(nil)) == [.follow("c")])
    var actions = rollout.handle(ended("c"))
    #expect(actions == [.probe("d")])
    actions = rollout.handle(.hostProbed("d", .goes(from: "4.1.0")))
    #expect(actions == [.stage("d")])
    actions = rollout.handle(.staged("d", JobResult(job: "id", target: "4.2.0")))
    #expect(actions == [.soak(seconds: 60, watching: ["b", "c"])])
  }
}
