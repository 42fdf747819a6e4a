import Foundation
import Wire
import SystemPackage
import Testing

@testable import Catalogue
@testable import Inventory
@testable import Coordinator

@Suite struct CatalogueVerificationTests {
  @Test func `one turned bit in the compressed archive is refused`() async throws {
    let text = try await said(#"{"flip_byte": 9000}"#)
    #expect(text.contains("v4.1.0 is refused"))
  }

  @Test func `one changed byte in a file is refused with both trees`() async throws {
    let text = try await said(#"{"tamper_file": "growroom/daemon.py"}"#)
    #expect(text.contains("the files in its archive are not those of its commit"))
    #expect(text.contains("the commit's tree:") && text.contains("the archive's tree:"))
  }

  @Test func `a recompressed archive is the same release`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let first = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    let lock = desk.lockText
    try await double.set(#"{"gzip_level": 1}"#)
    let other = try Desk()
    try FileManager.default.copyItem(
      atPath: desk.inventory.appending("fleet.lock").string,
      toPath: other.inventory.appending("fleet.lock").string)
    let second = try await other.catalogue().fetch("v4.1.0", of: double.source())
    #expect(second.name.sha256 != first.name.sha256)
    #expect(second.name.tree == first.name.tree)
    #expect(second.verified == ["commit", "tree"])
    #expect(other.lockText == lock)
  }

  @Test func `an archive of another commit is refused`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    // The list still says where v4.1.0 was; the archives come from where it is now.
    let (old, tree) = try await GrowroomReleases.ids(double.repository, "v4.1.0")
    let (other, _) = try await GrowroomReleases.ids(double.repository, "v4.2.0")
    try await double.set(#"{"move_tag": {"tag": "v4.1.0", "to": "v4.2.0"}}"#)
    let downloads = "http://127.0.0.1:\(double.downloadPort)"
    let archive = "\(downloads)/codeload/growers/growroom/legacy.tar.gz/refs/tags/v4.1.0"
    let server = try await CannedServer.start(Canned.answers(commit: old, tree: tree, archive: archive))
    let text = await refusal(.unverified) {
      try await desk.catalogue().fetch("v4.1.0", of: server.source)
    }
    #expect(text.contains("another commit") && text.contains(old) && text.contains(other))
    #expect(desk.lockText == nil)
  }

  @Test func `accepting a changed tag does not accept a changed archive`() async throws {
    let text = try await said(#"{"tamper_file": "growroom/daemon.py"}"#, accept: true)
    #expect(text.contains("not those of its commit"))
  }

  /// What a fetch from a double with these switches says. Nothing of it may stay.
  private func said(_ switches: String, accept: Bool = false) async throws -> String {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(switches)
    let text = await refusal(.unverified) {
      try await desk.catalogue().fetch("v4.1.0", of: double.source(), accept: accept)
    }
    #expect(desk.lockText == nil)
    #expect(["archive", "archive.part", "facts.json"].flatMap { desk.cached($0) } == [])
    return text
  }
}

/// Answers of an API about one tag, v4.1.0.
enum Canned {
  static let base = "/repos/growers/growroom"

  static func answers(commit: String, tree: String, archive: String) -> [String: CannedServer.Answer] {
    [
      TagListTests.firstPage: .init(body: #"[{"name": "v4.1.0", "commit": {"sha": "\#(commit)"}}]"#),
      "\(base)/git/commits/\(commit)": .init(body: #"{"sha": "\#(commit)", "tree": {"sha": "\#(tree)"}}"#),
      "\(base)/tarball/refs/tags/v4.1.0": .init(status: 302, headers: ["Location": archive]),
    ]
  }
}
