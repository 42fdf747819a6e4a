import Testing
import Wire

@testable import Rollout
@testable import Coordinator

/// What the machine makes of a gate that is closed; when it is, `CutoverGateTests` say.
@Suite struct RolloutWindowTests {
  private func run(
    _ hosts: [(String, Fate)], _ change: (inout Rollout.Policy) -> Void = { _ in }
  ) -> RolloutWorld {
    var world = RolloutWorld(hosts, .with(change))
    world.run()
    world.checkEnd()
    #expect(world.broken == [])
    return world
  }

  @Test func `a host outside its window is staged, and deferred with when it opens`() {
    let world = run([("a", .good), ("b", Fate(gate: .closed)), ("c", .good)])
    #expect(world.outcomes == ["a": .upgraded, "b": .deferred, "c": .upgraded])
    #expect(world.actions.contains(.stage("b")))
    #expect(!world.cutovers.contains("b"))
    #expect(world.rollout["b"]?.cause?.text == "window opens Sat 10:00")
    #expect(world.rollout.ending == .done)
  }

  @Test func `a canary outside its window hands its part on`() {
    let world = run([("a", Fate(gate: .closed)), ("b", .good), ("c", .good)])
    #expect(world.outcomes == ["a": .deferred, "b": .upgraded, "c": .upgraded])
    #expect(world.rollout.canaries == ["b"])
  }

  /// It would hold up the others a second time once it has been upgraded with one of the batches.
  @Test func `of two canaries only the one that went is waited for`() {
    let world = run([("a", Fate(gate: .closed)), ("b", .good), ("c", .good)]) { $0.canary = .first(2) }
    #expect(world.outcomes == ["a": .deferred, "b": .upgraded, "c": .upgraded])
    #expect(world.rollout.canaries == ["b"])
  }

  @Test func `a named canary outside its window puts the others off with it`() {
    let world = run([("a", Fate(gate: .closed)), ("b", .good)]) { $0.canary = .hosts(["a"]) }
    #expect(world.outcomes == ["a": .deferred, "b": .deferred])
    #expect(world.rollout["b"]?.cause?.text == "the canary a goes first (window opens Sat 10:00)")
    #expect(world.rollout.ending == .done)
  }

  @Test func `hosts that are put off take no batch's place`() {
    let closed = Fate(gate: .closed)
    let hosts = [("a", Fate.good), ("b", closed), ("c", closed), ("d", .good), ("e", .good), ("f", .good)]
    let world = run(hosts) { $0.batches = [.hosts(1), .hosts(2)] }
    #expect(world.cutovers == ["a", "d", "e", "f"])
  }

  @Test func `an order that came to nothing asks the gate again`() {
    let world = run([("a", Fate(line: .losesOrder))])
    #expect(world.actions.filter { $0 == .mayGo("a") }.count == 2)
    #expect(world.outcomes == ["a": .upgraded])
  }

  @Test func `Ctrl-C while a host is asked for orders nothing`() {
    var world = RolloutWorld([("a", .good), ("b", .good)], .with())
    world.send(.begun)
    while world.rollout["a"]?.place != .clearing { world.perform(world.work.removeFirst()) }
    world.send(.interrupted)
    #expect(world.rollout.ending == .interrupted)
    world.send(.cleared("a", lifetimeSeconds: 900))
    #expect(world.outcomes == ["a": .untouched, "b": .untouched])
    #expect(!world.actions.contains { if case .cutover = $0 { true } else { false } })
  }

  @Test func `the next run takes up what was deferred`() {
    var world = run([("a", .good), ("b", Fate(gate: .closed))])
    world.work = []
    world.open("b")
    world.send(.resumed(nil))
    world.finish { _ in 0 }
    #expect(world.outcomes == ["a": .upgraded, "b": .upgraded])
    #expect(world.rollout.job(of: "b") == "r")
  }
}
