import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Catalogue
@testable import Inventory
@testable import Coordinator

@Suite struct CacheTests {
  @Test func `a second fetch takes the archive from the cache and asks for the tag anew`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let first = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    try await double.set(#"{"reset": true}"#)
    #expect(try await desk.catalogue().fetch("v4.1.0", of: double.source()) == first)
    #expect(try await double.requests().map(\.status) == [304])
  }

  @Test func `without network a locked release comes from the cache`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let first = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    double.stop()
    #expect(try await desk.catalogue().fetch("v4.1.0", of: double.source()) == first)
  }

  @Test(arguments: [#"{"rate_limit_exhausted": true}"#, #"{"api_status": 503}"#])
  func `while the source cannot answer too`(switches: String) async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let first = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    try await double.set(switches)
    #expect(try await desk.catalogue().fetch("v4.1.0", of: double.source()) == first)
  }

  @Test func `without network what is not in the lock is not used`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    try FileManager.default.removeItem(atPath: desk.inventory.appending("fleet.lock").string)
    double.stop()
    await expectSourceError(desk, double)
  }

  @Test func `without network a change is not accepted`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    double.stop()
    await expectSourceError(desk, double, accept: true)
  }

  @Test func `a tag that the source no longer has is not taken from the cache`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    try await double.set(#"{"visible": ["v4.0.*"]}"#)
    _ = await refusal(.notFound) {
      try await desk.catalogue().fetch("v4.1.0", of: double.source())
    }
  }

  @Test(arguments: ["archive", "listing.json", "facts.json"])
  func `what the disk has changed is fetched again`(name: String) async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let first = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    try desk.damage(try #require(desk.cached(name).first))
    #expect(try await desk.catalogue().fetch("v4.1.0", of: double.source()) == first)
    #expect(try await double.downloads().count == 2)
  }

  @Test(arguments: ["archive", "listing.json", "facts.json"])
  func `what the disk has changed is not used without network either`(name: String) async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    try desk.damage(try #require(desk.cached(name).first))
    double.stop()
    await expectSourceError(desk, double)
  }

  @Test func `a stricter profile holds for the cache too`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    let policy = VerifyPolicy(require: ["sha256"], minisignKeys: [])
    _ = await refusal(.unverified) {
      try await desk.catalogue().fetch("v4.1.0", of: double.source(), verify: policy)
    }
  }

  @Test func `several fleets fetch a release once`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await double.set(#"{"bytes_per_second": 400000}"#)
    let releases = try await withThrowingTaskGroup(of: FetchedRelease.self) { group in
      for _ in 0..<4 {
        group.addTask { try await desk.catalogue().fetch("v4.1.0", of: double.source()) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(releases.allSatisfy { $0 == releases.first })
    #expect(try await double.downloads().count == 1)
  }

  @Test func `another process that fetches the same tag is waited for and named`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    let turn = try #require(desk.cached("v4.1.0.turn").first)
    let script = "exec 9<>\(turn); flock 9; echo 'READY port=1'; exec sleep 600"
    let other = try await TestServer.start("/bin/bash", ["-c", script])
    let text = await refusal(.storage) {
      try await desk.catalogue { $0.turnWaitSeconds = 0.2 }.fetch("v4.1.0", of: double.source())
    }
    #expect(text.contains("held by fleet, fetching v4.1.0"))
    other.stop()
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
  }

  @Test func `facts over the limit are not read`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    _ = try await desk.catalogue { $0.maxKeptBytes = 100 }.fetch("v4.1.0", of: double.source())
    #expect(try await double.downloads().count == 2)
  }

  @Test func `the cache is for its owner only`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    let mode = try FileManager.default.attributesOfItem(atPath: desk.cache.string)[.posixPermissions] as? Int
    #expect(mode == 0o700)
  }

  private func expectSourceError(_ desk: Desk, _ double: GitHubDouble, accept: Bool = false) async {
    _ = await refusal(.source) {
      try await desk.catalogue().fetch("v4.1.0", of: double.source(), accept: accept)
    }
  }
}
