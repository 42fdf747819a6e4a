import Foundation
import Release
import SystemPackage
import Testing
import Wire

@testable import Catalogue
@testable import Coordinator
@testable import Inventory

/// Releases of a Python package index.
@Suite struct PackageIndexSourceTests {
  private struct Shop {
    let server: CannedServer
    var source: ReleaseSource { .pypi(project: "Grow_Room", index: "http://127.0.0.1:\(server.port)/simple") }
  }

  private static let digested = VerifyPolicy(require: ["sha256"])

  /// - Parameter files: entries of the index; `#` is the digest of growroom's v4.1.0, and `%` its size.
  private func shop(
    _ desk: Desk, _ files: [String], body: String? = nil, meta: String = "1.1", status: Int = 200
  ) async throws -> Shop {
    let repository =
      FileManager.default.fileExists(atPath: (desk.scratch / "repository").string)
      ? desk.scratch / "repository" : try await GrowroomReleases.repository(in: desk.scratch)
    let file = desk.scratch / "growroom.tar.gz"
    try await GrowroomReleases.archive(repository, "v4.1.0", format: "tar.gz", to: file)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file.string))
    let entries = files.joined(separator: ",")
      .replacing("#", with: SHA256Digest(of: Array(bytes)).description).replacing("%", with: "\(bytes.count)")
    let index = #"{"meta": {"api-version": "\#(meta)"}, "name": "grow-room", "files": [\#(entries)]}"#
    return Shop(
      server: try await CannedServer.start([
        "/simple/grow-room/": .init(status: status, body: body ?? index),
        "/files/growroom.tar.gz": .init(file: file.string),
      ]))
  }

  private static func file(
    _ name: String, url: String = "../../files/growroom.tar.gz", digest: String = "#", more: String = ""
  ) -> String {
    #"{"filename": "\#(name)", "url": "\#(url)", "hashes": {"sha256": "\#(digest)"}\#(more)}"#
  }

  @Test func `versions are listed with what is said of them, and a source distribution is the archive`()
    async throws
  {
    let desk = try Desk()
    let shop = try await shop(
      desk,
      [
        Self.file("grow-room-4.0.0.tar.gz", more: #", "yanked": "eats plants""#),
        Self.file(
          "Grow.Room-4.1.0.tar.gz", url: "/files/growroom.tar.gz", more: #", "yanked": false, "size": %"#),
        Self.file("grow_room-4.1.0-py3-none-any.whl"), Self.file("grow_room-4.2.0-py3-none-any.whl"),
        Self.file("grow_room-4.3.0rc1.tar.gz"), Self.file("grow_room-1!5.0.tar.gz"),
        Self.file("another-9.9.tar.gz"), Self.file("grow_room-4.1.0.exe"),
      ])
    let list = try await desk.catalogue().list(of: shop.source)
    #expect(list.entries.map(\.tag) == ["4.0.0", "4.1.0", "4.2.0", "4.3.0rc1"])
    #expect(list.entries.map(\.sourceTag.standing) == [.pulled, .released, .incomplete, .released])
    #expect(list.passedOver == PassedOver(["1!5.0"]))
    let release = try await desk.catalogue().fetch("4.1.0", of: shop.source, verify: Self.digested)
    #expect(release.verified == ["sha256"] && release.name.version == "4.1.0")
    #expect(try await desk.catalogue().fetch("4.1.0", of: shop.source, verify: Self.digested) == release)
    #expect(
      try await desk.catalogue().entries(of: shop.source).map(\.fetched) == [false, true, false, false])
    let wheels = await refusal(.notFound) { try await desk.catalogue().fetch("4.2.0", of: shop.source) }
    #expect(wheels.contains("no source distribution"))
    let missing = await refusal(.notFound) { try await desk.catalogue().fetch("4.9.0", of: shop.source) }
    #expect(missing.contains("has no release 4.9.0"))
    let commit = await refusal(.unverified) { try await desk.catalogue().fetch("4.1.0", of: shop.source) }
    #expect(commit.contains("verify.require asks for commit"))
  }

  @Test func `another file than the index says is refused`() async throws {
    for (more, says) in [
      (Self.file("grow_room-4.1.0.tar.gz", digest: String(repeating: "0", count: 64)), "another SHA-256"),
      (Self.file("grow_room-4.1.0.tar.gz", more: #", "size": 7"#), "has 7 bytes"),
    ] {
      let desk = try Desk()
      let shop = try await shop(desk, [more])
      let text = await refusal(.unverified) {
        try await desk.catalogue().fetch("4.1.0", of: shop.source, verify: .none)
      }
      #expect(text.contains(says))
      #expect(desk.lockText == nil && desk.cached("archive").isEmpty)
    }
  }

  @Test(arguments: [
    "http://127.0.0.2:1/a.tar.gz", "file:///etc/passwd", "//evil.example.org/a", "javascript:x", "",
    "ftp://x.org/a",
  ])
  func `no archive lies anywhere but at an https address or on the index's own server`(url: String)
    async throws
  {
    let desk = try Desk()
    let shop = try await shop(desk, [Self.file("grow_room-4.1.0.tar.gz", url: url)])
    let text = await refusal(.source) {
      try await desk.catalogue().fetch("4.1.0", of: shop.source, verify: .none)
    }
    #expect(text.contains("https"))
  }

  @Test func `one without a digest is refused`() async throws {
    let desk = try Desk()
    let shop = try await shop(desk, [#"{"filename": "grow_room-4.1.0.tar.gz", "url": "x", "hashes": {}}"#])
    let text = await refusal(.source) {
      try await desk.catalogue().fetch("4.1.0", of: shop.source, verify: .none)
    }
    #expect(text.contains("says no SHA-256 of grow_room-4.1.0.tar.gz"))
  }

  @Test(
    arguments: [
      ("<!DOCTYPE html><a href=x>x</a>", "1.1", 200, ErrorKind.source, "PEP 691"),
      (nil, "2.0", 200, .source, "PEP 691"), (nil, "1.0", 404, .notFound, "there is no project Grow_Room"),
      (nil, "1.0", 403, .source, "token_env"), (nil, "1.0", 406, .source, "no JSON API"),
      (nil, "1.0", 503, .source, "has trouble (503)"),
    ] as [(String?, String, Int, ErrorKind, String)])
  func `an index that is none is told to be`(
    body: String?, meta: String, status: Int, kind: ErrorKind, says: String
  ) async throws {
    let desk = try Desk()
    let shop = try await shop(desk, [], body: body, meta: meta, status: status)
    let text = await refusal(kind) { try await desk.catalogue().entries(of: shop.source) }
    #expect(text.contains(says))
  }

  @Test(
    arguments: [
      ("OctoPrint-1.9.3.tar.gz", "octoprint", "1.9.3"),
      ("octoprint-1.10.0rc1.tar.gz", "OctoPrint", "1.10.0rc1"),
      ("my-long_name-1.0.zip", "My.Long-Name", "1.0"), ("my-1.0-2.tar.gz", "my", "1.0-2"),
      ("octoprint_x-1.0.tar.gz", "octoprint", nil), ("octoprint.tar.gz", "octoprint", nil),
      ("octoprint-1.9.3.tar.bz2", "octoprint", nil), ("", "octoprint", nil), (".whl", "octoprint", nil),
      ("octoprint-1.9.3-py3-none-any.whl", "octoprint", "1.9.3"),
    ] as [(String, String, String?)])
  func `a file's name says its version`(name: String, project: String, version: String?) {
    #expect(PackageIndex.version(name, of: project)?.version == version)
  }
}
