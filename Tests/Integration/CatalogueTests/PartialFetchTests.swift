import Foundation
import Release
import SystemPackage
import Testing
import Wire

@testable import Catalogue
@testable import Coordinator

/// Downloads that go on where an earlier one was cut.
@Suite struct PartialFetchTests {
  @Test func `what is there is not fetched again`() async throws {
    let scene = try await Scene.make(rangeOnly: true)
    try scene.leavePart(scene.archive.prefix(5000))
    let release = try await scene.desk.catalogue().fetch("v4.1.0", of: scene.server.source)
    #expect(release.verified == ["commit", "tree"])
    #expect(release.name.size == Int64(scene.archive.count))
  }

  @Test func `halves that do not belong together are fetched anew`() async throws {
    let scene = try await Scene.make(rangeOnly: false)
    try scene.leavePart(Data(repeating: 0, count: 5000))
    let release = try await scene.desk.catalogue().fetch("v4.1.0", of: scene.server.source)
    #expect(release.verified == ["commit", "tree"])
    #expect(release.name.size == Int64(scene.archive.count))
  }

  /// A server that knows ranges, and a cache in which a part lies.
  struct Scene {
    let desk: Desk
    let archive: Data
    let commit: String
    let server: CannedServer

    static func make(rangeOnly: Bool) async throws -> Scene {
      let desk = try Desk()
      let repository = try await GrowroomReleases.repository(in: desk.scratch)
      let file = desk.scratch / "v4.1.0.tar.gz"
      try await GrowroomReleases.archive(repository, "v4.1.0", format: "tar.gz", to: file)
      let (commit, tree) = try await GrowroomReleases.ids(repository, "v4.1.0")
      var answers = Canned.answers(commit: commit, tree: tree, archive: "@/archive")
      answers["/archive"] = .init(
        headers: ["ETag": "\"one\""], file: file.string, rangeOnly: rangeOnly)
      return Scene(
        desk: desk, archive: try Data(contentsOf: URL(fileURLWithPath: file.string)), commit: commit,
        server: try await CannedServer.start(answers))
    }

    func leavePart(_ bytes: Data) throws {
      let tag = try #require(TagName("v4.1.0"))
      let cache = ReleaseCache(root: desk.cache, limits: CatalogueLimits())
      let entry = cache.entry(tag, standingFor: commit, of: server.source)
      try FileManager.default.createDirectory(
        atPath: entry.folder.string, withIntermediateDirectories: true)
      try bytes.write(to: URL(fileURLWithPath: entry.part.string))
      try "\"one\"\nhttp://127.0.0.1:\(server.port)/archive\n".write(
        toFile: entry.part.string + ".etag", atomically: false, encoding: .utf8)
    }
  }
}
