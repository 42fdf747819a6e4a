import Testing
import Wire

@testable import Rollout
@testable import Coordinator

/// `on_failure: rollback`.
@Suite struct RolloutRollbackTests {
  private func world(
    _ hosts: [(String, Fate)], _ change: (inout Rollout.Policy) -> Void = { _ in }
  ) -> RolloutWorld {
    RolloutWorld(
      hosts,
      .with {
        $0.rollsBack = true
        change(&$0)
      })
  }

  private func run(
    _ hosts: [(String, Fate)], _ change: (inout Rollout.Policy) -> Void = { _ in }
  ) -> RolloutWorld {
    var world = world(hosts, change)
    world.run()
    world.checkEnd()
    #expect(world.broken == [])
    return world
  }

  private func ways(_ world: RolloutWorld) -> [String] {
    world.actions.compactMap { if case .goBack(let host, _) = $0 { host } else { nil } }
  }

  private let bad = Fate(cutover: .rolledBack)

  @Test func `hosts that were upgraded go back too, the last one first`() {
    let world = run([("a", .good), ("b", .good), ("c", bad), ("d", .good)])
    #expect(world.outcomes == ["a": .rolledBack, "b": .rolledBack, "c": .rolledBack, "d": .untouched])
    #expect(ways(world) == ["b", "a"])
    #expect(world.rollout["a"]?.cause?.code == .onFailure)
    #expect(world.rollout["c"]?.cause?.code == .prove || world.rollout["c"]?.cause == nil)
    guard case .halted = world.rollout.ending else {
      Issue.record("\(String(describing: world.rollout.ending))")
      return
    }
    #expect(world.rollout.failures == 1, "who goes back has not failed")
  }

  @Test func `without it they stay upgraded`() {
    let world = run([("a", .good), ("b", bad), ("c", .good)]) { $0.rollsBack = false }
    #expect(world.outcomes["a"] == .upgraded)
  }

  @Test func `it is so when the last host fails too, and the rollout is called halted`() {
    let world = run([("a", .good), ("b", bad)])
    #expect(world.outcomes == ["a": .rolledBack, "b": .rolledBack])
    guard case .halted = world.rollout.ending else {
      Issue.record("\(String(describing: world.rollout.ending))")
      return
    }
  }

  @Test func `a failure within max_failures takes nobody back`() {
    let world = run([("a", .good), ("b", bad), ("c", .good)]) { $0.maxFailures = 1 }
    #expect(world.outcomes == ["a": .upgraded, "b": .rolledBack, "c": .upgraded])
  }

  @Test func `no release is to blame for a host that is away, or for Ctrl-C`() {
    let away = run([("a", .good), ("b", Fate(cutover: .unreachable)), ("c", .good)]) {
      $0.haltOnUnreachable = true
    }
    #expect(away.outcomes == ["a": .upgraded, "b": .unreachable, "c": .untouched])
    var stopped = world([("a", .good), ("b", bad), ("c", .good)])
    stopped.send(.begun)
    while stopped.rollout["b"]?.place != .cutover { stopped.perform(stopped.work.removeFirst()) }
    stopped.send(.interrupted)
    stopped.finish { _ in 0 }
    #expect(stopped.outcomes["a"] == .upgraded)
  }

  @Test func `a host that turned unwell goes back, and keeps its own reason`() {
    let world = run([("a", .good), ("b", Fate(watch: .turnsUnwell)), ("c", .good)]) { $0.soakSeconds = 60 }
    #expect(world.outcomes == ["a": .rolledBack, "b": .rolledBack, "c": .untouched])
    #expect(world.rollout["b"]?.cause?.code == .turnedUnwell)
  }

  @Test(arguments: [
    (Fate.Back.refuses, Outcome.upgraded), (.undone, .upgraded), (.failed, .failed), (.dies, .unknown),
  ])
  func `a way back that fails is told, and hides nothing`(back: Fate.Back, outcome: Outcome) {
    let world = run([("a", Fate(back: back)), ("b", .good), ("c", bad)])
    #expect(world.outcomes == ["a": outcome, "b": .rolledBack, "c": .rolledBack])
    if outcome == .upgraded { #expect(world.rollout["a"]?.rollbackTrouble != nil) }
  }

  @Test func `no more go back at once than may be cut over at once, and never two that are kept apart`() {
    var world = world((1...6).map { ("h\($0)", Fate.good) } + [("bad", bad)]) {
      $0.batches = [.hosts(3)]
      $0.maxParallel = 3
      $0.neverTogether = [["h1", "h2", "h3"]]
    }
    world.send(.begun)
    var most = 0
    while !world.work.isEmpty, world.rollout.ending == nil {
      world.perform(world.work.removeFirst())
      most = max(most, world.rollout.members.count { $0.place == .goingBack })
    }
    #expect(world.broken == [])
    #expect(most > 1 && most <= 3)
    #expect(world.outcomes.values.allSatisfy { $0 == .rolledBack })
  }

  /// Cut behind every event, on the way there and back.
  @Test func `a coordinator that dies on the way back goes on with it`() {
    let hosts: [(String, Fate)] = [
      ("a", .good), ("b", Fate(back: .undone)), ("c", .good), ("d", Fate(back: .refuses)), ("e", bad),
      ("f", .good),
    ]
    var whole = world(hosts) { $0.maxParallel = 2 }
    whole.run()
    #expect(whole.broken == [])
    for cut in 1...whole.log.count {
      var world = world(hosts) { $0.maxParallel = 2 }
      world.send(.begun)
      while world.log.count < cut, !world.work.isEmpty { world.perform(world.work.removeFirst()) }
      world.crash(keeping: cut)
      world.send(.resumed(nil))
      world.finish { _ in 0 }
      world.checkEnd()
      #expect(world.broken == [], "cut behind event \(cut)")
      #expect(world.outcomes == whole.outcomes, "cut behind event \(cut)")
    }
  }

  @Test func `after all went back one has to go first again`() {
    var world = run([("a", .good), ("b", .good), ("c", bad)])
    #expect(world.rollout.canaries == ["a"] && world.rollout.isCanaryDone)
    world.work = []
    world.send(.resumed(nil))
    #expect(world.rollout.canaries == [] && !world.rollout.isCanaryDone)
  }

  @Test func `a way back that was let go is followed when it goes on`() {
    var world = world([("a", .good), ("b", bad)])
    world.send(.begun)
    while world.rollout["a"]?.place != .goingBack { world.perform(world.work.removeFirst()) }
    world.send(.interrupted)
    world.send(.interrupted)
    #expect(world.outcomes["a"] == .unknown)
    world.work = []
    world.send(.resumed(nil))
    #expect(world.work.contains(.action(.goBack("a", mayBeUnderWay: true))))
  }
}
