import CoordinatorSupport
import Release
import Testing
import Wire

@testable import Driver
@testable import Hosts
@testable import Inventory
@testable import Rollout

/// What a profile knows to be bad: whom it concerns, and who does not go for it.
@Suite struct AdvisoryTests {
  private static let tags = ["v4.0.26", "v4.1.0", "v4.1.16", "v4.2.0", "v5.0.0", "v4.3.0-rc.1"].map {
    SourceTag(name: $0, commit: nil)
  }

  private func versions(_ range: String, refuses: Bool = false) throws -> Advisory {
    Advisory(.versions(try #require(VersionRange(range))), why: "bad", refuses: refuses)
  }

  private func jump(_ from: String, _ to: String, refuses: Bool = false) throws -> Advisory {
    Advisory(
      .jump(from: try #require(VersionRange(from)), to: try #require(VersionRange(to))), why: "a long way",
      link: "https://example.org/7", refuses: refuses)
  }

  private func entry(
    _ installed: String, _ advisories: [Advisory], _ wishes: PlanWishes = PlanWishes(), stones: [String] = [],
    skip: [String] = [], change: (inout HostStatus) -> Void = { _ in }
  ) throws -> PlanEntry {
    var host = TestFleet.host("veg")
    host.profiles[0].advisories = advisories
    host.profiles[0].steppingStones = stones
    var status = HostStatus(app: "growroom", state: .idle)
    change(&status)
    let answer = SurveyAnswer.probe(
      Probe(findings: [.init(version: installed, problem: nil)], status: status))
    return try Plan.make([(host: host, answer: answer)], skip: skip, wishes: wishes) { _ in Self.tags }
      .entries[0]
  }

  private func wish(_ text: String, downgrade: Bool = false) throws -> PlanWishes {
    PlanWishes(target: .exactly(try #require(TagWish(text))), allowDowngrade: downgrade)
  }

  private func cause(_ entry: PlanEntry) -> Cause? {
    guard case .rests(_, _, let cause) = entry.verdict else { return nil }
    return cause
  }

  @Test(arguments: [
    ("<8.16.0", ">=8.16.1", "8.15.13", "8.16.2", true), ("<8.16.0", ">=8.16.1", "8.16.0", "8.16.2", false),
    ("<8.16.0", ">=8.16.1", "8.15.13", "8.16.0", false),
    ("<8.16.0", ">=8.16.1 <=8.16.2", "8.15.13", "8.17.0", false),
    ("=8.15.13", "=8.16.1", "8.15.13", "8.16.1", true), ("<8.16.0", ">=8.16.1", "8.16.0-rc1", "8.16.1", true),
    (">=4 <5", ">=5", "4.9.9", "5.0.0", true), (">=4 <5", ">=5", "5.0.0", "5.1.0", false),
  ])
  func `a jump is judged by both of its ends`(
    from: String, to: String, installed: String, target: String, isConcerned: Bool
  ) throws {
    let advisory = try jump(from, to)
    let goal = try #require(Version(target))
    #expect(advisory.concerns(from: Version(installed), to: goal) == isConcerned)
    #expect(!advisory.concerns(from: nil, to: goal))
    #expect(!advisory.concerns(resting: goal))
  }

  @Test func `a version is judged wherever one comes from, and where one stays with it`() throws {
    let advisory = try versions(">=4.2 <4.2.3")
    for (version, isConcerned) in [("4.2.0", true), ("4.2.2", true), ("4.2.3", false), ("4.1.9", false)] {
      let version = try #require(Version(version))
      #expect(advisory.concerns(from: nil, to: version) == isConcerned)
      #expect(advisory.concerns(from: Version(4, 0, 0), to: version) == isConcerned)
      #expect(advisory.concerns(resting: version) == isConcerned)
    }
  }

  @Test func `one that does not refuse is told, and the host goes`() throws {
    let known = [try versions("=4.2.0"), try jump("<4.0", ">=4.2")]
    let going = try entry("4.1.0", known)
    #expect(going.verdict == .goes(from: "4.1.0") && going.advisories == [known[0]])
    let resting = try entry("4.2.0", known)
    #expect(resting.verdict == .rests(.current, from: "4.2.0", nil) && resting.advisories == [known[0]])
    #expect(try entry("4.2.0", [try jump("<9", ">=4.2")]).advisories.isEmpty)
  }

  @Test func `one that refuses keeps the host, and names the newest release that goes round it`() throws {
    let refused = try entry("4.0.26", [try jump("<4.1", ">=4.2", refuses: true)])
    #expect(
      cause(refused)
        == Cause(
          code: .advisory,
          text: "a long way (https://example.org/7); fleet upgrade --to v4.1.16 veg goes round it"))
    #expect(refused.isRefusedByAdvisory)
    #expect(try entry("4.1.0", [try jump("<4.1", ">=4.2", refuses: true)]).verdict == .goes(from: "4.1.0"))
    // What is skipped, refused itself, or a pre-release goes round nothing.
    let skipping = try entry("4.0.26", [try jump("<4.1", ">=4.2", refuses: true)], skip: ["4.1.16"])
    #expect(cause(skipping)?.text.hasSuffix("--to v4.1.0 veg goes round it") == true)
    let both = [try jump("<4.1", ">=4.2", refuses: true), try versions("=4.1.16", refuses: true)]
    #expect(cause(try entry("4.0.26", both))?.text.hasSuffix("--to v4.1.0 veg goes round it") == true)
    let none = try entry("4.1.16", [try versions(">=4.2", refuses: true)])
    #expect(
      cause(none)?.text
        == "bad; no release on track v4 goes round it; only the profile's advisories can let it go")
  }

  @Test func `what is asked for by name, or once more, is refused as well`() throws {
    let known = [try versions("=4.2.0", refuses: true)]
    #expect(cause(try entry("4.1.0", known, wish("4.2.0")))?.code == .advisory)
    #expect(cause(try entry("4.1.0", known, PlanWishes(retry: true, repair: true)))?.code == .advisory)
    #expect(cause(try entry("5.0.0", known, wish("4.2.0", downgrade: true)))?.code == .advisory)
    #expect(try entry("4.1.0", known, wish("4.1.16")).verdict == .goes(from: "4.1.0"))
    // A host that needs hands needs them first.
    let marked = try entry("4.1.0", known) {
      $0.mark = Mark(
        job: "r", tag: "v4.1.16", reason: Cause(code: .prove, text: "unwell"), timeMilliseconds: 0,
        logPath: "/x")
    }
    #expect(cause(marked)?.code == .marked)
  }

  @Test func `with a stepping stone on the way the step to it is what is judged`() throws {
    let known = [try jump("<4.1", ">=4.2", refuses: true)]
    let stepping = try entry("4.0.26", known, stones: ["4.1.0"])
    #expect(stepping.verdict == .goes(from: "4.0.26") && stepping.goal?.text == "v4.2.0")
    #expect(stepping.advisories.isEmpty)
    let bad = try entry("4.0.26", [try versions("=4.1.0", refuses: true)], stones: ["4.1.0"])
    // Whatever lies behind that stone is reached over it alone.
    #expect(cause(bad)?.text.hasPrefix("bad; no release on track v4 goes round it") == true)
  }
}
