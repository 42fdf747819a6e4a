import Foundation
import Release
import SystemPackage
import TestSupport
import Testing

@testable import Catalogue
@testable import Inventory

/// What the makers wrote of their releases: at GitHub, page by page, else in the changelog of a fetched archive.
@Suite struct NotesTests {
  private static let changelog = """
    # Changelog

    ## [4.3.0] - 2026-11-01
    - from the changelog

    ## 4.2.0
    - older

    ## 4.1.1
    - patched
    """

  private func set(
    _ double: GitHubDouble, _ bodies: [(String, String?)], perPage: Int = 100, status: Int? = nil
  )
    async throws
  {
    struct Release: Encodable {
      var tag: String
      var body: String?
      var created: String
    }
    struct Switches: Encodable {
      var releases: [Release]
      var perPageMax: Int
      var apiStatus: Int?
    }
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let releases = bodies.enumerated().map { index, release in
      Release(tag: release.0, body: release.1, created: "2026-01-0\(9 - index)T00:00:00Z")
    }
    let json = try encoder.encode(Switches(releases: releases, perPageMax: perPage, apiStatus: status))
    try await double.set(String(decoding: json, as: UTF8.self))
  }

  private static let five = [
    ("v4.2.0", "e"), ("v4.1.1", "d"), ("v4.1.0", nil), ("v4.0.27", "b"), ("v4.0.26", "a"),
  ]

  private func pages(_ double: GitHubDouble) async throws -> Int {
    try await double.requests().count { $0.path.contains("/releases?") }
  }

  @Test func `pages are asked for until all releases were seen, and not by who may not ask`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    // The tags are asked for as well, two at once: they are not what is counted.
    try await set(double, Self.five, perPage: 2)
    let first = await desk.catalogue().notes(of: ["v4.2.0", "v4.1.1"], from: double.source())
    #expect(first == FoundNotes(texts: ["v4.2.0": "e", "v4.1.1": "d"]))
    #expect(try await pages(double) == 1)
    let kept = await desk.catalogue().notes(of: ["v4.2.0", "v4.0.27"], from: double.source(), asks: false)
    #expect(kept == FoundNotes(texts: ["v4.2.0": "e"]))
    #expect(try await pages(double) == 2)
    let second = await desk.catalogue().notes(of: ["v4.2.0", "v4.0.27"], from: double.source())
    #expect(second == FoundNotes(texts: ["v4.2.0": "e", "v4.0.27": "b"]))
    #expect(try await pages(double) == 4)
    let all = await desk.catalogue().notes(of: Self.five.map(\.0), from: double.source())
    #expect(all.texts == ["v4.2.0": "e", "v4.1.1": "d", "v4.0.27": "b", "v4.0.26": "a"])
    // A page that was read stays; and it is known that one has no notes.
    let offline = await desk.catalogue().notes(of: Self.five.map(\.0), from: double.source(), asks: false)
    #expect(offline == all)
    let last = try await double.requests().last { $0.path.contains("/releases?") }
    #expect(last?.path.hasSuffix("page=1") == true && last?.status == 304)
  }

  @Test func `nobody pages through what is older than all that is wanted`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await set(double, Self.five, perPage: 2)
    // It is there, without a text.
    #expect(await desk.catalogue().notes(of: ["v4.1.0"], from: double.source()) == FoundNotes())
    #expect(try await pages(double) == 2)
    // It is not there, and the second page has older ones alone.
    #expect(await desk.catalogue().notes(of: ["v4.1.2"], from: double.source()) == FoundNotes())
    #expect(try await pages(double) == 4)
  }

  @Test func `a source that fails is told, and what was kept of it stands`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await set(double, Self.five, perPage: 2)
    _ = await desk.catalogue().notes(of: ["v4.0.27"], from: double.source())
    try await set(double, Self.five, perPage: 2, status: 500)
    let found = await desk.catalogue().notes(of: ["v4.2.0", "v4.0.27", "v4.0.26"], from: double.source())
    #expect(found.texts == ["v4.2.0": "e", "v4.0.27": "b"])
    #expect(found.troubles.count == 1 && found.troubles[0].contains("500"))
    double.stop()
    let away = await desk.catalogue().notes(of: ["v4.2.0", "v4.0.26"], from: double.source())
    #expect(away.texts == ["v4.2.0": "e"] && away.troubles.count == 1)
    let quiet = await desk.catalogue().notes(of: ["v4.2.0"], from: double.source(), asks: false)
    #expect(quiet == FoundNotes(texts: ["v4.2.0": "e"]))
  }

  @Test func `what GitHub has no text for is read in the changelog of the newest fetched release`()
    async throws
  {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.tag("v4.3.0", on: "v4.2.0", with: "docs/NEWS.md", saying: Self.changelog)
    try await set(double, Self.five)
    let wanted = ["v4.3.0", "v4.2.0", "v4.1.1", "v4.1.0"]
    let before = await desk.catalogue().notes(of: wanted, from: double.source(), file: "docs/NEWS.md")
    #expect(before.texts == ["v4.2.0": "e", "v4.1.1": "d"])
    #expect(
      before.troubles == ["docs/NEWS.md of v4.3.0 is not in the cache: fleet fetch --to v4.3.0 brings it"])
    _ = try await desk.catalogue().fetch("v4.2.0", of: double.source())
    let older = await desk.catalogue().notes(of: wanted, from: double.source(), file: "docs/NEWS.md")
    #expect(older.troubles == ["v4.2.0 has no file docs/NEWS.md"])
    _ = try await desk.catalogue().fetch("v4.3.0", of: double.source())
    let after = await desk.catalogue().notes(
      of: wanted, from: double.source(), file: "docs/NEWS.md", asks: false)
    #expect(after == FoundNotes(texts: ["v4.3.0": "- from the changelog", "v4.2.0": "e", "v4.1.1": "d"]))
    // Nobody fetches an archive for it where nothing is missing.
    let whole = await desk.catalogue().notes(of: ["v4.2.0"], from: double.source(), file: "docs/NEWS.md")
    #expect(whole == FoundNotes(texts: ["v4.2.0": "e"]))
  }

  @Test func `an older changelog is read as what it is, and one that is damaged is not`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.tag("v4.3.0", on: "v4.2.0", with: "CHANGELOG.md", saying: Self.changelog)
    try await double.tag(
      "v4.4.0", on: "v4.2.0", with: "CHANGELOG.md", saying: "## 4.4.0\nnew\n\(Self.changelog)")
    _ = try await desk.catalogue().fetch("v4.3.0", of: double.source())
    let wanted = ["v4.4.0", "v4.3.0", "v4.1.1"]
    let found = await desk.catalogue().notes(of: wanted, from: double.source(), file: "CHANGELOG.md")
    #expect(found.texts == ["v4.3.0": "- from the changelog", "v4.1.1": "- patched"])
    #expect(
      found.troubles == [
        "CHANGELOG.md was read as v4.3.0 has it: fleet fetch --to v4.4.0 brings that of v4.4.0"
      ])
    let bounded = await desk.catalogue { $0.maxChangelogBytes = 60 }
      .notes(of: wanted, from: double.source(), file: "CHANGELOG.md")
    #expect(bounded.texts.keys.sorted() == ["v4.3.0"])
    try desk.damage(try #require(desk.cached("archive").first))
    let damaged = await desk.catalogue().notes(of: wanted, from: double.source(), file: "CHANGELOG.md")
    #expect(damaged.texts.isEmpty && damaged.troubles.first?.contains("is not in the cache") == true)
  }

  @Test func `a directory of archives has notes in their changelogs alone, and none where it is away`()
    async throws
  {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.tag("v4.3.0", on: "v4.2.0", with: "CHANGELOG.md", saying: Self.changelog)
    let folder = desk.scratch / "archives"
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
    try await GrowroomReleases.archive(
      double.repository, "v4.3.0", format: "tar.gz", to: folder.appending("v4.3.0.tar.gz"))
    let source = ReleaseSource.directory(folder)
    let before = await desk.catalogue().notes(of: ["v4.3.0"], from: source, file: "CHANGELOG.md")
    #expect(before.texts.isEmpty && before.troubles.count == 1)
    _ = try await desk.catalogue().fetch("v4.3.0", of: source, verify: .none)
    try FileManager.default.removeItem(atPath: folder.string)
    let away = await desk.catalogue().notes(of: ["v4.3.0", "v4.2.0"], from: source, file: "CHANGELOG.md")
    #expect(away == FoundNotes(texts: ["v4.3.0": "- from the changelog", "v4.2.0": "- older"]))
  }
}
