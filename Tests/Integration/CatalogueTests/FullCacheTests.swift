import Archive
import Files
import Release
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Catalogue
@testable import Inventory

/// Every effect of a fetch on the disk under cache and fleet.lock fails, once or from there on: what comes is what was
/// verified, or an error, and with room on the disk the next fetch is as if nothing had been.
@Suite(.serialized) struct FullCacheTests {
  private func everywhere(
    _ name: String, _ source: ReleaseSource, verify: VerifyPolicy
  ) async throws {
    let good = try Desk()
    let disk = FailingDisk(below: good.scratch.path)
    let wanted = try await disk.during {
      try await good.catalogue().fetch("v4.1.0", of: source, verify: verify)
    }
    let count = disk.effects.count
    #expect(count > 8, "the effects do not pass by the gate: \(disk.effects)")
    for trouble in FailingDisk.fullDisks(effects: count, "full cache, \(name)") {
      let desk = try Desk()
      let disk = FailingDisk(trouble, below: desk.scratch.path)
      do {
        let release = try await disk.during {
          try await desk.catalogue().fetch("v4.1.0", of: source, verify: verify)
        }
        #expect(release.name == wanted.name, "\(trouble) (\(disk.struck))")
        let digest = try FileDigest.of(release.file)
        #expect(digest.description == wanted.name.sha256, "\(trouble) (\(disk.struck))")
      } catch {
        guard case CatalogueError.storage(let text) = error else {
          Issue.record("\(trouble) (\(disk.struck)): \(error)")
          continue
        }
        #expect(text.contains("full") || text.contains("No space"), "\(text)")
      }
      let release = try await desk.catalogue().fetch("v4.1.0", of: source, verify: verify)
      #expect(release.name == wanted.name, "after \(trouble) (\(disk.struck))")
      #expect(try FileDigest.of(release.file).description == wanted.name.sha256)
      #expect(desk.lockText == good.lockText, "after \(trouble) (\(disk.struck))")
    }
  }

  @Test func `a disk that is full under an archive of a directory loses nothing`() async throws {
    let shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0"])
    try await everywhere("directory", shelf.source, verify: .none)
  }

  @Test func `a disk that is full under a download loses nothing`() async throws {
    let desk = try Desk()
    let double = try await GitHubDouble.start(in: desk.scratch)
    try await everywhere("download", double.source(), verify: .full)
  }

  @Test func `a delta that found no room is made when there is some`() async throws {
    let shelf = try await Shelf.make(["v4.1.0.tar.gz": "v4.1.0", "v4.2.0.tar.gz": "v4.2.0"])
    _ = try await shelf.fetch()
    let new = try await shelf.desk.catalogue().fetch("v4.2.0", of: shelf.source, verify: .none)
    let old = try #require(TagName("v4.1.0"))
    let folder = try Directory.open(new.file.removingLastComponent())
    func delta() async -> DeltaFile? {
      await shelf.desk.catalogue().delta(from: old, to: new, of: shelf.source, verify: .none)
    }
    let disk = FailingDisk(below: shelf.desk.scratch.path)
    let wanted = try #require(await disk.during { await delta() })
    #expect(disk.effects.count > 8, "the effects do not pass by the gate: \(disk.effects)")
    for trouble in FailingDisk.fullDisks(effects: disk.effects.count, "full cache, delta") {
      for name in try folder.entries() where name.string.hasPrefix("delta-") { try folder.removeTree(name) }
      let disk = FailingDisk(trouble, below: shelf.desk.scratch.path)
      let made = await disk.during { await delta() }
      #expect(made == nil || made == wanted, "\(trouble) (\(disk.struck))")
      #expect(await delta() == wanted, "after \(trouble) (\(disk.struck))")
    }
  }
}
