import Foundation
import Release
import TestSupport
import Testing
import Wire

@testable import Catalogue
@testable import Coordinator

/// What GitHub says of tags beside listing them.
@Suite struct GitHubReleasesTests {
  private static let visible = ["v4.0.26", "v4.0.27", "v4.1.0", "v4.1.1", "v4.2.0"]

  private struct Release: Encodable {
    var tag: String
    var draft = false
    var prerelease = false
    var body: String?
    var created = "2026-01-01T00:00:00Z"
  }

  private func set(_ double: GitHubDouble, _ releases: [Release], perPage: Int = 100) async throws {
    struct Switches: Encodable {
      var releases: [Release]
      var visible = GitHubReleasesTests.visible
      var perPageMax: Int
    }
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let json = try encoder.encode(Switches(releases: releases, perPageMax: perPage))
    try await double.set(String(decoding: json, as: UTF8.self))
  }

  private func standings(_ desk: Desk, _ double: GitHubDouble) async throws -> [String: TagStanding] {
    let entries = try await desk.catalogue().entries(of: double.source())
    return Dictionary(uniqueKeysWithValues: entries.map { ($0.tag, $0.sourceTag.standing) }).filter {
      $0.value != .released
    }
  }

  @Test func `a repository without releases is what it was`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await set(double, [])
    #expect(try await standings(desk, double).isEmpty)
  }

  @Test func `drafts and pre-releases are told from releases, and notes are kept`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await set(
      double,
      [
        Release(tag: "v4.2.0", draft: true, body: "secret"),
        Release(tag: "v4.1.1", prerelease: true, body: "try"),
        Release(tag: "v4.1.0", draft: true), Release(tag: "v4.1.0", body: "it is out"),
        Release(tag: "not-a-tag"),
      ])
    #expect(try await standings(desk, double) == ["v4.2.0": .draft, "v4.1.1": .prerelease])
    let found = await desk.catalogue().notes(of: Self.visible, from: double.source(), asks: false)
    #expect(found.texts == ["v4.1.0": "it is out", "v4.1.1": "try"] && found.troubles.isEmpty)
  }

  @Test func `one that is deleted while its tag stays is pulled, until it is there again`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let both = [Release(tag: "v4.2.0"), Release(tag: "v4.1.0")]
    try await set(double, both)
    #expect(try await standings(desk, double).isEmpty)
    for left in [[both[1]], [], [both[1]]] {
      try await set(double, left)
      #expect(try await standings(desk, double)["v4.2.0"] == .pulled)
    }
    try await set(double, both)
    #expect(try await standings(desk, double).isEmpty)
  }

  @Test func `a tag without a release among those that have theirs is told`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await set(double, Self.visible.dropLast().map { Release(tag: $0) })
    #expect(try await standings(desk, double) == ["v4.2.0": .unpublished])
    // A custom of some only is none.
    let other = try Desk()
    try await set(double, Self.visible.prefix(3).map { Release(tag: $0) })
    #expect(try await standings(other, double).isEmpty)
  }

  @Test func `what falls off the page of the newest is not gone`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let releases = Self.visible.reversed().enumerated().map { index, tag in
      Release(tag: tag, created: "2026-01-0\(9 - index)T00:00:00Z")
    }
    try await set(double, Array(releases.dropFirst(2)), perPage: 2)
    #expect(try await standings(desk, double).isEmpty)
    try await set(double, releases, perPage: 2)
    #expect(try await standings(desk, double).isEmpty)
    // This one would be on the page.
    try await set(double, Array(releases.dropFirst()), perPage: 2)
    #expect(try await standings(desk, double) == ["v4.2.0": .pulled])
  }

  @Test func `one request more is made, and costs nothing where nothing changed`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await set(double, [Release(tag: "v4.2.0", prerelease: true)])
    for _ in 0..<2 { #expect(try await standings(desk, double) == ["v4.2.0": .prerelease]) }
    let requests = try await double.requests()
    #expect(requests.map(\.status) == [200, 200, 304, 304])
    #expect(requests.count { $0.path.contains("/releases?") } == 2)
  }

  @Test func `of long notes the beginning is kept, and no sign is cut in two`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await set(double, [Release(tag: "v4.2.0", body: String(repeating: "äb", count: 40_000))])
    let catalogue = desk.catalogue { $0.maxNotesBytes = 100 }
    let found = await catalogue.notes(of: ["v4.2.0"], from: double.source())
    #expect(found.texts["v4.2.0"] == String(repeating: "äb", count: 33))
  }

  @Test(arguments: [500, 403])
  func `where the releases cannot be had, nothing is offered in their stead`(status: Int) async throws {
    let desk = try Desk()
    let server = try await CannedServer.start([
      TagListTests.firstPage: .init(body: "[]"),
      "/repos/growers/growroom/releases?per_page=100&page=1": .init(status: status, body: "{}"),
    ])
    let text = await refusal(.source) { try await desk.catalogue().entries(of: server.source) }
    #expect(text.hasPrefix("127.0.0.1 "))
  }

  @Test(arguments: ["app/v", "app-v", "pkg@", "V"])
  func `versions behind a prefix are found, fetched and verified`(prefix: String) async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.tag(["\(prefix)4.1.0": "v4.1.0", "\(prefix)4.2": "v4.2.0"])
    try await double.set(
      #"{"releases": [{"tag": "\#(prefix)4.2", "prerelease": true, "body": "x"}, {"tag": "v4.1.0", "draft": true}]}"#
    )
    let list = try await desk.catalogue().list(of: double.source(prefix: prefix))
    #expect(list.entries.map(\.tag) == ["4.1.0", "4.2"])
    #expect(list.entries.map(\.sourceTag.standing) == [.released, .prerelease])
    #expect(list.passedOver.count == 13)
    let release = try await desk.catalogue().fetch("4.2", of: double.source(prefix: prefix))
    #expect(release.name.tag == "4.2" && release.name.version == "4.2")
    #expect(release.verified == ["commit", "tree"])
    #expect(desk.lockText?.contains("\"tag\" : \"4.2\"") == true)
  }

  @Test func `tags of all forms are listed in order, those that are none are counted`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.tag([
      "v4.10": "v4.2.0", "v2026.08.1": "v4.2.0", "v2026.10.0": "v4.2.0", "v4.1.0.1": "v4.2.0",
      "v4.1.0-1": "v4.2.0",
    ])
    let list = try await desk.catalogue().list(of: double.source())
    #expect(
      list.entries.map(\.tag) == [
        "v4.0.26", "v4.0.27", "v4.1.0", "v4.1.0-1", "v4.1.0.1", "v4.1.1", "v4.1.2", "v4.1.3", "v4.2.0",
        "exp-v4.9.0",
        "v4.10", "v5.0.0", "v2026.08.1", "v2026.10.0",
      ])
    // v4.1 moves along its series, and stands where v4.1.3 does.
    #expect(list.passedOver == PassedOver(["latest", "v4", "release-notes"], series: ["v4.1"]))
  }

  @Test func `what the demonstration lets out first leaves no choice open`() async throws {
    let run = try String(contentsOf: Repository.file("demo/run"), encoding: .utf8)
    let early = try #require(run.split(separator: "\n").first { $0.hasPrefix("early=(") })
    let names = early.dropFirst("early=(".count).prefix { $0 != ")" }.split(separator: " ").map {
      $0.filter { $0 != "'" }
    }
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"visible": \#(names)}"#)
    let tags = try await desk.catalogue().entries(of: double.source()).map(\.sourceTag)
    #expect(tags.contains { $0.name == "v4.1.0" })
    #expect(Candidate.all(in: tags).allSatisfy { $0.twins.isEmpty })
  }

  @Test func `two spellings of one version are both listed`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.tag(["4.2.0": "v4.1.0", "v5.0": "v5.0.0"])
    let tags = try await desk.catalogue().entries(of: double.source()).map(\.sourceTag)
    let twins = Candidate.all(in: tags).filter { !$0.twins.isEmpty }
    #expect(twins.map(\.tag.text) == ["v4.2.0", "v5.0"])
    #expect(twins.map(\.isAmbiguous) == [true, false])
  }
}
