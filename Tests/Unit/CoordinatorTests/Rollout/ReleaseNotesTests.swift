import CoordinatorSupport
import Foundation
import Release
import Testing
import Wire

@testable import Driver
@testable import Inventory
@testable import Rollout

@Suite struct ReleaseNotesTests {
  private func leg(_ tag: String, from installed: [String?]) throws -> PlanLeg {
    let tag = try #require(TagName(tag))
    return PlanLeg(
      tag: tag, track: Track(majorOf: tag.version, channel: tag.channel), source: TestFleet.profile.source,
      verify: TestFleet.profile.verify,
      entries: installed.enumerated().map {
        PlanEntry(host: TestFleet.host("host-\($0)"), verdict: .goes(from: $1), profile: TestFleet.profile)
      }, newer: [])
  }

  private func crossed(_ tag: String, from installed: [String?], _ tags: [SourceTag]) throws -> [String] {
    let leg = try leg(tag, from: installed)
    return leg.crossed(by: leg.entries, among: tags).map(\.tag.text)
  }

  private static let tags = [
    "v4.0.26", "v4.1.0", "4.1.0", "v4.1.16", "v4.2.0-rc1", "v4.2.0", "v4.3.0", "v5.0.0", "exp-v4.1.5",
    "exp-v4.9.0",
  ].map { SourceTag(name: $0, commit: nil) }

  @Test
  func `what is crossed lies between the oldest install and the release, on its channel, the newest first`()
    throws
  {
    #expect(try crossed("v4.2.0", from: ["4.1.0", "4.0.26"], Self.tags) == ["v4.2.0", "v4.1.16", "v4.1.0"])
    #expect(try crossed("v4.2.0", from: ["4.1.16"], Self.tags) == ["v4.2.0"])
    #expect(try crossed("v5.0.0", from: ["4.2.0"], Self.tags) == ["v5.0.0", "v4.3.0"])
    #expect(try crossed("exp-v4.9.0", from: ["4.1.0"], Self.tags) == ["exp-v4.9.0", "exp-v4.1.5"])
    #expect(try crossed("v4.2.0-rc1", from: ["4.1.0"], Self.tags) == ["v4.2.0-rc1", "v4.1.16"])
    // The install may lie between two tags.
    #expect(try crossed("v4.2.0", from: ["4.1.2", nil, "what"], Self.tags) == ["v4.2.0", "v4.1.16"])
  }

  @Test func `back, or from what nobody can order, nothing is crossed`() throws {
    for installed in [["4.3.0"], ["4.2.0"], ["nightly"], [nil], []] as [[String?]] {
      #expect(try crossed("v4.2.0", from: installed, Self.tags).isEmpty)
    }
  }

  @Test func `releases that are not offered are left out, but for the one that was asked for`() throws {
    var tags = Self.tags.filter { $0.name != "v4.1.16" && $0.name != "v4.2.0" }
    tags.append(SourceTag(name: "v4.1.16", commit: nil, standing: .pulled))
    tags.append(SourceTag(name: "v4.2.0", commit: nil, standing: .prerelease))
    #expect(try crossed("v4.2.0", from: ["4.1.0"], tags) == ["v4.2.0"])
  }

  private func notes(_ texts: [String: String], _ tags: [SourceTag] = tags) throws -> ReleaseNotes {
    let leg = try leg("v4.3.0", from: ["4.0.0"])
    return ReleaseNotes(of: leg.crossed(by: leg.entries, among: tags), texts: texts)
  }

  @Test func `any tag of a version has its notes, and what has none is missing`() throws {
    let notes = try notes(["4.1.0": "a", "v4.3.0": " \r\n\t", "v4.2.0": "b"])
    #expect(notes.releases.map(\.text) == [nil, "b", nil, "a", nil])
    #expect(notes.missing == ["4.3.0", "4.1.16", "4.0.26"] && notes.leftOut == 0)
  }

  @Test func `foreign text is bounded and visible, and its lines end as ours`() throws {
    let evil = "one\r\n\r\ntwo\u{1B}[2J\u{202E}\u{200B}\u{7}\t<b>&\rthree"
    #expect(
      try notes(["v4.3.0": evil]).releases[0].lines == [
        "one", "two\\u{1b}[2J\\u{202e}\\u{200b}\\u{7}\t<b>&\\u{d}three",
      ])
    let long = try notes(["v4.3.0": String(repeating: "e\u{301}", count: 5_000)]).releases[0].text
    #expect(long?.unicodeScalars.count == RolloutLimits.noteCharacters + 1 && long?.hasSuffix("…") == true)
    let many =
      (0..<50).map { SourceTag(name: "v4.2.\($0)", commit: nil) } + [SourceTag(name: "v4.3.0", commit: nil)]
    let bounded = try notes([:], many)
    #expect(bounded.releases.count == RolloutLimits.notedReleases && bounded.releases[1].version == "4.2.49")
    #expect(bounded.leftOut == 31)
  }

  @Test func `a log that somebody wrote into is bounded as well`() throws {
    var header = SampleRecord.header(["veg"])
    header.notes = try notes(["v4.3.0": "pumps\nvalves"])
    let line = try EventLine(header).encoded()
    #expect(try EventLine(decoding: line).header?.notes == header.notes)
    let said = String(decoding: line, as: UTF8.self)
    let changed = said.replacing("pumps", with: "\\u001b[2J").replacing(
      #""left_out":0"#, with: #""left_out":-1"#)
    let read = try EventLine(decoding: Array(changed.utf8)).header?.notes
    #expect(read?.releases.first?.text == "\\u{1b}[2J\nvalves" && read?.leftOut == 0)
    let many = (0..<100).map { #"{"version":"\#($0)","tag":"v\#($0)","text":null}"# }.joined(separator: ",")
    let notes = try JSONDecoder().decode(
      ReleaseNotes.self, from: Data(#"{"releases":[\#(many)],"leftOut":1}"#.utf8))
    #expect(notes.releases.count == RolloutLimits.notedReleases)
  }
}
