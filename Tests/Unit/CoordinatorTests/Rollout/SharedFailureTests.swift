import CoordinatorSupport
import Testing
import Wire

@testable import Rollout
@testable import Coordinator

@Suite struct SharedFailureTests {
  private func member(_ name: String, _ text: String, _ code: Cause.Code = .rehearsal) -> Rollout.Member {
    var member = Rollout.Member(name: name)
    member.place = .settled(.refused)
    member.cause = Cause(code: code, step: .rehearse, text: text)
    return member
  }

  @Test func `the same failure on several hosts is named`() {
    let shared = SharedFailure([
      member("a", "no such table: light"), member("b", "disk I/O error"), member("c", "no such table: light"),
    ])
    #expect(shared?.hosts == ["a", "c"])
    #expect(
      shared?.description
        == "a and c failed alike (rehearse: no such table: light): the release, not the host")
  }

  @Test func `what differs from host to host does not make it another failure`() {
    let shared = SharedFailure([
      member("veg", "after 12 s on veg : exit 1"), member("dry", "after 9 s on dry : exit 1"),
    ])
    #expect(shared?.hosts == ["veg", "dry"])
  }

  @Test func `different failures, one failure, and hosts that only were away are none`() {
    #expect(SharedFailure([member("a", "no such table"), member("b", "disk I/O error")]) == nil)
    #expect(SharedFailure([member("a", "no such table")]) == nil)
    #expect(SharedFailure([member("a", "full", "space"), member("b", "full", "space")]) == nil)
  }

  @Test func `the halt says so`() {
    let fate = Fate(stage: .prepareFails)
    var world = RolloutWorld([("a", fate), ("b", fate), ("c", .good)], .with())
    world.run()
    guard case .halted(let why) = world.rollout.ending else {
      Issue.record("\(String(describing: world.rollout.ending))")
      return
    }
    #expect(
      why == "2 failed (a, b), 0 allowed; a and b failed alike (prepare: because): the release, not the host")
  }
}
