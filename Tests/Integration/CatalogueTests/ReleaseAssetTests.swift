import Foundation
import Release
import TestSupport
import Testing
import Wire

@testable import Catalogue
@testable import Coordinator
@testable import Inventory

/// Releases whose archive is a file beside them.
@Suite struct ReleaseAssetTests {
  struct Asset: Encodable {
    var name: String
    var of: String?
    var text: String?
    /// As the server says it; nil: that of the file.
    var digest: String?
    var state: String?
    var size: Int?
  }

  struct Release: Encodable {
    var tag: String
    var draft = false
    var assets: [Asset]
  }

  private static let archive = "growroom-4.1.0-linux-arm64.tar.gz"
  private static let rule = AssetRule(name: "growroom-{version}-linux-{arch}.tar.gz")
  private static let digested = VerifyPolicy(require: ["sha256"], minisignKeys: [])

  private func double(
    _ desk: Desk, _ assets: [Asset], replaced: [String: String] = [:], visible: [String] = ["v4.1.0"]
  ) async throws -> GitHubDouble {
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await set(double, [Release(tag: "v4.1.0", assets: assets)], replaced: replaced, visible: visible)
    return double
  }

  private func set(
    _ double: GitHubDouble, _ releases: [Release], replaced: [String: String] = [:],
    visible: [String] = ["v4.1.0"]
  ) async throws {
    struct Switches: Encodable {
      var releases: [Release]
      var visible: [String]
      var replacedAssets: [String: String]
    }
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let json = try encoder.encode(Switches(releases: releases, visible: visible, replacedAssets: replaced))
    try await double.set(String(decoding: json, as: UTF8.self))
  }

  private func arm(
    _ double: GitHubDouble, _ rule: AssetRule = ReleaseAssetTests.rule, token: String? = nil
  ) -> ReleaseSource {
    double.source(token: token, asset: rule).made(for: "aarch64")
  }

  @Test func `an asset is fetched, and its digest is what GitHub says`() async throws {
    let desk = try Desk()
    let double = try await double(desk, [Asset(name: Self.archive), Asset(name: "other.txt", text: "x")])
    let source = arm(double)
    for _ in 0..<2 {
      let release = try await desk.catalogue().fetch("v4.1.0", of: source, verify: Self.digested)
      #expect(release.verified == ["sha256"])
      #expect(release.name.version == "4.1.0" && release.name.commit != nil && release.name.tree == nil)
    }
    // The second time it lay in the cache.
    #expect(try await double.downloads().count == 1)
    #expect(desk.lockText?.contains("\"growroom/aarch64\"") == true)
    let entries = try await desk.catalogue().entries(of: double.source(asset: Self.rule))
    #expect(entries.map(\.fetchedFor) == [["aarch64"]])
    #expect(entries.map(\.sourceTag.architectures) == [["aarch64"]])
  }

  @Test func `a signature beside the archive is asked for where there are keys`() async throws {
    let desk = try Desk()
    let signer = try await Signer.make(in: desk.scratch)
    let double = try await double(desk, [Asset(name: Self.archive)])
    let signed = VerifyPolicy(require: ["sha256", "minisign"], minisignKeys: [signer.key])
    let source = arm(double)
    let text = await refusal(.unverified) {
      try await desk.catalogue().fetch("v4.1.0", of: source, verify: signed)
    }
    #expect(text.contains("there is no signature beside it"))
    let release = try await desk.catalogue().fetch("v4.1.0", of: source, verify: Self.digested)
    let signature = try await signer.sign(release.file)
    try await set(
      double,
      [
        Release(
          tag: "v4.1.0",
          assets: [Asset(name: Self.archive), Asset(name: "\(Self.archive).minisig", text: signature)])
      ])
    // The archive lies in the cache by now; its signature did not.
    #expect(
      try await desk.catalogue().fetch("v4.1.0", of: source, verify: signed).verified == [
        "sha256", "minisign",
      ])
    #expect(
      try await desk.catalogue().fetch("v4.1.0", of: source, verify: Self.digested).verified == ["sha256"])
  }

  @Test func `each architecture has its own archive, and both are on file`() async throws {
    let desk = try Desk()
    let double = try await double(
      desk,
      [Asset(name: Self.archive), Asset(name: "growroom-4.1.0-linux-x86_64.tar.gz", of: "v4.2.0")])
    let source = double.source(asset: Self.rule)
    let one = try await desk.catalogue().fetch(
      "v4.1.0", of: source.made(for: "aarch64"), verify: Self.digested)
    let two = try await desk.catalogue().fetch(
      "v4.1.0", of: source.made(for: "x86_64"), verify: Self.digested)
    #expect(one.name.sha256 != two.name.sha256)
    let lock = try #require(desk.lockText)
    #expect(lock.contains("\"growroom/aarch64\"") && lock.contains("\"growroom/x86_64\""))
    let entries = try await desk.catalogue().entries(of: source)
    #expect(entries[0].fetchedFor == ["aarch64", "x86_64"])
    let text = await refusal(.notFound) { try await desk.catalogue().fetch("v4.1.0", of: source) }
    #expect(text.contains("which one is meant?"))
  }

  @Test func `an asset that is replaced between listing and download is refused, unread`() async throws {
    let desk = try Desk()
    let double = try await double(desk, [Asset(name: Self.archive)], replaced: [Self.archive: "v4.2.0"])
    let text = await refusal(.unverified) {
      try await desk.catalogue().fetch("v4.1.0", of: arm(double), verify: .none)
    }
    #expect(text.contains("another SHA-256 than the one published for it"))
    // What it is instead nobody asks.
    let zeros = "sha256:\(String(repeating: "0", count: 64))"
    try await set(
      double,
      [Release(tag: "v4.1.0", assets: [Asset(name: Self.archive, text: "no archive", digest: zeros)])])
    let other = await refusal(.unverified) {
      try await desk.catalogue().fetch("v4.1.0", of: arm(double), verify: .none)
    }
    #expect(other.contains("another SHA-256 than the one published for it"))
    #expect(desk.lockText == nil && desk.cached("archive").isEmpty && desk.cached("archive.part").isEmpty)
  }

  @Test func `one without a digest is held to its size, and to fleet.lock`() async throws {
    let desk = try Desk()
    let double = try await double(desk, [Asset(name: Self.archive, digest: "")])
    let text = await refusal(.unverified) {
      try await desk.catalogue().fetch("v4.1.0", of: arm(double), verify: Self.digested)
    }
    #expect(text.contains("the source publishes no digest"))
    let release = try await desk.catalogue().fetch("v4.1.0", of: arm(double), verify: .none)
    #expect(release.verified == [])
    // Uploaded anew: another size is another upload.
    try await set(
      double, [Release(tag: "v4.1.0", assets: [Asset(name: Self.archive, of: "v4.2.0", digest: "")])])
    let moved = await refusal(.changed) {
      try await desk.catalogue().fetch("v4.1.0", of: arm(double), verify: .none)
    }
    #expect(moved.contains("fleet fetch --accept 4.1.0"))
    try await set(
      double, [Release(tag: "v4.1.0", assets: [Asset(name: Self.archive, digest: "", size: 77)])])
    let other = try Desk()
    let size = await refusal(.unverified) {
      try await other.catalogue().fetch("v4.1.0", of: arm(double), verify: .none)
    }
    #expect(size.contains("says that the archive has 77 bytes"))
    #expect(desk.lockText != nil && other.lockText == nil)
  }

  @Test func `one that is uploaded anew is refused before anything is downloaded`() async throws {
    let desk = try Desk()
    let double = try await double(desk, [Asset(name: Self.archive)])
    _ = try await desk.catalogue().fetch("v4.1.0", of: arm(double), verify: Self.digested)
    try await set(double, [Release(tag: "v4.1.0", assets: [Asset(name: Self.archive, of: "v4.2.0")])])
    _ = await refusal(.changed) {
      try await desk.catalogue().fetch("v4.1.0", of: arm(double), verify: Self.digested)
    }
    #expect(try await double.downloads().count == 1)
    _ = try await desk.catalogue().fetch("v4.1.0", of: arm(double), verify: Self.digested, accept: true)
  }

  @Test func `a source that is away serves what it proved before`() async throws {
    let desk = try Desk()
    let double = try await double(desk, [Asset(name: Self.archive)])
    _ = try await desk.catalogue().fetch("v4.1.0", of: arm(double), verify: Self.digested)
    try await double.set(#"{"api_status": 503}"#)
    let release = try await desk.catalogue().fetch("v4.1.0", of: arm(double), verify: Self.digested)
    #expect(release.verified == ["sha256"])
  }

  @Test func `the token goes to the API and not to where the files lie`() async throws {
    let desk = try Desk()
    let double = try await double(
      desk, [Asset(name: Self.archive), Asset(name: "SUMS", text: String(repeating: "0", count: 64) + "  x")])
    try await double.set(#"{"require_token": "secret-1"}"#)
    let catalogue = desk.catalogue(environment: ["GROW_TOKEN": "secret-1"])
    _ = try await catalogue.fetch("v4.1.0", of: arm(double, token: "GROW_TOKEN"), verify: Self.digested)
    var rule = Self.rule
    rule.checksums = "SUMS"
    _ = await refusal(.unverified) {
      try await catalogue.fetch("v4.1.0", of: arm(double, rule, token: "GROW_TOKEN"), verify: Self.digested)
    }
    let requests = try await double.requests()
    #expect(!requests.contains { $0.origin == "api" && !$0.authorization })
    #expect(requests.filter { $0.origin == "download" }.map(\.authorization) == [false, false])
  }

  @Test func `a release without its archive is not offered yet`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await set(
      double,
      [
        Release(tag: "v4.2.0", assets: [Asset(name: "growroom-4.2.0-linux-arm64.tar.gz", state: "starter")]),
        Release(tag: "v4.1.0", assets: [Asset(name: Self.archive)]),
      ], visible: ["v4.0.26", "v4.1.0", "v4.2.0"])
    let tags = try await desk.catalogue().entries(of: double.source(asset: Self.rule)).map(\.sourceTag)
    #expect(tags.map(\.standing) == [.unpublished, .released, .incomplete])
    let text = await refusal(.source) {
      try await desk.catalogue().fetch("v4.2.0", of: arm(double), verify: Self.digested)
    }
    #expect(text.contains("still being uploaded"))
    let none = await refusal(.notFound) {
      try await desk.catalogue().fetch("v4.0.26", of: arm(double), verify: Self.digested)
    }
    #expect(none.contains("knows no release v4.0.26"))
  }

  @Test func `what several files could be is not guessed`() async throws {
    let desk = try Desk()
    let double = try await double(
      desk, [Asset(name: Self.archive), Asset(name: "growroom-4.1.0-linux-aarch64.tar.gz", of: "v4.2.0")])
    let text = await refusal(.source) {
      try await desk.catalogue().fetch("v4.1.0", of: arm(double), verify: Self.digested)
    }
    #expect(text.contains("arch: { aarch64: arm64 }"))
    var rule = Self.rule
    rule.spellings = ["aarch64": "arm64"]
    _ = try await desk.catalogue().fetch("v4.1.0", of: arm(double, rule), verify: Self.digested)
  }

  @Test func `a file of digests proves the archive, where it says one thing of it`() async throws {
    let desk = try Desk()
    let double = try await double(desk, [Asset(name: Self.archive)])
    let digest = try await digest(double)
    let other = String(repeating: "0", count: 64)
    var rule = Self.rule
    rule.checksums = "SHA256SUMS"
    for (sums, said, says) in [
      ("\(other)  x.tar.gz\n\(digest)  \(Self.archive)\n", "", nil),
      ("\(digest) *./\(Self.archive)\r\n", nil, nil),
      ("SHA256 (\(Self.archive)) = \(digest)\n", "", nil),
      ("\(digest)  \(Self.archive)\n\(other)  \(Self.archive)\n", "", "has two digests for \(Self.archive)"),
      ("\(digest)  \(Self.archive).sig\n", "", "says nothing of \(Self.archive)"),
      ("\(other)  \(Self.archive)\n", nil, "two digests are published"),
      ("\(other)  \(Self.archive)\n", "", "another SHA-256 than the one published"),
      ("<html>", "", "says nothing of"),
    ] as [(String, String?, String?)] {
      let desk = try Desk()
      try await set(
        double,
        [
          Release(
            tag: "v4.1.0",
            assets: [Asset(name: Self.archive, digest: said), Asset(name: "SHA256SUMS", text: sums)])
        ])
      guard let says else {
        let release = try await desk.catalogue().fetch("v4.1.0", of: arm(double, rule), verify: Self.digested)
        #expect(release.verified == ["sha256"])
        continue
      }
      let text = await refusal(.unverified) {
        try await desk.catalogue().fetch("v4.1.0", of: arm(double, rule), verify: .none)
      }
      #expect(text.contains(says))
    }
    try await set(double, [Release(tag: "v4.1.0", assets: [Asset(name: Self.archive)])])
    let missing = await refusal(.notFound) {
      try await desk.catalogue().fetch("v4.1.0", of: arm(double, rule), verify: .none)
    }
    #expect(missing.contains("has no file SHA256SUMS. It has \(Self.archive)"))
  }

  /// As GitHub says it of the archive.
  private func digest(_ double: GitHubDouble) async throws -> String {
    let page = try await tool("/usr/bin/curl", ["-sSf", "\(double.api)/repos/growers/growroom/releases"])
    return String(try #require(page.firstMatch(of: #/sha256:([0-9a-f]{64})/#)?.1))
  }
}
