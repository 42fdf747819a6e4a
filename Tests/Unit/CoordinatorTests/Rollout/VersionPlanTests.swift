import CoordinatorSupport
import Release
import Testing
import Wire

@testable import Rollout
@testable import Inventory
@testable import Driver
@testable import Coordinator

/// What comes of versions that are no tags, of tags that are the same version, and of what a source says of them.
@Suite struct VersionPlanTests {
  private func plan(
    _ installed: String, _ tags: [SourceTag], to wish: String? = nil, downgrade: Bool = false,
    change: (inout Host) -> Void = { _ in }
  ) throws -> Plan {
    var host = TestFleet.host("veg")
    change(&host)
    let probe = Probe(
      findings: [.init(version: installed, problem: nil)], status: HostStatus(app: "growroom", state: .idle))
    let target = try wish.map { PlanWishes.Target.exactly(try #require(TagWish($0))) } ?? .ownTrack
    return try Plan.make(
      [(host: host, answer: .probe(probe))], skip: [],
      wishes: PlanWishes(target: target, allowDowngrade: downgrade)
    ) { _ in tags }
  }

  private func tags(_ names: [String]) -> [SourceTag] { names.map { SourceTag(name: $0, commit: nil) } }

  /// Where it goes, or else why it does not.
  private func said(_ plan: Plan) -> String {
    switch plan.entries[0].verdict {
    case .goes: "to \(plan.legs[0].tag)"
    case .rests(let outcome, _, let cause): "\(outcome.rawValue) \(cause?.code.rawValue ?? "")"
    }
  }

  @Test(arguments: [
    // What was built behind a tag, or is a revision of it, stays.
    ("1.2.0-5-gabc1234", "current ahead"), ("1.2.0-1", "current ahead"), ("1.2.0-dirty", "current ahead"),
    ("1.2.0.post1", "current ahead"), ("1.2.0+5.gabc1234", "current ahead"),
    ("1.2.0-1~bpo12+1", "current ahead"),
    ("1.2.1.dev3+gabc1234", "current ahead"), ("v1.2.0-5-gabc1234-dirty", "current ahead"),
    // The very tag, under another name.
    ("1.2.0-0-gabc1234", "current "), ("1.2", "current "), ("v1.2.0", "current "),
    ("1.2.0+local", "current "),
    ("1.02.0", "current "), ("1.2.0.Final", "current "),
    // Older ones go.
    ("1.1.0-5-gabc1234", "to v1.2.0"), ("1.2.0-rc1", "to v1.2.0"), ("1.2.0.dev0", "to v1.2.0"),
    ("1.2.0-rc1-5-gabc1234", "to v1.2.0"), ("1.1", "to v1.2.0"), ("1.1.0.9", "to v1.2.0"),
    ("1.1.0-kitchen", "to v1.2.0"),
    // What cannot be ordered is neither moved nor called current.
    ("1.2.0-kitchen", "refused unordered"), ("1.2.0-5f3a2b1", "refused unordered"),
    ("1.2.0-20260801", "refused unordered"), ("nightly", "refused install"),
    ("2026-08-01", "refused install"),
    ("1.1.1w", "refused install"), ("", "refused install"), ("5f3a2b1", "refused install"),
    ("7", "refused install"),
  ])
  func `along its track`(installed: String, says: String) throws {
    #expect(try said(plan(installed, tags(["v1.1.0", "v1.2.0"]))) == says)
  }

  @Test(arguments: [
    "1.2.0-5-gabc1234", "1.2.0-1", "1.2.0-dirty", "1.2.0.post1", "1.2.1-rc1", "1.2.0+5.gabc1234",
  ])
  func `down to its tag only where that is said`(installed: String) throws {
    let tags = tags(["v1.1.0", "v1.2.0"])
    #expect(try said(plan(installed, tags, to: "1.2.0")) == "refused downgrade")
    #expect(try said(plan(installed, tags, to: "1.2.0", downgrade: true)) == "to v1.2.0")
  }

  @Test(arguments: ["nightly", "1.1.1w", "5f3a2b1", "1.2.0-kitchen", "2026-08-01"])
  func `what cannot be ordered tells its next step, and that one works`(installed: String) throws {
    let tags = tags(["v1.1.0", "v1.2.0"])
    let plan = try plan(installed, tags)
    guard case .rests(.refused, _, let cause?) = plan.entries[0].verdict else {
      Issue.record("\(plan.entries[0].verdict)")
      return
    }
    #expect(cause.text.contains(installed) && cause.text.contains("--allow-downgrade veg"))
    #expect(try said(self.plan(installed, tags, to: "v1.2.0")).hasPrefix("refused"))
    let forced = try self.plan(installed, tags, to: "v1.2.0", downgrade: true)
    #expect(forced.entries[0].verdict == .goes(from: installed))
    #expect(forced.entries[0].listing == nil)
  }

  @Test func `a profile for some versions only is not chosen for what is none`() throws {
    let plan = try plan("nightly", tags(["v1.2.0"]), to: "1.2.0", downgrade: true) {
      $0.profiles[0].applies = VersionRange(">=1")
    }
    guard case .rests(.refused, _, let cause?) = plan.entries[0].verdict else {
      Issue.record("\(plan.entries[0].verdict)")
      return
    }
    #expect(cause.text.contains("version: match") && !cause.text.contains("--allow-downgrade"))
  }

  @Test func `a word that is a tag of its source is ordered as its makers do`() throws {
    #expect(try said(plan("5.0.0-hydrogen", tags(["v5.0.0-hydrogen", "v5.0.0"]))) == "to v5.0.0")
  }

  @Test(arguments: [
    ("5.9", ["5.9", "5.18"], "to 5.18"), ("1.2", ["v1.2", "v1.2.1", "v1.3"], "to v1.3"),
    ("1.2.0.1", ["1.2.0.1", "1.2.0.2"], "to 1.2.0.2"),
    ("2026.08.1", ["2026.08.1", "2026.10.0"], "to 2026.10.0"),
    ("1.3.0", ["1.3.0", "1.3.0-1", "1.3.0-2"], "to 1.3.0-2"),
    ("1.3.0-2", ["1.3.0-2", "1.3.0-10"], "to 1.3.0-10"),
    ("22.04", ["22.04", "22.10"], "to 22.10"), ("1.3.0", ["1.3.0", "1.3.0-5-gabc1234"], "current "),
    ("1.3.0", ["1.3.0", "1.3.1-rc1", "1.3.1.dev2", "1.3.1a1"], "current "),
    ("5.18", ["5.18", "6.0"], "current "),
  ])
  func `tags that are versions to people are to fleet`(installed: String, names: [String], says: String)
    throws
  {
    #expect(try said(plan(installed, tags(names))) == says)
  }

  @Test func `of two commits that are one version none is chosen, and one that is named goes`() throws {
    let commits = ["a", "b"].map { ObjectID(String(repeating: $0, count: 40)) }
    let tags = [
      SourceTag(name: "v1.2.0", commit: commits[0]), SourceTag(name: "1.2.0", commit: commits[1]),
      SourceTag(name: "v1.1.0", commit: nil),
    ]
    let plan = try plan("1.1.0", tags)
    #expect(
      plan.entries[0].verdict
        == .rests(
          .refused, from: "1.1.0",
          .init(
            code: .ambiguous,
            text:
              "v1.2.0 (commit aaaaaaa) and 1.2.0 (commit bbbbbbb) are one version, and not the same release: "
              + "fleet upgrade --to v1.2.0 or --to 1.2.0 says which")))
    for name in ["v1.2.0", "1.2.0"] {
      let named = try self.plan("1.1.0", tags, to: name)
      #expect(said(named) == "to \(name)")
      #expect(named.entries[0].note?.hasSuffix("\(name) was asked for") == true)
    }
    #expect(try said(self.plan("1.1.0", tags, to: "1.2")) == "refused ambiguous")
    #expect(try said(self.plan("1.2.0", tags)) == "current ")
  }

  @Test func `two tags of one commit are one release, and that is told`() throws {
    let commit = ObjectID(String(repeating: "a", count: 40))
    let plan = try plan("1.1.0", ["1.2.0", "v1.2.0"].map { SourceTag(name: $0, commit: commit) })
    #expect(said(plan) == "to v1.2.0")
    #expect(plan.entries[0].note == "also tagged 1.2.0")
  }

  @Test(arguments: [
    ("app-v", "app-v1.2.0"), ("app-", "app-v1.2.0"), ("app-", "v1.2.0"), ("exp-", "exp-v1.2.0"),
  ])
  func `a tag may be asked for with the prefix of its source`(prefix: String, wish: String) throws {
    let plan = try plan("1.1.0", tags(["v1.2.0"]), to: wish) {
      $0.profiles[0].source = .github(
        repository: "o/a", api: "http://127.0.0.1", tokenVariable: nil, tagPrefix: prefix)
    }
    #expect(said(plan) == "to v1.2.0")
  }

  @Test func `another build of the same version is told, and goes where it is named`() throws {
    let tags = tags(["v1.2.0+k3s2"])
    #expect(try said(plan("1.2.0+k3s1", tags)) == "current same_version")
    #expect(try said(plan("1.2.0+k3s1", tags, to: "v1.2.0+k3s2")) == "to v1.2.0+k3s2")
    #expect(try said(plan("1.2.0+k3s2", tags)) == "current ")
    #expect(try said(plan("1.2.0+k3s2", tags, to: "v1.2.0+k3s2")) == "current ")
  }

  @Test(arguments: [
    (TagStanding.prerelease, "v1.2.0 is a pre-release"), (.pulled, "v1.2.0 was pulled"),
    (.unpublished, "v1.2.0 has no release"), (.draft, "v1.2.0 is a draft"),
  ])
  func `what is not offered for what its source says is told, and goes where it is named`(
    standing: TagStanding, text: String
  ) throws {
    let tags = [
      SourceTag(name: "v1.0.0", commit: nil), SourceTag(name: "v1.1.0", commit: nil),
      SourceTag(name: "v1.2.0", commit: nil, standing: standing),
    ]
    let plan = try plan("1.1.0", tags)
    guard case .rests(.current, _, let cause?) = plan.entries[0].verdict else {
      Issue.record("\(plan.entries[0].verdict)")
      return
    }
    #expect(cause.code == "not_offered" && cause.text.hasPrefix(text))
    let going = try self.plan("1.0.0", tags)
    #expect(said(going) == "to v1.1.0")
    #expect(going.entries[0].note?.hasPrefix(text) == true)
    let named = try self.plan("1.1.0", tags, to: "1.2.0")
    if standing == .draft {
      #expect(said(named) == "refused not_offered")
    } else {
      #expect(said(named) == "to v1.2.0")
      #expect(named.entries[0].note?.hasPrefix(text) == true)
    }
    let ahead = try self.plan("1.2.0", tags)
    #expect(said(ahead) == "current ahead")
    guard case .rests(_, _, let why?) = ahead.entries[0].verdict else { return }
    #expect(why.text.hasPrefix("what it has, v1.2.0 was pulled") == (standing == .pulled))
    let none = try self.plan("1.1.0", [tags[2]])
    #expect(said(none) == "refused not_found")
  }

  @Test(
    arguments: [
      ("20261122-101500-v4.2.0", nil, "v4.2.0"), ("20261122-101500-v4.2.0.2", nil, "v4.2.0"),
      ("20261122-101500-v4.2.0.2", "4.2.0", "v4.2.0"), ("20261122-101500-v4.2.0.2", "4.2.0.2", "v4.2.0.2"),
      ("20261122-101500-v4.2.0.1", nil, "v4.2.0.1"), ("20261122-101500-5.18", nil, "5.18"),
      ("20261122-101500-5.18.2", "5.18", "5.18"), ("20261122-101500-v4.2.0.2.3", nil, "v4.2.0.2"),
      ("20261122-101500-v1.3.0-1", nil, "v1.3.0-1"), ("20261122-101500-latest", nil, nil),
    ] as [(String, String?, String?)])
  func `a job's name tells its tag, a second try's too`(id: String, target: String?, tag: String?) {
    #expect(RolloutResume.tag(of: id, target: target) == tag)
  }
}
