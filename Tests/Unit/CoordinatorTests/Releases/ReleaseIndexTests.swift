import Foundation
import Release
import TestSupport
import Testing

@testable import Catalogue
@testable import Coordinator

@Suite struct ReleaseIndexTests {
  private static let digest = String(repeating: "ab", count: 32)
  private static let archive = #"{"url": "a.zip", "sha256": "\#(digest)", "size": 5}"#

  private static func built(for arch: String, size: String = "5") -> String {
    #"{"arch": "\#(arch)", "url": "a.zip", "sha256": "\#(digest)", "size": \#(size)}"#
  }

  private func read(
    _ releases: String, schema: String = ReleaseIndex.schema, _ limits: CatalogueLimits = CatalogueLimits()
  ) throws(ReleaseIndex.Refusal) -> ReleaseIndex {
    try ReleaseIndex(
      decoding: Array(#"{"schema": "\#(schema)", "releases": [\#(releases)], "more": 1}"#.utf8),
      limits: limits)
  }

  private func refusal(_ work: () throws(ReleaseIndex.Refusal) -> ReleaseIndex) -> String {
    do throws(ReleaseIndex.Refusal) {
      _ = try work()
      return ""
    } catch {
      return error.text
    }
  }

  @Test func `what its makers say of a release is read, and what is not known is passed over`() throws {
    let index = try read(
      #"{"tag": "v1.2.0", "prerelease": true, "notes": "n", "colour": "red", "archives": [\#(Self.archive)]}"#
    )
    let release = try #require(index.releases.first)
    #expect(release.standing == .prerelease && release.architectures == nil && release.notes == "n")
    #expect(release.archive(for: "aarch64") == release.archive(for: nil))
    #expect(release.archives[0].sha256.description == Self.digest)
  }

  @Test func `of several archives a host gets its own, or none`() throws {
    let two = [Self.built(for: "x86_64"), Self.built(for: "aarch64")].joined(separator: ",")
    let release = try #require(try read(#"{"tag": "v1.2.0", "archives": [\#(two)]}"#).releases.first)
    #expect(release.architectures == ["aarch64", "x86_64"])
    #expect(release.archive(for: "aarch64")?.arch == "aarch64")
    #expect(release.archive(for: "armv7l") == nil && release.archive(for: nil) == nil)
  }

  @Test(
    arguments: [
      (#"{"tag": "v1"}"#, "releases[0], where archives is missing"),
      (#"{"tag": 1, "archives": []}"#, "at releases[0].tag"),
      (
        #"{"tag": "v1", "archives": [{"url": "a", "sha256": "ab", "size": 1}]}"#,
        "releases[0].archives[0].sha256"
      ),
      (
        #"{"tag": "v1", "archives": [{"url": "a", "sha256": "\#(digest)", "size": 1e99}]}"#,
        "is not of the form"
      ),
      (#"{"tag": "v1", "archives": [\#(built(for: "x86_64", size: "-1"))]}"#, "has -1 bytes"),
      (#"{"tag": "v1", "archives": [\#(built(for: "x86_64", size: "1073741825"))]}"#, "1073741824 are taken"),
      (#"{"tag": "v1", "archives": []}, {"tag": "v1", "archives": [\#(archive)]}"#, "has v1 twice"),
      (#"{"tag": "v1", "archives": [\#(archive), \#(archive)]}"#, "two archives of v1 for all architectures"),
      (
        #"{"tag": "v1", "archives": [\#(built(for: "x86_64")), \#(built(for: "x86_64"))]}"#,
        "two archives of v1 for x86_64"
      ),
      (#"{"tag": "v1", "archives": [\#(built(for: "x86_64")), \#(archive)]}"#, "and one for all"),
      (#"{"tag": "v1", "archives": [\#(built(for: "../etc"))]}"#, "which is none"),
      (#"{"tag": "v1", "archives": [\#(built(for: ""))]}"#, "which is none"),
      ("[", "is not of the form"), ("null", "at releases[0]"),
    ] as [(String, String)])
  func `one that cannot be so is refused as a whole, with the place`(releases: String, says: String) {
    let said = refusal { () throws(ReleaseIndex.Refusal) in try read(releases) }
    #expect(said.contains(says), "\(said)")
  }

  @Test func `another form, or more than there can be, is refused`() {
    let other = refusal { () throws(ReleaseIndex.Refusal) in
      try read("", schema: "fleet.releases/2\\u001b")
    }
    #expect(other == "says schema fleet.releases/2\\u{1b}, and this fleet knows fleet.releases/1")
    var limits = CatalogueLimits()
    limits.maxIndexed = 1
    let two = #"{"tag": "v1", "archives": []}, {"tag": "v2", "archives": []}"#
    let many = refusal { () throws(ReleaseIndex.Refusal) in
      try read(two, schema: ReleaseIndex.schema, limits)
    }
    #expect(many.contains("has 2 releases"))
  }

  @Test(
    arguments: [
      ("a.zip", "https://x.org/dl/a.zip"), ("v1/a+b.zip", "https://x.org/dl/v1/a%2Bb.zip"),
      ("https://cdn.x.org/a?b=c", "https://cdn.x.org/a?b=c"), ("http://x.org/a", "http://x.org/a"),
      ("../a", nil), ("/a", nil), ("//y.org/a", nil), ("a//b", nil), ("a/./b", nil), ("a/..", nil), ("", nil),
      ("a b", nil), ("https://x.org/a b", nil), ("javascript:a", nil), ("a%2f", nil), ("a\u{301}", nil),
    ] as [(String, String?)])
  func `an archive's address is whole, or a way down from the index`(url: String, address: String?) {
    for base in ["https://x.org/dl/releases.json", "https://x.org/dl/releases.json?a=/b"] {
      #expect(ReleaseIndex.address(url, from: base) == address)
    }
  }

  @Test func `the schema of an index says what is read`() throws {
    let text = try Data(contentsOf: Repository.file("docs/schema/releases.schema.json"))
    let schema = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    let defs = try #require(schema["$defs"] as? [String: [String: Any]])
    func keys(_ name: String) -> Set<String> {
      Set((defs[name]?["properties"] as? [String: Any] ?? [:]).keys)
    }
    #expect(keys("release") == ["tag", "prerelease", "notes", "archives"])
    #expect(keys("archive") == ["arch", "url", "sha256", "size", "signature"])
    let top = try #require(schema["properties"] as? [String: [String: Any]])
    #expect(top["schema"]?["const"] as? String == ReleaseIndex.schema)
  }
}
