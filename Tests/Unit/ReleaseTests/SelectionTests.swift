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

  @Test func `of two tags for one version the one with v wins`() throws {
    for names in [["v4.2.0", "4.2.0"], ["4.2.0", "v4.2.0"]] {
      let tags = names.map { SourceTag(name: $0, commit: nil) }
      #expect(try choose("v4", installed: nil, from: tags).newest?.tag.text == "v4.2.0")
    }
    for names in [["v4.2.0+b", "v4.2.0+a"], ["v4.2.0+a", "v4.2.0+b"]] {
      let tags = names.map { SourceTag(name: $0, commit: nil) }
      #expect(try choose("v4", installed: nil, from: tags).newest?.tag.text == "v4.2.0+a")
    }
  }
}
