import CoordinatorSupport
import Release
import Testing
import Wire

@testable import Hosts
@testable import Catalogue
@testable import Rollout
@testable import Driver
@testable import Inventory
@testable import Coordinator

@Suite struct PlanningTests {
  private static let tags = [
    "v4.0.26", "v4.1.0", "v4.1.16", "v4.2.0", "v5.0.0", "exp-v4.9.0", "nightly", "v4.3.0-rc.1",
  ].map { SourceTag(name: $0, commit: nil) }

  private func host(_ name: String, change: (inout Host) -> Void = { _ in }) -> Host {
    var host = TestFleet.host(name)
    change(&host)
    return host
  }

  private func probe(_ version: String?, change: (inout HostStatus) -> Void = { _ in }) -> SurveyAnswer {
    var status = HostStatus(app: "growroom", state: .idle)
    change(&status)
    return .probe(
      Probe(findings: [.init(version: version, problem: version == nil ? "no file" : nil)], status: status))
  }

  private func plan(
    _ answers: [(Host, SurveyAnswer)], _ wishes: PlanWishes = PlanWishes(), skip: [String] = []
  ) throws -> Plan {
    try Plan.make(answers.map { (host: $0.0, answer: $0.1) }, skip: skip, wishes: wishes) { _ in Self.tags }
  }

  private func verdict(
    _ answer: SurveyAnswer, _ wishes: PlanWishes = PlanWishes(), skip: [String] = [],
    change: (inout Host) -> Void = { _ in }
  ) throws -> (tag: String?, verdict: Rollout.Verdict) {
    let plan = try plan([(host("veg", change: change), answer)], wishes, skip: skip)
    return (plan.legs.first?.tag.text, plan.entries[0].verdict)
  }

  private func wish(_ text: String, downgrade: Bool = false) throws -> PlanWishes {
    PlanWishes(target: .exactly(try #require(TagWish(text))), allowDowngrade: downgrade)
  }

  private func code(_ verdict: Rollout.Verdict) -> Cause.Code? {
    guard case .rests(_, _, let cause) = verdict else { return nil }
    return cause?.code
  }

  @Test func `an app that is not well is not upgraded unasked, and is no calm where it is current`() throws {
    let unwell = AppHealth.unwell(Cause(code: .unhealthy, text: "growroom.service is failed"))
    func answer(_ version: String) -> SurveyAnswer {
      guard case .probe(let probe, _) = probe(version) else { return .notAsked }
      return .probe(probe, health: unwell)
    }
    #expect(code(try verdict(answer("4.1.0")).verdict) == "unhealthy")
    #expect(try verdict(answer("4.1.0"), PlanWishes(repair: true)).verdict == .goes(from: "4.1.0"))
    let current = try plan([(host("veg"), answer("4.2.0"))]).entries[0]
    #expect(code(current.verdict) == "unwell")
    #expect(current.health == unwell)
  }

  @Test func `a host goes to the newest of its installed major; a newer major is announced`() throws {
    let plan = try plan([(host("veg"), probe("4.1.0"))])
    #expect(plan.legs.map(\.tag.text) == ["v4.2.0"])
    #expect(plan.legs[0].entries[0].verdict == .goes(from: "4.1.0"))
    #expect(plan.legs[0].newer.map { "\($0.version) \($0.track)" } == ["5.0.0 v5"])
  }

  @Test func `a host's own track is a pin that --track does not change`() throws {
    let wishes = PlanWishes(target: .track(try #require(Track("v4"))))
    let found = try verdict(probe("4.1.0"), wishes) { $0.track = "v4.1" }
    #expect(found.tag == "v4.1.16")
  }

  @Test func `the channel is that of the recorded tag`() throws {
    let found = try verdict(
      probe("4.8.0") {
        $0.installedTag = "exp-v4.8.0"
        $0.installedVersion = "4.8.0"
      })
    #expect(found.tag == "exp-v4.9.0")
  }

  @Test func `hosts on several tracks become several legs, in the inventory's order`() throws {
    let plan = try plan([
      (host("a") { $0.track = "v4.1" }, probe("4.1.0")), (host("b"), probe("4.1.0")),
      (host("c") { $0.track = "v4.1" }, probe("4.0.26")),
    ])
    #expect(plan.legs.map(\.tag.text) == ["v4.1.16", "v4.2.0"])
    #expect(plan.legs[0].entries.map(\.host.name) == ["a", "c"])
  }

  @Test func `current and ahead of the track change nothing`() throws {
    #expect(try verdict(probe("4.2.0")).verdict == .rests(.current, from: "4.2.0", nil))
    let ahead = try verdict(probe("4.9.9"))
    guard case .rests(.current, _, let cause?) = ahead.verdict else {
      Issue.record("\(ahead)")
      return
    }
    #expect(cause.code == "ahead")
  }

  @Test func `a skipped release is passed over`() throws {
    #expect(try verdict(probe("4.1.0"), skip: ["4.2.0"]).tag == "v4.1.16")
  }

  @Test func `a stepping stone is the target, and what lies behind it is said`() throws {
    let answers = [(host("a") { $0.profiles[0].steppingStones = ["4.1.0"] }, probe("4.0.26"))]
    let plan = try plan(answers)
    #expect(plan.legs[0].tag.text == "v4.1.0")
    #expect(plan.legs[0].entries[0].goal?.text == "v4.2.0")
  }

  @Test func `--to takes exactly that one, over a major too, and never down by itself`() throws {
    #expect(try verdict(probe("4.1.0"), wish("4.1.16")).tag == "v4.1.16")
    let major = try plan([(host("veg"), probe("4.1.0"))], wish("5.0.0"))
    #expect(major.legs[0].crossesMajor)
    #expect(try code(verdict(probe("4.2.0"), wish("4.1.0")).verdict) == "downgrade")
    #expect(
      try verdict(probe("4.2.0"), wish("4.1.0", downgrade: true)).verdict == .goes(from: "4.2.0"))
    #expect(throws: CatalogueError.self) { try verdict(probe("4.1.0"), wish("4.1.7")) }
  }

  @Test func `--to does not move a host to another channel than its pin`() throws {
    let found = try verdict(probe("4.1.0"), wish("exp-v4.9.0")) { $0.track = "v4" }
    #expect(code(found.verdict) == "pinned")
  }

  @Test func `--track never crosses a major`() throws {
    let wishes = PlanWishes(target: .track(try #require(Track("v5"))))
    #expect(try code(verdict(probe("4.1.0"), wishes).verdict) == "major")
  }

  @Test func `marked, held back and refused before are said, each with its way out`() throws {
    let reason = Cause(code: .prove, step: .prove, text: "unwell")
    let mark = Mark(job: "r", tag: "v4.1.16", reason: reason, timeMilliseconds: 0, logPath: "/x")
    let marked = try verdict(probe("4.1.0") { $0.mark = mark }).verdict
    #expect(code(marked) == "marked")
    let held = try verdict(probe("4.1.0") { $0.heldTag = "v4.2.0" }).verdict
    guard case .rests(.untouched, _, let cause?) = held else {
      Issue.record("\(held)")
      return
    }
    #expect(cause.code == "held")
    let refusal = Refusal(tag: "v4.2.0", sha256: "", reason: reason)
    let before = probe("4.1.0") { $0.refusals = [refusal] }
    #expect(try code(verdict(before).verdict) == "refused_before")
    #expect(try verdict(before, PlanWishes(retry: true)).verdict == .goes(from: "4.1.0"))
    let other = probe("4.1.0") { $0.refusals = [Refusal(tag: "v4.1.16", sha256: "", reason: reason)] }
    #expect(try verdict(other).verdict == .goes(from: "4.1.0"))
  }

  @Test func `hosts that do not answer are unreachable, those that answer wrongly are refused`() throws {
    let plan = try plan([
      (host("a"), .error(.unreachable("a: no route"))), (host("b"), .error(.noAgent("b: none"))),
      (host("c"), .notAsked), (host("d"), probe(nil)), (host("e"), probe("4.1.0")),
    ])
    #expect(plan.legs.count == 1)
    let entries = plan.legs[0].entries
    #expect(entries.map(\.host.name) == ["a", "b", "c", "d", "e"])
    #expect(
      entries[0].verdict
        == .rests(.unreachable, from: nil, .init(code: .unreachable, text: "no route")))
    #expect(entries.map { code($0.verdict) } == ["unreachable", "no_agent", "hold", "install", nil])
  }

  @Test func `the profile is the first that is for the installed version`() throws {
    let two = host("a") {
      var old = $0.profiles[0]
      old.applies = VersionRange("<4.1.0")
      old.agent.install = "/old"
      $0.profiles = [old, $0.profiles[0]]
    }
    func install(_ version: String) throws -> String? {
      var findings: [Probe.Finding] = []
      for _ in 0..<2 { findings.append(.init(version: version, problem: nil)) }
      let probe = Probe(findings: findings, status: HostStatus(app: "growroom", state: .idle))
      return try plan([(two, .probe(probe))]).legs[0].entries[0].profile?.agent.install
    }
    #expect(try install("4.0.26") == "/old")
    #expect(try install("4.1.0") == "/opt/growroom")
  }

  @Test func `the listing of what fleet did not install is asked for`() throws {
    let byHand = try plan([(host("a"), probe("4.1.0"))])
    #expect(byHand.legs[0].entries[0].listing?.text == "v4.1.0")
    let byFleet = try plan([
      (
        host("a"),
        probe("4.1.0") {
          $0.installedVersion = "4.1.0"
          $0.installedTag = "v4.1.0"
        }
      )
    ])
    #expect(byFleet.legs[0].entries[0].listing == nil)
  }
}
