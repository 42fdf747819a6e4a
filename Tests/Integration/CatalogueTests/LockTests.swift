import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Catalogue
@testable import Coordinator

@Suite struct LockTests {
  @Test func `what is seen first is written to the lock`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let release = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    let text = try #require(desk.lockText)
    let (commit, tree) = try await GrowroomReleases.ids(double.repository, "v4.1.0")
    #expect(text.contains("\"commit\" : \"\(commit)\"") && text.contains("\"tree\" : \"\(tree)\""))
    #expect(!text.contains(release.name.sha256))
  }

  @Test func `every release that is fetched at the same time is written`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    let tags = ["v4.0.26", "v4.0.27", "v4.1.0", "v4.2.0", "v5.0.0"]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for tag in tags {
        group.addTask { _ = try await desk.catalogue().fetch(tag, of: double.source()) }
      }
      try await group.waitForAll()
    }
    let text = try #require(desk.lockText)
    #expect(tags.filter { !text.contains("\"\($0)\" :") } == [])
  }

  @Test func `a tag that was moved is refused before anything is fetched`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    let lock = desk.lockText
    let (old, _) = try await GrowroomReleases.ids(double.repository, "v4.1.0")
    let (new, _) = try await GrowroomReleases.ids(double.repository, "v4.2.0")
    try await double.set(#"{"move_tag": {"tag": "v4.1.0", "to": "v4.2.0"}}"#)
    let text = await refusal(.changed) {
      try await desk.catalogue().fetch("v4.1.0", of: double.source())
    }
    #expect(text.contains(old) && text.contains(new))
    #expect(text.contains("fleet fetch --accept 4.1.0"))
    #expect(try await double.downloads().count == 1)
    #expect(desk.lockText == lock)
  }

  @Test func `a moved tag is taken once it is accepted`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    try await double.set(#"{"move_tag": {"tag": "v4.1.0", "to": "v4.2.0"}}"#)
    let accepted = try await desk.catalogue().fetch("v4.1.0", of: double.source(), accept: true)
    let (new, _) = try await GrowroomReleases.ids(double.repository, "v4.2.0")
    #expect(accepted.name.commit == new)
    #expect(try await desk.catalogue().fetch("v4.1.0", of: double.source()) == accepted)
    // And back again: that is a change too, though it lies in the cache.
    try await double.set(#"{"move_tag": {"tag": "v4.1.0", "to": "v4.2.0~4"}}"#)
    _ = await refusal(.changed) {
      try await desk.catalogue().fetch("v4.1.0", of: double.source())
    }
  }

  @Test(arguments: ["", "nonsense", "{\"schema\":\"fleet.lock/9\",\"apps\":{}}"])
  func `a lock that cannot be read is not overwritten`(content: String) async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try content.write(
      toFile: desk.inventory.appending("fleet.lock").string, atomically: false, encoding: .utf8)
    let text = await refusal(.storage) {
      try await desk.catalogue().fetch("v4.1.0", of: double.source())
    }
    #expect(text.contains("fleet.lock"))
    #expect(desk.lockText == content)
  }

  @Test func `another process that writes the lock is waited for`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    _ = try await desk.catalogue().fetch("v4.1.0", of: double.source())
    let turns = try FileManager.default.contentsOfDirectory(atPath: desk.cache.string)
    let turn = try #require(turns.first { $0.hasPrefix("inventory-") })
    let script = "exec 9<>\(desk.cache.appending(turn)); flock 9; echo 'READY port=1'; exec sleep 600"
    let other = try await TestServer.start("/bin/bash", ["-c", script])
    let lock = desk.lockText
    let text = await refusal(.storage) {
      try await desk.catalogue { $0.lockWaitMilliseconds = 200 }.fetch("v4.2.0", of: double.source())
    }
    #expect(text.contains("held by"))
    #expect(desk.lockText == lock)
    other.stop()
    _ = try await desk.catalogue().fetch("v4.2.0", of: double.source())
  }

  @Test func `an inventory folder that is gone is an error and no release`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try FileManager.default.removeItem(atPath: desk.inventory.string)
    _ = await refusal(.storage) {
      try await desk.catalogue().fetch("v4.1.0", of: double.source())
    }
  }
}
