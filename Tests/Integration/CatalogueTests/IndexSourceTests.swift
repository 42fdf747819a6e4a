import Foundation
import Release
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Catalogue
@testable import Coordinator
@testable import Inventory

/// Releases that a `releases.json` lists.
@Suite struct IndexSourceTests {
  /// A server with an index, and with growroom's archives beside it.
  private struct Shop {
    let server: CannedServer
    var source: ReleaseSource { .index(url: "http://127.0.0.1:\(server.port)/dl/releases.json") }

    func source(token: String) -> ReleaseSource {
      .index(url: "http://127.0.0.1:\(server.port)/dl/releases.json", tokenVariable: token)
    }
  }

  private static let digested = VerifyPolicy(require: ["sha256"], minisignKeys: [])

  private func archive(_ desk: Desk, _ tag: String) async throws -> (
    file: FilePath, sha256: String, size: Int
  ) {
    let file = desk.scratch / "\(tag).tar.gz"
    if !FileManager.default.fileExists(atPath: file.string) {
      let repository =
        FileManager.default.fileExists(atPath: (desk.scratch / "repository").string)
        ? desk.scratch / "repository" : try await GrowroomReleases.repository(in: desk.scratch)
      try await GrowroomReleases.archive(repository, tag, format: "tar.gz", to: file)
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file.string))
    return (file, SHA256Digest(of: Array(bytes)).description, bytes.count)
  }

  /// - Parameter releases: their entries; `@A` and `@B` in them are the archives of v4.1.0 and v4.2.0.
  private func shop(
    _ desk: Desk, _ releases: String, wants: String = "", swapped: Bool = false,
    more: [String: CannedServer.Answer] = [:]
  ) async throws -> Shop {
    let (a, b) = (try await archive(desk, "v4.1.0"), try await archive(desk, "v4.2.0"))
    let entries =
      releases
      .replacingOccurrences(of: "#A", with: "\"sha256\": \"\(a.sha256)\", \"size\": \(a.size)")
      .replacingOccurrences(of: "#B", with: "\"sha256\": \"\(b.sha256)\", \"size\": \(b.size)")
    let index = "{\"schema\": \"fleet.releases/1\", \"releases\": [\(entries)]}"
    var answers: [String: CannedServer.Answer] = [
      "/dl/releases.json": .init(body: index, wants: wants),
      "/dl/a.tar.gz": .init(file: (swapped ? b : a).file.string, wants: wants),
      "/dl/b.tar.gz": .init(file: b.file.string, wants: wants),
    ]
    answers.merge(more) { _, new in new }
    return Shop(server: try await CannedServer.start(answers))
  }

  private static let one = #"{"tag": "v4.1.0", "archives": [{"url": "a.tar.gz", #A}]}"#

  @Test func `a release is listed with what is said of it, fetched and proved by its digest`() async throws {
    let desk = try Desk()
    let shop = try await shop(
      desk,
      #"""
      {"tag": "v4.2.0", "prerelease": true, "notes": "try it", "archives": [{"url": "b.tar.gz", #B}]},
      {"tag": "nightly", "archives": []}, {"tag": "v4.3.0~rc1", "archives": [{"url": "b.tar.gz", #B}]},
      {"tag": "v4.3.0", "archives": []}, \#(Self.one)
      """#)
    let list = try await desk.catalogue().list(of: shop.source)
    #expect(list.entries.map(\.tag) == ["v4.1.0", "v4.2.0", "v4.3.0"])
    #expect(list.entries.map(\.sourceTag.standing) == [.released, .prerelease, .incomplete])
    let wish = NotesWish(tags: list.entries.map(\.sourceTag), file: nil, asks: true)
    #expect(await desk.catalogue().notes(wish, of: shop.source) == FoundNotes(texts: ["v4.2.0": "try it"]))
    // What it said when it was listed is told without asking anew, as an upgrade's report does.
    let quiet = NotesWish(tags: list.entries.map(\.sourceTag), file: nil, asks: false)
    #expect(await desk.catalogue().notes(quiet, of: shop.source) == FoundNotes(texts: ["v4.2.0": "try it"]))
    #expect(list.passedOver == PassedOver(["nightly", "v4.3.0~rc1"]))
    let release = try await desk.catalogue().fetch("v4.1.0", of: shop.source, verify: Self.digested)
    let archive = try await archive(desk, "v4.1.0")
    #expect(release.verified == ["sha256"] && release.name.sha256 == archive.sha256)
    #expect(try await desk.catalogue().list(of: shop.source).entries.map(\.fetched) == [true, false, false])
    for tag in ["v4.9.0", "v4.3.0~rc1"] {
      let text = await refusal(.notFound) { try await desk.catalogue().fetch(tag, of: shop.source) }
      #expect(text.contains("has no release \(tag)"))
    }
  }

  @Test func `a signature lies where the index says`() async throws {
    let desk = try Desk()
    let signer = try await Signer.make(in: desk.scratch)
    let signature = try await signer.sign(try await archive(desk, "v4.1.0").file)
    let entry = #"{"tag": "v4.1.0", "archives": [{"url": "a.tar.gz", "signature": "@", #A}]}"#
    let signed = VerifyPolicy(require: ["sha256", "minisign"], minisignKeys: [signer.key])
    let found = try await shop(
      desk, entry.replacingOccurrences(of: "@", with: "a.minisig"),
      more: ["/dl/a.minisig": .init(body: signature)])
    let release = try await desk.catalogue().fetch("v4.1.0", of: found.source, verify: signed)
    #expect(release.verified == ["sha256", "minisign"])
    for (place, kind, says) in [
      ("gone", ErrorKind.notFound, "there is no signature of v4.1.0 at http"),
      ("../a.minisig", .source, "no https address and no way down"),
    ] {
      let shop = try await shop(desk, entry.replacingOccurrences(of: "@", with: place))
      let text = await refusal(kind) {
        try await desk.catalogue().fetch("v4.1.0", of: shop.source, verify: signed)
      }
      #expect(text.contains(says))
      // Who wants none is not troubled by it.
      _ = try await desk.catalogue().fetch("v4.1.0", of: shop.source, verify: Self.digested)
    }
  }

  @Test func `one version under two tags is told to be two releases`() async throws {
    let desk = try Desk()
    let shop = try await shop(
      desk,
      #"{"tag": "4.1.0", "archives": [{"url": "b.tar.gz", #B}]}, "# + Self.one)
    let tags = try await desk.catalogue().entries(of: shop.source).map(\.sourceTag)
    #expect(Candidate.all(in: tags).map(\.isAmbiguous) == [true])
  }

  @Test func `each architecture has its own archive`() async throws {
    let desk = try Desk()
    let shop = try await shop(
      desk,
      #"{"tag": "v4.1.0", "archives": [{"arch": "x86_64", "url": "a.tar.gz", #A}, "#
        + #"{"arch": "aarch64", "url": "b.tar.gz", #B}]}"#)
    let tags = try await desk.catalogue().entries(of: shop.source).map(\.sourceTag)
    #expect(tags.map(\.architectures) == [["aarch64", "x86_64"]])
    for (arch, tag) in [("x86_64", "v4.1.0"), ("aarch64", "v4.2.0")] {
      let release = try await desk.catalogue().fetch(
        "v4.1.0", of: shop.source.made(for: arch), verify: Self.digested)
      let archive = try await archive(desk, tag)
      #expect(release.name.sha256 == archive.sha256)
    }
    for arch in ["riscv64", nil] {
      _ = await refusal(.notFound) {
        try await desk.catalogue().fetch("v4.1.0", of: shop.source.made(for: arch), verify: Self.digested)
      }
    }
  }

  @Test func `an archive that is another than the index says is refused`() async throws {
    let desk = try Desk()
    let shop = try await shop(desk, Self.one, swapped: true)
    let text = await refusal(.unverified) {
      try await desk.catalogue().fetch("v4.1.0", of: shop.source, verify: .none)
    }
    #expect(text.contains("another SHA-256"))
    #expect(desk.lockText == nil && desk.cached("archive").isEmpty)
  }

  @Test func `a release whose digest changes is refused before anything is downloaded`() async throws {
    let desk = try Desk()
    let first = try await shop(desk, Self.one)
    _ = try await desk.catalogue().fetch("v4.1.0", of: first.source, verify: Self.digested)
    let second = try await shop(desk, #"{"tag": "v4.1.0", "archives": [{"url": "gone", #B}]}"#)
    let text = await refusal(.changed) {
      try await desk.catalogue().fetch("v4.1.0", of: second.source, verify: Self.digested)
    }
    #expect(text.contains("fleet fetch --accept 4.1.0"))
  }

  @Test(arguments: [
    "http://127.0.0.2:1/a.tar.gz", "file:///etc/passwd", "ftp://x.org/a", "../a.tar.gz", "/dl/a.tar.gz",
    "//evil.example.org/a.tar.gz", "x/../../a.tar.gz", "a.tar.gz?x", "a.tar.gz#x", "", "./a.tar.gz",
    "https:a.tar.gz", "a\\\\b", "a\\nb", "%2e%2e/a.tar.gz",
  ])
  func `no archive lies anywhere but at an https address or below the index`(url: String) async throws {
    let desk = try Desk()
    let shop = try await shop(desk, #"{"tag": "v4.1.0", "archives": [{"url": "\#(url)", #A}]}"#)
    let text = await refusal(.source) {
      try await desk.catalogue().fetch("v4.1.0", of: shop.source, verify: .none)
    }
    #expect(text.contains("https"))
  }

  @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.2:9/x"])
  func `an index that redirects elsewhere is not followed`(location: String) async throws {
    let desk = try Desk()
    let server = try await CannedServer.start([
      "/r.json": .init(status: 302, headers: ["Location": location])
    ])
    _ = await refusal(.source) {
      try await desk.catalogue().entries(of: .index(url: "http://127.0.0.1:\(server.port)/r.json"))
    }
  }

  @Test func `the token goes to the index's own origin and nowhere else`() async throws {
    let desk = try Desk()
    let file = try await archive(desk, "v4.1.0").file.string
    let other = try await CannedServer.start(["/a.tar.gz": .init(file: file, wants: "-")])
    let elsewhere = "http://127.0.0.1:\(other.port)/a.tar.gz"
    let shop = try await shop(
      desk,
      #"{"tag": "v4.1.0", "archives": [{"url": "\#(elsewhere)", #A}]}, "#
        + #"{"tag": "v4.2.0", "archives": [{"url": "b.tar.gz", #B}]}"#, wants: "Bearer secret-1")
    let catalogue = desk.catalogue(environment: ["GROW_TOKEN": "secret-1"])
    for tag in ["v4.1.0", "v4.2.0"] {
      _ = try await catalogue.fetch(tag, of: shop.source(token: "GROW_TOKEN"), verify: Self.digested)
    }
    let text = await refusal(.source) { try await desk.catalogue().entries(of: shop.source) }
    #expect(text.contains("token_env"))
  }

  @Test(arguments: [(404, ErrorKind.notFound), (403, .source), (500, .source), (418, .source)])
  func `an index that is not there is told`(status: Int, kind: ErrorKind) async throws {
    let desk = try Desk()
    let server = try await CannedServer.start(["/r.json": .init(status: status)])
    _ = await refusal(kind) {
      try await desk.catalogue().entries(of: .index(url: "http://127.0.0.1:\(server.port)/r.json"))
    }
  }

  @Test func `an index without end is not read`() async throws {
    let desk = try Desk()
    let server = try await CannedServer.start(["/r.json": .init(bytes: 5000)])
    let text = await refusal(.source) {
      try await desk.catalogue { $0.maxIndexBytes = 4096 }.entries(
        of: .index(url: "http://127.0.0.1:\(server.port)/r.json"))
    }
    #expect(text.contains("4096"))
  }

  @Test func `an index that is away serves what was proved before`() async throws {
    let desk = try Desk()
    let shop = try await shop(desk, Self.one)
    _ = try await desk.catalogue().fetch("v4.1.0", of: shop.source, verify: Self.digested)
    shop.server.stop()
    let release = try await desk.catalogue().fetch("v4.1.0", of: shop.source, verify: Self.digested)
    #expect(release.verified == ["sha256"])
  }
}
