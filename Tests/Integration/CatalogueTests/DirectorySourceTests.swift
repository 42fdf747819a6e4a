import Foundation
import Release
import SystemPackage
import Testing
import Wire

@testable import Catalogue
@testable import Inventory
@testable import Coordinator

@Suite struct DirectorySourceTests {
  @Test(arguments: ["growroom-v4.1.0.tar.gz", "v4.1.0.tar.gz", "Growroom-v4.1.0.zip", "v4.1.0.zip"])
  func `an archive in a directory is a release`(name: String) async throws {
    let shelf = try await Shelf.make([name: "v4.1.0"])
    #expect(try await shelf.desk.catalogue().entries(of: shelf.source).map(\.tag) == ["v4.1.0"])
    let release = try await shelf.fetch()
    #expect(release.name.tag == "v4.1.0" && release.name.version == "4.1.0")
    #expect(release.file != shelf.directory.appending(name))
  }

  @Test func `archives that are no versions are counted, and two spellings of one version are no choice`()
    async throws
  {
    let shelf = try await Shelf.make([
      "v4.1.zip": "v4.1.0", "4.1.0.tar.gz": "v4.1.0", "latest.zip": "v4.1.0", "4.2-1.zip": "v4.2.0",
      "4.2-1~bpo12.zip": "v4.2.0",
    ])
    let list = try await shelf.desk.catalogue().list(of: shelf.source)
    #expect(list.entries.map(\.tag) == ["v4.1", "4.1.0", "4.2-1"])
    #expect(list.passedOver.examples == ["4.2-1~bpo12.zip", "latest.zip"])
    #expect(Candidate.all(in: list.entries.map(\.sourceTag)).map(\.isAmbiguous) == [true, false])
  }

  @Test func `nothing is claimed that nobody could prove`() async throws {
    let shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0"])
    let release = try await shelf.fetch()
    #expect(release.verified == [])
    #expect(release.name.commit == nil && release.name.tree == nil)
    let lock = try #require(shelf.desk.lockText)
    #expect(lock.contains("\"sha256\" : \"\(release.name.sha256)\""))
    #expect(
      try await shelf.desk.catalogue().entries(of: shelf.source) == [
        CatalogueEntry(SourceTag(name: "v4.1.0", commit: nil), fetched: true)
      ])
  }

  @Test(arguments: [["commit", "tree"], ["tree"], ["sha256"], ["minisign"]])
  func `what cannot be proved there is refused with what to write`(require: [String]) async throws {
    let shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0"])
    let policy = VerifyPolicy(require: Set(require), minisignKeys: [])
    let text = await refusal(.unverified) {
      try await shelf.desk.catalogue().fetch("v4.1.0", of: shelf.source, verify: policy)
    }
    #expect(text.contains(require.joined(separator: ", ")) && text.contains("verify: { require: [] }"))
  }

  @Test func `another archive under the same name is refused until it is accepted`() async throws {
    let shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0"])
    let first = try await shelf.fetch()
    try await shelf.put("v4.1.0.tar.gz", "v4.2.0")
    let text = await refusal(.changed) { try await shelf.fetch() }
    #expect(text.contains(first.name.sha256) && text.contains("fleet fetch --accept 4.1.0"))
    let accepted = try await shelf.fetch(accept: true)
    #expect(accepted.name.sha256 != first.name.sha256)
    #expect(try await shelf.fetch() == accepted)
  }

  @Test func `what is pushed stays what was verified`() async throws {
    let shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0"])
    let release = try await shelf.fetch()
    try await shelf.put("v4.1.0.tar.gz", "v4.2.0")
    let sum = try await tool("/usr/bin/sha256sum", [release.file.string]).prefix(64)
    #expect(String(sum) == release.name.sha256)
  }

  @Test func `a directory that is away leaves what is in the cache`() async throws {
    let shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0"])
    let release = try await shelf.fetch()
    try FileManager.default.removeItem(atPath: shelf.directory.string)
    #expect(try await shelf.fetch() == release)
    _ = await refusal(.source) {
      try await shelf.desk.catalogue().entries(of: shelf.source)
    }
  }

  @Test func `a release that is there twice is ambiguous`() async throws {
    let shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0", "v4.1.0.zip": "v4.1.0"])
    #expect(try await shelf.desk.catalogue().entries(of: shelf.source).map(\.tag) == ["v4.1.0"])
    let text = await refusal(.source) { try await shelf.fetch() }
    #expect(text.contains("more than once: v4.1.0.tar.gz, v4.1.0.zip"))
  }

  @Test func `what is no archive is refused`() async throws {
    let shelf = try await Shelf.make([:])
    try "no archive".write(
      toFile: shelf.directory.appending("v4.1.0.tar.gz").string, atomically: false, encoding: .utf8)
    _ = await refusal(.unverified) { try await shelf.fetch() }
    #expect(shelf.desk.lockText == nil && shelf.desk.cached("archive.part") == [])
  }

  @Test func `an archive over the limit is not taken`() async throws {
    let shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0"])
    let text = await refusal(.source) {
      try await shelf.desk.catalogue { $0.maxArchiveBytes = 1000 }
        .fetch("v4.1.0", of: shelf.source, verify: .none)
    }
    #expect(text.contains("larger than 1000 bytes"))
  }

  @Test func `a directory with too many names is not read`() async throws {
    let shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0", "v4.2.0.tar.gz": "v4.2.0"])
    let text = await refusal(.source) {
      try await shelf.desk.catalogue { $0.maxDirectoryEntries = 1 }.entries(of: shelf.source)
    }
    #expect(text.contains("more than 1 entries"))
  }

  @Test(arguments: [
    ("v4.2.0.tar.gz", "v4.2.0"), ("4.2.0.zip", "4.2.0"), ("growroom-4.2.0.tar.zst", "4.2.0"),
    ("growroom-v4.2.0.tgz", "v4.2.0"),
    ("GrowRoom-exp-v4.9.0.tar.xz", "exp-v4.9.0"), ("exp-v4.9.0.tar.gz", "exp-v4.9.0"),
    ("other-v1.0.0.tar.gz", "other-v1.0.0"), ("growroom-v4.2.0.tar", nil), ("growroom.tar.gz", nil),
    ("v4.2.0.tar.gz.part", nil), ("latest.zip", nil), (".tar.gz", nil), ("growroom-.zip", nil),
  ])
  func `the name of an archive names its tag`(name: String, tag: String?) {
    #expect(ArchiveFileName(name, app: "growroom")?.tag.text == tag)
  }
}

/// A directory of archives.
struct Shelf {
  let desk: Desk
  let repository: FilePath
  let directory: FilePath

  static func make(_ archives: [String: String]) async throws -> Shelf {
    let desk = try Desk()
    let directory = desk.scratch / "archives"
    try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: false)
    let shelf = Shelf(
      desk: desk, repository: try await GrowroomReleases.repository(in: desk.scratch), directory: directory)
    for (name, tag) in archives { try await shelf.put(name, tag) }
    return shelf
  }

  var source: ReleaseSource { .directory(directory) }

  func put(_ name: String, _ tag: String) async throws {
    let format = name.hasSuffix(".zip") ? "zip" : "tar.gz"
    try await GrowroomReleases.archive(repository, tag, format: format, to: directory.appending(name))
  }

  func fetch(accept: Bool = false) async throws(CatalogueError) -> FetchedRelease {
    try await desk.catalogue().fetch("v4.1.0", of: source, verify: .none, accept: accept)
  }
}
