import Testing
import Wire

@testable import Rollout
@testable import Coordinator

@Suite struct RolloutInterruptTests {
  private func world(until ready: (RolloutWorld) -> Bool, _ hosts: [(String, Fate)]) -> RolloutWorld {
    var world = RolloutWorld(hosts, .with())
    world.send(.begun)
    while !ready(world), !world.work.isEmpty { world.perform(world.work.removeFirst()) }
    return world
  }

  @Test func `the first Ctrl-C finishes what is in its cutover and begins nothing new`() {
    var world = world(until: { $0.rollout["a"]?.place == .lost }, [("a", Fate(line: .breaks)), ("b", .good)])
    world.send(.interrupted)
    #expect(world.rollout.ending == nil)
    world.finish { _ in 0 }
    #expect(world.rollout.ending == .interrupted)
    #expect(world.outcomes == ["a": .upgraded, "b": .untouched])
  }

  @Test func `the second Ctrl-C lets go, and what becomes of the host is unknown`() {
    var world = world(until: { $0.rollout["a"]?.place == .lost }, [("a", Fate(line: .breaks)), ("b", .good)])
    world.send(.interrupted)
    world.send(.interrupted)
    #expect(world.rollout.ending == .interrupted)
    #expect(world.outcomes == ["a": .unknown, "b": .untouched])
    #expect(world.rollout.failures == 0)
  }

  @Test func `Ctrl-C while staging takes the orders back and waits for them`() {
    var world = world(until: { $0.rollout["a"]?.place == .staging }, [("a", .good), ("b", .good)])
    world.send(.interrupted)
    #expect(world.actions.contains(.cancel("a")))
    world.finish { _ in 0 }
    #expect(world.rollout.ending == .interrupted)
    #expect(world.cutovers == [])
  }

  @Test func `Ctrl-C at the question or while hosts are asked ends at once`() {
    for place: Rollout.Place in [.probing, .planned] {
      var world = RolloutWorld([("a", .good), ("b", .good)], .with())
      world.send(.begun)
      world.crash(keeping: 1)
      world.send(.resumed(nil, asks: true))
      while world.rollout["b"]?.place != place { world.perform(world.work.removeFirst()) }
      world.send(.interrupted)
      #expect(world.rollout.ending == .interrupted)
    }
  }

  @Test func `Ctrl-C while hosts are asked waits for one that was found in its cutover`() {
    var rollout = Rollout(id: "r", policy: .with(), hosts: ["a", "b"])
    _ = rollout.handle(.begun)
    #expect(rollout.handle(.heardFrom("a")) == [.follow("a")])
    _ = rollout.handle(.interrupted)
    #expect(rollout.ending == nil)
    let end = JobResult(job: "r", outcome: .upgraded, target: "4.2.0")
    #expect(rollout.handle(.cutoverRested("a", end)) == [.finish(.interrupted)])
    #expect(rollout["a"]?.outcome == .upgraded && rollout["b"]?.outcome == .untouched)
  }

  @Test func `a host found in its cutover is waited for where all others are done`() {
    var rollout = Rollout(id: "r", policy: .with(), hosts: ["a", "b"])
    _ = rollout.handle(.begun)
    #expect(rollout.handle(.heardFrom("a")) == [.follow("a")])
    _ = rollout.handle(.hostProbed("b", .rests(.current, from: "4.2.0", nil)))
    #expect(rollout.handle(.planApproved) == [])
    #expect(rollout.ending == nil)
    let end = JobResult(job: "r", outcome: .upgraded, target: "4.2.0")
    #expect(rollout.handle(.cutoverRested("a", end)) == [.finish(.done)])
    #expect(rollout["a"]?.outcome == .upgraded)
  }

  @Test func `a rollout that was let go is followed when it goes on`() {
    var world = world(until: { $0.rollout["a"]?.place == .lost }, [("a", Fate(line: .breaks)), ("b", .good)])
    world.send(.interrupted)
    world.send(.interrupted)
    world.work = []
    world.send(.resumed(nil))
    #expect(world.work.contains(.action(.follow("a"))))
    world.finish { _ in 0 }
    #expect(world.outcomes == ["a": .upgraded, "b": .upgraded])
    #expect(world.broken == [])
  }
}
