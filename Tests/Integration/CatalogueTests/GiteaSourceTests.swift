import Foundation
import Release
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Catalogue
@testable import Coordinator
@testable import Inventory

/// Gitea's and Forgejo's API over loopback, in the shapes of docs.gitea.com/api, from a repository of growroom's
/// releases.
private struct GiteaDouble {
  let server: CannedServer
  let desk: Desk

  /// - Parameters:
  ///   - tags: of the repository, each on what the other stands for.
  ///   - site: a path in front of everything, as behind a reverse proxy.
  ///   - releases: JSON of the list; each of them is also served by its tag, from `byTag`.
  static func start(
    _ desk: Desk,
    tags: [(String, String)] = [("v4.2.0", "v4.2.0"), ("v4.1.0", "v4.1.0"), ("latest", "v4.2.0")],
    site: String = "", releases: String = "[]", byTag: [String: String] = [:], assets: [String: String] = [:],
    wants: String = "", archive: String? = nil
  ) async throws -> GiteaDouble {
    let repository = try await GrowroomReleases.repository(in: desk.scratch)
    let base = "\(site)/api/v1/repos/growers/growroom"
    var answers: [String: CannedServer.Answer] = [:]
    var listed: [String] = []
    for (name, target) in tags {
      let ids = try await GrowroomReleases.ids(repository, target)
      listed.append(
        #"{"name": "\#(name)", "message": "", "id": "\#(String(repeating: "0", count: 40))", "commit": "#
          + #"{"url": "x", "sha": "\#(ids.commit)", "created": "2026-01-01T00:00:00Z"}, "zipball_url": "x", "#
          + #""tarball_url": "https://evil.example.org/x"}"#)
      answers["\(base)/git/commits/\(ids.commit)"] = .init(
        body: #"{"url": "x", "sha": "\#(ids.commit)", "commit": {"url": "x", "message": "m", "#
          + #""tree": {"url": "x", "sha": "\#(ids.tree)", "created": "x"}}}"#, wants: wants)
      let file = desk.scratch / "\(name.replacingOccurrences(of: "/", with: "_")).tar.gz"
      try await GrowroomReleases.archive(repository, archive ?? target, format: "tar.gz", to: file)
      answers["\(base)/archive/\(name).tar.gz"] = .init(file: file.string, wants: wants)
    }
    // Two pages, as a server with a small limit makes them.
    answers["\(base)/tags?limit=50&page=1"] = .init(
      headers: [
        "Link": "<@\(base)/tags?limit=50&page=2>; rel=\"next\",<@/x>; rel=\"last\"", "X-Total-Count": "9",
      ],
      body: "[\(listed.prefix(1).joined())]", wants: wants)
    answers["\(base)/tags?limit=50&page=2"] = .init(
      body: "[\(listed.dropFirst().joined(separator: ","))]", wants: wants)
    answers["\(base)/releases?limit=50&page=1"] = .init(body: releases, wants: wants)
    for (tag, body) in byTag { answers["\(base)/releases/tags/\(tag)"] = .init(body: body, wants: wants) }
    for (path, file) in assets {
      answers["\(site)/growers/growroom/releases/download/\(path)"] = .init(file: file, wants: wants)
    }
    return GiteaDouble(server: try await CannedServer.start(answers), desk: desk)
  }

  func source(
    site: String = "", token: String? = nil, prefix: String = "", asset: AssetRule? = nil
  ) -> ReleaseSource {
    .gitea(
      url: "http://127.0.0.1:\(server.port)\(site)/growers/growroom", tokenVariable: token, tagPrefix: prefix,
      asset: asset)
  }
}

@Suite struct GiteaSourceTests {
  private static let archive = "growroom-4.1.0.tar.gz"

  private func described(_ tag: String, _ assets: String, draft: Bool = false, prerelease: Bool = false)
    -> String
  {
    #"{"id": 7, "tag_name": "\#(tag)", "name": "", "body": "notes of \#(tag)", "draft": \#(draft), "prerelease": "#
      + #"\#(prerelease), "created_at": "2026-01-01T00:00:00Z", "published_at": "x", "assets": [\#(assets)]}"#
  }

  private func asset(_ name: String, _ size: Int) -> String {
    #"{"id": 3, "name": "\#(name)", "size": \#(size), "download_count": 0, "created_at": "2026-01-01T00:00:00Z", "#
      + #""uuid": "u", "browser_download_url": "https://evil.example.org/x"}"#
  }

  @Test(arguments: ["", "/git"])
  func `its tags are releases, whose commit and tree are proved`(site: String) async throws {
    let desk = try Desk()
    let double = try await GiteaDouble.start(
      desk, site: site,
      releases: "[\(described("v4.2.0", "", prerelease: true)), \(described("v4.1.0", ""))]")
    let source = double.source(site: site)
    let list = try await desk.catalogue().list(of: source)
    #expect(list.entries.map(\.tag) == ["v4.1.0", "v4.2.0"])
    #expect(list.entries.map(\.sourceTag.standing) == [.released, .prerelease])
    let wish = NotesWish(tags: list.entries.map(\.sourceTag), file: nil, asks: true)
    let texts = ["v4.1.0": "notes of v4.1.0", "v4.2.0": "notes of v4.2.0"]
    #expect(await desk.catalogue().notes(wish, of: source) == FoundNotes(texts: texts))
    #expect(list.passedOver == PassedOver(["latest"]))
    let release = try await desk.catalogue().fetch("v4.1.0", of: source)
    #expect(release.verified == ["commit", "tree"])
    let ids = try await GrowroomReleases.ids(desk.scratch / "repository", "v4.1.0")
    #expect(release.name.commit == ids.commit && release.name.tree == ids.tree)
  }

  @Test func `an archive of another commit than the tag's is refused`() async throws {
    let desk = try Desk()
    let double = try await GiteaDouble.start(desk, archive: "v4.2.0")
    let text = await refusal(.unverified) { try await desk.catalogue().fetch("v4.1.0", of: double.source()) }
    #expect(text.contains("made from another commit"))
  }

  @Test func `tags behind a prefix are asked for whole`() async throws {
    let desk = try Desk()
    let double = try await GiteaDouble.start(desk, tags: [("v9.0.0", "v4.2.0"), ("app/v4.1.0", "v4.1.0")])
    let source = double.source(prefix: "app/v")
    #expect(try await desk.catalogue().entries(of: source).map(\.tag) == ["4.1.0"])
    #expect(try await desk.catalogue().fetch("4.1.0", of: source).verified == ["commit", "tree"])
  }

  @Test func `a token is sent as Gitea wants it, and without it that is said`() async throws {
    let desk = try Desk()
    let double = try await GiteaDouble.start(desk, wants: "token secret-1")
    let catalogue = desk.catalogue(environment: ["GITEA_TOKEN": "secret-1"])
    _ = try await catalogue.fetch("v4.1.0", of: double.source(token: "GITEA_TOKEN"))
    let other = try Desk()
    let text = await refusal(.source) { try await other.catalogue().entries(of: double.source()) }
    #expect(text.contains("source: { gitea: \"http://127.0.0.1:"))
    #expect(text.contains("/growers/growroom\", token_env: GITEA_TOKEN }"))
  }

  @Test func `a file beside a release is proved by a file of digests, since Gitea says none`() async throws {
    let desk = try Desk()
    let repository = try await GrowroomReleases.repository(in: desk.scratch)
    let file = desk.scratch / "asset.tar.gz"
    try await GrowroomReleases.archive(repository, "v4.1.0", format: "tar.gz", to: file)
    try FileManager.default.removeItem(atPath: repository.string)
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file.string)))
    let sums = desk.scratch / "sums"
    let line = "\(SHA256Digest(of: bytes))  \(Self.archive)\n"
    try line.write(toFile: sums.string, atomically: false, encoding: .utf8)
    let release = described(
      "v4.1.0", "\(asset(Self.archive, bytes.count)),\(asset("\(Self.archive).sha256", line.utf8.count))")
    let double = try await GiteaDouble.start(
      desk, releases: "[\(release)]", byTag: ["v4.1.0": release],
      assets: ["v4.1.0/\(Self.archive)": file.string, "v4.1.0/\(Self.archive).sha256": sums.string],
      wants: "token secret-1")
    let catalogue = desk.catalogue(environment: ["GITEA_TOKEN": "secret-1"])
    var rule = AssetRule(name: "growroom-{version}.tar.gz")
    let digested = VerifyPolicy(require: ["sha256"], minisignKeys: [])
    _ = await refusal(.unverified) {
      try await catalogue.fetch(
        "v4.1.0", of: double.source(token: "GITEA_TOKEN", asset: rule), verify: digested)
    }
    rule.checksums = "{asset}.sha256"
    let source = double.source(token: "GITEA_TOKEN", asset: rule)
    let fetched = try await catalogue.fetch("v4.1.0", of: source, verify: digested)
    // Its header names the commit of the tag, too.
    #expect(fetched.verified == ["commit", "sha256"])
    let tags = try await catalogue.entries(of: source).map(\.sourceTag)
    #expect(tags.map(\.standing) == [.released, .unpublished])
  }

  @Test(arguments: ["<html>", "{}", "[{}]", "null"])
  func `what is no Gitea is told`(body: String) async throws {
    let desk = try Desk()
    let server = try await CannedServer.start([
      "/api/v1/repos/growers/growroom/tags?limit=50&page=1": .init(body: body)
    ])
    let text = await refusal(.source) {
      try await desk.catalogue().entries(of: .gitea(url: "http://127.0.0.1:\(server.port)/growers/growroom"))
    }
    #expect(text.contains("does not answer as Gitea's API does when asked for its tags of growers/growroom"))
  }

  @Test func `a next page elsewhere is not asked, with the token or without`() async throws {
    let desk = try Desk()
    let server = try await CannedServer.start([
      "/api/v1/repos/growers/growroom/tags?limit=50&page=1": .init(
        headers: ["Link": "<http://127.0.0.2:1/x>; rel=\"next\""], body: "[]")
    ])
    let text = await refusal(.source) {
      try await desk.catalogue(environment: ["T": "s"]).entries(
        of: .gitea(url: "http://127.0.0.1:\(server.port)/growers/growroom", tokenVariable: "T"))
    }
    #expect(text.contains("elsewhere"))
  }
}
