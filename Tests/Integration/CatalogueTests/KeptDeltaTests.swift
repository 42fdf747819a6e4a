import Archive
import Delta
import Files
import Foundation
import Release
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Catalogue
@testable import Inventory
@testable import Coordinator

/// What a host with one release lacks of another, as the coordinator makes it.
@Suite struct KeptDeltaTests {
  private let shelf: Shelf
  private let old: FetchedRelease
  private let new: FetchedRelease

  init() async throws {
    shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0", "v4.2.0.tar.gz": "v4.2.0"])
    old = try await Self.fetch("v4.1.0", shelf)
    new = try await Self.fetch("v4.2.0", shelf)
  }

  private static func fetch(_ tag: String, _ shelf: Shelf) async throws -> FetchedRelease {
    try await shelf.desk.catalogue().fetch(tag, of: shelf.source, verify: .none, accept: false)
  }

  private func delta(
    from tag: String = "v4.1.0", to release: FetchedRelease? = nil, on desk: Desk? = nil
  ) async -> DeltaFile? {
    guard let tag = TagName(tag) else { return nil }
    return await (desk ?? shelf.desk).catalogue().delta(
      from: tag, to: release ?? new, of: shelf.source, verify: .none)
  }

  private var folder: FilePath { new.file.removingLastComponent() }

  private func names(_ part: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.string).filter { $0.hasPrefix(part) }.sorted()
  }

  /// What a host that has the old release makes of it.
  private func made(of delta: DeltaFile) throws -> [UInt8] {
    let tree = shelf.desk.scratch / "tree"
    try FileManager.default.createDirectory(atPath: tree.string, withIntermediateDirectories: false)
    let manifest = try ArchiveJudge.inspect(old.file)
    try ArchiveExtractor.extract(old.file, into: tree, manifest: manifest)
    let listing = ReleaseListing(
      files: manifest.entries.compactMap { entry in
        entry.blob.map { ReleaseListing.File(path: entry.path, blob: $0.description) }
      })
    let reference = try OpenFile.open(shelf.desk.scratch / "reference", .readWrite, options: [.create])
    var dictionary = DeltaReference(listing, of: try Directory.open(tree), shape: delta.shape)
    try dictionary.write(to: reference)
    let output = try OpenFile.open(shelf.desk.scratch / "content", .readWrite, options: [.create])
    try DeltaFrame.open(
      [UInt8](Data(contentsOf: URL(filePath: delta.file.string))), over: MappedFile.reading(reference),
      into: MappedFile.writing(output, sizeBytes: delta.content.size), sha256: delta.content.sha256)
    return try [UInt8](Data(contentsOf: URL(filePath: (shelf.desk.scratch / "content").string)))
  }

  @Test func `the tar of the release comes out of it`() async throws {
    let delta = try #require(await delta())
    let tar = shelf.desk.scratch / "new.tar"
    try await GrowroomReleases.archive(shelf.repository, "v4.2.0", format: "tar", to: tar)
    #expect(try made(of: delta) == [UInt8](Data(contentsOf: URL(filePath: tar.string))))
    #expect(delta.shape.topDirectory == "growroom")
    #expect(delta.artifact.size * 3 < new.name.size)
    #expect(try FileDigest.of(delta.file).description == delta.artifact.sha256)
    #expect(try names("delta-").count == 2, "the delta and what is known of it")
  }

  @Test func `it is made once, also by many at once`() async throws {
    let first = try #require(await delta())
    let time = try FileStatus.of(first.file).modified
    let all = await withTaskGroup(of: DeltaFile?.self) { group in
      for _ in 0..<6 { group.addTask { await delta() } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(all.allSatisfy { $0 == first })
    #expect(try FileStatus.of(first.file).modified == time)
  }

  @Test(arguments: ["delta", "facts"])
  func `one that a failing disk changed is made anew`(what: String) async throws {
    let first = try #require(await delta())
    let name = try #require(try names("delta-").first { $0.hasSuffix(what == "delta" ? ".zst" : ".json") })
    let file = URL(filePath: folder.appending(name).string)
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: file)
    #expect(await delta() == first)
  }

  @Test func `where the installed release is not at hand nobody is asked for it`() async throws {
    #expect(await delta(from: "v4.0.26") == nil)
    #expect(await delta(on: try Desk()) == nil)
  }

  @Test func `of a release that shares nothing none is made, and none is tried again`() async throws {
    let random = shelf.desk.scratch / "random"
    try await tool(
      "/bin/sh",
      [
        "-c",
        """
        mkdir -p \(random)/app && head -c 200000 /dev/urandom >\(random)/app/file &&
        tar -C \(random) -czf \(shelf.directory)/v4.3.0.tar.gz app
        """,
      ])
    let release = try await Self.fetch("v4.3.0", shelf)
    for _ in 0..<2 { #expect(await delta(to: release) == nil) }
    let left = try FileManager.default.contentsOfDirectory(
      atPath: release.file.removingLastComponent().string)
    #expect(left.filter { $0.hasPrefix("delta-") }.count == 1, "\(left)")
  }

  @Test func `a zip has no tar`() async throws {
    try await shelf.put("v4.2.1.zip", "v4.2.0")
    let release = try await Self.fetch("v4.2.1", shelf)
    #expect(await delta(to: release) == nil)
    let left = try FileManager.default.contentsOfDirectory(
      atPath: release.file.removingLastComponent().string)
    #expect(left.filter { $0.hasPrefix("delta-") }.count == 1, "that it cannot be is kept: \(left)")
  }

  @Test func `what a fleet that was ended has left goes`() async throws {
    let left = folder.appending("delta-of-another.work")
    try await tool("/bin/sh", ["-c", "mkdir '\(left)' && echo x >'\(left)/content'"])
    #expect(await delta() != nil)
    #expect(try names("delta-").allSatisfy { !$0.hasSuffix(".work") })
  }
}
