import Release
import Testing

@Suite struct SelectionTests {
  let tags = [
    "v4.0.26", "v4.0.27", "v4.1.0", "v4.10.0", "v4.9.2", "v40.0.0", "v5.0.0", "v5.1.0", "v6.0.0-rc.1",
    "exp-v4.99.0", "exp-v5.0.0", "latest", "v4.11.0-beta", "nightly-1",
  ].map { SourceTag(name: $0, commit: nil) }

  func choose(
    _ track: String, installed: String?, skip: [String] = [], stones: [String] = [],
    from tags: [SourceTag]? = nil, prereleases: Bool = false
  ) throws -> Selection {
    Selection.choose(
      from: tags ?? self.tags, track: try #require(Track(track)), installed: installed.map(version),
      skip: Set(skip.map(version)), steppingStones: stones.map(version),
      includePrereleases: prereleases)
  }

  func version(_ text: String) -> Version { valid(Version(text)) }

  func names(_ outcome: Selection.Outcome) -> [String]? {
    if case .upgrade(let target, let goal) = outcome { return [target.tag.text, goal.tag.text] }
    return nil
  }

  @Test func `the newest of the track is the target`() throws {
    #expect(names(try choose("v4", installed: "4.0.26").outcome) == ["v4.10.0", "v4.10.0"])
    #expect(names(try choose("v4.0", installed: "4.0.26").outcome) == ["v4.0.27", "v4.0.27"])
    #expect(names(try choose("exp-v4", installed: "4.0.26").outcome) == ["exp-v4.99.0", "exp-v4.99.0"])
    #expect(names(try choose("v4", installed: nil).outcome) == ["v4.10.0", "v4.10.0"])
  }

  @Test func `an install at or ahead of its track is current`() throws {
    #expect(try choose("v4", installed: "4.10.0").outcome == .current)
    #expect(try choose("v4", installed: "5.0.0").outcome == .current)
  }

  @Test func `an empty track is said`() throws {
    let selection = try choose("v3", installed: "3.0.0")
    #expect(selection.outcome == .nothingOnTrack)
    #expect(selection.newest == nil)
  }

  @Test func `skipped releases are passed over`() throws {
    let selection = try choose("v4", installed: "4.0.26", skip: ["4.10.0", "5.1.0"])
    #expect(names(selection.outcome) == ["v4.9.2", "v4.9.2"])
    #expect(selection.newerMajors.first?.version == Version(5, 0, 0))
  }

  @Test func `newer majors of the channel are announced only`() throws {
    let selection = try choose("v4", installed: "4.0.26")
    #expect(
      selection.newerMajors == [
        .init(version: Version(5, 1, 0), track: Track(channel: "", major: 5, minor: nil)),
        .init(version: Version(40, 0, 0), track: Track(channel: "", major: 40, minor: nil)),
      ])
    #expect(try choose("exp-v4", installed: nil).newerMajors.map(\.track.description) == ["exp-v5"])
  }

  @Test func `pre-releases come only when asked for`() throws {
    let selection = try choose("v4", installed: "4.0.26", prereleases: true)
    #expect(names(selection.outcome) == ["v4.11.0-beta", "v4.11.0-beta"])
    #expect(selection.newerMajors.map(\.track.description) == ["v5", "v6", "v40"])
  }

  @Test func `the nearest stepping stone is the target`() throws {
    let stones = ["4.9.2", "4.1.0", "4.0.20"]
    #expect(names(try choose("v4", installed: "4.0.26", stones: stones).outcome) == ["v4.1.0", "v4.10.0"])
    #expect(names(try choose("v4", installed: "4.1.0", stones: stones).outcome) == ["v4.9.2", "v4.10.0"])
    #expect(names(try choose("v4", installed: "4.9.2", stones: stones).outcome) == ["v4.10.0", "v4.10.0"])
  }

  @Test func `a stone on the way across a major is found`() throws {
    let goal = try #require(Candidate.find(Version(5, 1, 0), channel: "", in: tags))
    let outcome = Selection.toward(
      goal, from: tags, installed: Version(4, 0, 26), steppingStones: [Version(4, 10, 0)])
    #expect(names(outcome) == ["v4.10.0", "v5.1.0"])
  }

  @Test func `a stone that cannot be had blocks`() throws {
    let missing = try choose("v4", installed: "4.0.26", stones: ["4.5.0"])
    guard case .blocked(Version(4, 5, 0), .notReleased, _) = missing.outcome else {
      Issue.record("\(missing.outcome)")
      return
    }
    let skipped = try choose("v4", installed: "4.0.26", skip: ["4.1.0"], stones: ["4.1.0"])
    guard case .blocked(Version(4, 1, 0), .skipped, _) = skipped.outcome else {
      Issue.record("\(skipped.outcome)")
      return
    }
  }

  @Test func `of two tags for one version and commit the one with v wins`() throws {
    let commit = try #require(ObjectID(String(repeating: "a", count: 40)))
    for names in [
      ["v4.2.0", "4.2.0"], ["4.2.0", "v4.2.0"], ["4.2", "v4.2.0"], ["v4.2.0+b", "v4.2.0+a"],
      ["v4.2.0+a", "v4.2.0+b"], ["v4.2", "v4.2.0"], ["v4.2.0", "v4.02"], ["v4.2.0-0-gabc1234", "v4.2.0"],
    ] {
      let tags = names.map { SourceTag(name: $0, commit: commit) }
      let newest = try #require(try choose("v4", installed: nil, from: tags).newest)
      let first = names.contains("v4.02") ? "v4.02" : names.filter { $0.hasPrefix("v") }.min()
      #expect(newest.tag.text == first)
      #expect(newest.twins.count == 1)
      #expect(!newest.isAmbiguous)
      #expect(try self.names(choose("v4", installed: "4.1.0", from: tags).outcome)?.first == first)
    }
  }

  @Test(arguments: [
    ["v1.2.0", "1.2.0"], ["v1.2", "v1.2.0"], ["v1.2.0+a", "v1.2.0+b"], ["v2026.08.1", "v2026.8.1"],
    ["v1.3.0-rc1", "v1.3.0rc1"], ["v1.2.0.Final", "v1.2.0"],
  ])
  func `between two commits of one version nothing is chosen, whatever their order`(names: [String]) throws {
    let commits = ["a", "b"].map { ObjectID(String(repeating: $0, count: 40)) }
    for commits in [commits, [nil, nil], [commits[0], nil]] {
      for order in [[0, 1], [1, 0]] {
        let tags = order.map { SourceTag(name: names[$0], commit: commits[$0]) }
        let major = try #require(TagName(names[0])).version.major
        let chosen = try choose("v\(major)", installed: "\(major).0.0", from: tags, prereleases: true)
        guard case .ambiguous(let release) = chosen.outcome else {
          Issue.record("\(chosen.outcome)")
          return
        }
        #expect(Set([release.tag.text] + release.twins.map(\.tag.text)) == Set(names))
        let named = Candidate.find(release.version, channel: "", spelled: names[1], in: tags)
        #expect(named?.tag.text == names[1])
        #expect(named?.isAmbiguous == false)
      }
    }
  }

  @Test func `what its source says of a release keeps it from being chosen, and is told`() throws {
    for standing in [TagStanding.prerelease, .draft, .pulled, .unpublished] {
      let tags = [
        SourceTag(name: "v4.1.0", commit: nil), SourceTag(name: "v4.2.0", commit: nil, standing: standing),
        SourceTag(name: "v4.3.0-rc1", commit: nil),
        SourceTag(name: "v5.0.0", commit: nil, standing: standing),
      ]
      let chosen = try choose("v4", installed: "4.0.0", from: tags)
      #expect(names(chosen.outcome) == ["v4.1.0", "v4.1.0"])
      #expect(chosen.heldBack.map(\.tag.text) == ["v4.2.0"])
      #expect(chosen.newerMajors.isEmpty)
      let asked = try choose("v4", installed: "4.0.0", from: tags, prereleases: true)
      #expect(asked.newest?.tag.text == "v4.3.0-rc1")
      let only = try choose("v5", installed: "5.0.0-rc1", from: tags)
      #expect(only.newest == nil)
      #expect(only.heldBack.map(\.tag.text) == ["v5.0.0"])
    }
  }

  @Test(
    arguments: [
      ("1.2.0-5-gabc1234", nil), ("1.2.0-0-gabc1234", nil), ("1.2.0", nil), ("1.2.0-1", nil),
      ("1.2.0-dirty", nil),
      ("1.2.0+5.gabc1234", nil), ("1.2.0.post1", nil), ("1.2.0-1~bpo12+1", nil), ("1.2.0+local", nil),
      ("1.2.1.dev5+gabc1234", nil), ("1.2.0-rc1", "v1.2.0"), ("1.2.0-rc1-5-gabc1234", "v1.2.0"),
      ("1.1.0-5-gabc1234", "v1.2.0"), ("1.2.0.dev0", "v1.2.0"), ("1.1.9-7", "v1.2.0"),
    ] as [(String, String?)])
  func `who runs what is no tag is never moved below the tag that it grew from`(
    installed: String, target: String?
  ) throws {
    let tags = ["v1.1.0", "v1.2.0", "v1.2.0-5-gabc1234", "v1.2.0-9-gabc1234"].map {
      SourceTag(name: $0, commit: nil)
    }
    #expect(names(try choose("v1", installed: installed, from: tags).outcome)?.first == target)
  }
}

/// Tags that name a series, and move along it.
@Suite struct SeriesTagTests {
  @Test(arguments: [
    // On the commit of a later one of its series.
    (["v4.1": "a", "v4.1.0": "b", "v4.1.3": "a"], ["v4.1"]), (["v4.1": "a", "v4.1.3": "a"], ["v4.1"]),
    (["v4.1": "a", "v4.1.3-1": "a"], ["v4.1"]), (["4.1.2": "a", "4.1.2.7": "a"], ["4.1.2"]),
    (["exp-v4.1": "a", "exp-v4.1.3": "a"], ["exp-v4.1"]),
    // The first of its series, or alone: a version.
    (["v4.1": "a", "v4.1.0": "a", "v4.1.3": "b"], []), (["v4.1": "a", "v4.1.1": "b"], []),
    (["v4.1": "a"], []),
    (["v4.1": "a", "v4.10.3": "a"], []), (["v4.1": "a", "exp-v4.1.3": "a"], []),
    (["v4.1-1": "a", "v4.1.3": "a"], []),
    (["v4.1.0": "a", "v4.1.1": "a"], []),
  ])
  func `one that stands where a later one of its series does is no version`(
    tags: [String: String], series: [String]
  ) {
    let listed = tags.map { SourceTag(name: $0, commit: ObjectID(String(repeating: $1, count: 40))) }
    let (versions, found) = Candidate.withoutSeries(listed)
    #expect(found == series)
    #expect(Set(versions.map(\.name)) == Set(tags.keys).subtracting(series))
  }
}
