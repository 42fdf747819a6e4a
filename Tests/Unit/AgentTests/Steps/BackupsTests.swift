import Files
import Foundation
import SystemPackage
import Testing
import Wire

@testable import Effects
@testable import Agent

@Suite struct BackupsTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "fleet-backups-\(UUID().uuidString)")

  private var profile: AppProfile {
    AppProfile(
      app: "app", name: "App", install: folder.appending(path: "app").path,
      backups: folder.appending(path: "backups").path,
      version: Reading(file: "version", match: "(.*)"), services: .units([]))
  }

  private var paths: AgentPaths {
    AgentPaths(app: "app", root: FilePath(folder.appending(path: "state").path))
  }
  private var backups: Backups { Backups(paths, profile: profile) }

  /// Turns a tree into a backup, as *settle* does.
  private func keep(_ version: String, at time: Int64, isFromBeforeFleet: Bool = false) throws -> String {
    let tree = folder.appending(path: "tree")
    try FileManager.default.createDirectory(at: tree, withIntermediateDirectories: true)
    try Data(version.utf8).write(to: tree.appending(path: "version"))
    let name = "App-backup-2026-01-01_00-00-00-\(version)"
    try backups.keep(
      FilePath(tree.path), as: name,
      note: Marker.BackupNote(
        job: "j-\(version)", version: version, timeMilliseconds: backups.nextTimeMilliseconds(now: time),
        isFromBeforeFleet: isFromBeforeFleet, profile: profile))
    return name
  }

  private func names() throws -> [String] { try backups.list().map(\.name) }

  @Test func `backups are listed newest first`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try keep("1.0.0", at: 1)
    let second = try keep("1.1.0", at: 2)
    #expect(try names() == [second, first])
    #expect(try backups.find(nil).version == "1.1.0")
    #expect(throws: StepFailure.self) { _ = try backups.find("nothing") }
  }

  @Test func `pruning keeps the newest and never touches a tree from before fleet`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let precious = try keep("0.9.0", at: 0, isFromBeforeFleet: true)
    _ = try keep("1.0.0", at: 1)
    let second = try keep("1.1.0", at: 2)
    let third = try keep("1.2.0", at: 3)
    let stranger = folder.appending(path: "backups/mine")
    try FileManager.default.createDirectory(at: stranger, withIntermediateDirectories: true)
    try backups.prune(keep: 2)
    #expect(try names() == [third, second, precious])
    #expect(FileManager.default.fileExists(atPath: stranger.path))
    try backups.prune(keep: 0)
    #expect(try names() == [third, precious], "the last backup stays, whatever is asked")
  }

  @Test func `the latest is the newest though the clock was set back`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try keep("1.0.0", at: 2_000)
    let second = try keep("1.1.0", at: 1_000)
    let third = try keep("1.2.0", at: 500)
    #expect(try names() == [third, second, first])
    try backups.prune(keep: 2)
    #expect(try names() == [third, second])
    #expect(try backups.find(nil).version == "1.2.0")
  }

  @Test func `pruning finishes what a crash left`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let name = try keep("1.0.0", at: 1)
    let trash = folder.appending(path: "backups/.fleet-trash-App-backup-2025-01-01_00-00-00-0.9.0/half")
    try FileManager.default.createDirectory(at: trash, withIntermediateDirectories: true)
    try backups.prune(keep: 3)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "backups").path) == [name])
  }

  struct Case: Sendable {
    var sizes: [Int64]
    var keep: Int
    var bytes: Int64?
    var gone: [Int]
  }

  @Test(arguments: [
    Case(sizes: [5, 5, 5, 5], keep: 3, bytes: nil, gone: [3]),
    Case(sizes: [5, 5, 5, 5], keep: 9, bytes: 11, gone: [2, 3]),
    Case(sizes: [5, 5, 5, 5], keep: 1, bytes: 100, gone: [1, 2, 3]),
    Case(sizes: [50, 5], keep: 9, bytes: 10, gone: [1]),
    Case(sizes: [5, 50, 5], keep: 9, bytes: 10, gone: [1, 2]),
    Case(sizes: [5, 5], keep: 9, bytes: 10, gone: []),
    Case(sizes: [], keep: 3, bytes: 0, gone: []),
  ])
  func `pruning counts and weighs`(_ one: Case) {
    #expect(
      Backups.superfluous(one.sizes.map { ($0, true) }, keep: one.keep, bytes: one.bytes) == one.gone)
  }

  @Test func `the newest that worked stays whatever is asked`() {
    let backups: [(bytes: Int64, works: Bool)] = [(9, false), (9, false), (9, true), (9, true)]
    #expect(Backups.superfluous(backups, keep: 1, bytes: nil) == [1, 3])
    #expect(Backups.superfluous(backups, keep: 9, bytes: 1) == [1, 3])
  }

  @Test func `what other trees hold too is not the backup's own`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let picture = folder.appending(path: "picture")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "tree"), withIntermediateDirectories: true)
    try Data(count: 4 << 20).write(to: picture)
    try FileManager.default.linkItem(at: picture, to: folder.appending(path: "tree/picture"))
    _ = try keep("1.0.0", at: 1)
    #expect(try backups.list()[0].bytes < 1 << 20)
    try FileManager.default.removeItem(at: picture)
    #expect(try backups.list()[0].bytes >= 4 << 20)
  }

  @Test func `keeping twice is keeping once`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let name = try keep("1.0.0", at: 1)
    _ = try keep("1.0.0", at: 1)
    #expect(try names() == [name])
  }

  @Test func `what root wrote down of a backup counts, whatever its tree says`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try StateFolder(paths).prepare()
    let name = try keep("1.0.0", at: 1)
    var record = BackupRecord(note: try #require(Marker.read(in: backups.folder.appending(name))?.backup))
    record.note.version = "0.9.0"
    record.note.isFromBeforeFleet = true
    try backups.records.keep(record, as: name, units: [], from: UnitShelf(folder: "/nowhere"))
    #expect(try backups.find(nil).version == "0.9.0")
    try FileManager.default.removeItem(atPath: backups.folder.appending(name).appending(Marker.name).string)
    #expect(try backups.find(nil).version == "0.9.0", "the app took the marker away")
    try backups.prune(keep: 0)
    #expect(try names() == [name], "a tree from before fleet is never pruned, whoever says otherwise")
  }

  @Test func `a name holds the date and the version`() throws {
    let name = Backups.name(profile: profile, version: "8.16.0/..")
    #expect(name.hasPrefix("App-backup-20"))
    #expect(name.hasSuffix("-8.16.0_.."))
  }
}
