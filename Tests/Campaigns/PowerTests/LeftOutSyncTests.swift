import Foundation
import TestSupport
import Testing

/// Each sync of the agent is left out once, and the power cut behind it: a sync that is needed shows then.
///
/// `make campaign NAME=power` does it with all of them, and prints a table. Here it is one that surely is
/// needed, so that it is seen that these tests can fail. `FLEET_POWER_FILESYSTEM` names another file system than ext4.
@Suite("A sync that is left out", .serialized, .enabled(if: Site.isWanted, "\(Site.notWanted)"))
struct LeftOutSyncTests {
  /// How far behind it is looked, in records of the block log, and how many power cuts are sampled there.
  static let window = 150
  static let sample = Site.environment["FLEET_POWER_SAMPLE"].flatMap { Int($0) } ?? 30

  private static let kind =
    Site.environment["FLEET_POWER_FILESYSTEM"].flatMap { FileSystem(rawValue: $0) } ?? .ext4

  @Test func `is found out where what was put back had to be on the disk before the journal said so`() throws
  {
    let bench = try Bench(Self.kind, .unwell)
    let syncs = try bench.syncs()
    // Of a path outside the install; nothing else comes after it that would write the same file.
    let sync = try #require(syncs.last { $0.call == "syncfs" && $0.path.hasSuffix("/mnt/etc/") })
    let campaign = try bench.leaveOut(sync)
    print("without \(sync): \(campaign.summary)")
    #expect(!campaign.failures.isEmpty, "seed \(PowerCutTests.seed)")
  }

  @Test(
    .enabled(if: Site.environment["FLEET_POWER"] == "all", "make campaign NAME=power"),
    arguments: SyncKind.allCases, [Pocket.Version.good, .unwell])
  func `is found out with the others of its kind`(_ syncs: SyncKind, _ version: Pocket.Version) throws {
    let campaign = try Bench(Self.kind, version).leaveOut(syncs)
    print("without \(syncs): \(campaign.summary)\(campaign.firstFailure)")
    if version == .good, syncs == .journal || syncs == .files {
      #expect(!campaign.failures.isEmpty, "seed \(PowerCutTests.seed)")
    }
  }

  @Test(
    .enabled(if: Site.environment["FLEET_POWER"] == "all", "make campaign NAME=power"),
    arguments: [Pocket.Version.good, .unwell])
  func `is found out, or was not needed`(_ version: Pocket.Version) throws {
    let bench = try Bench(Self.kind, version)
    let syncs = try bench.syncs()
    let wanted = Site.environment["FLEET_POWER_SYNCS"].map { $0.split(separator: ",").compactMap { Int($0) } }
    print("syncs of an upgrade (\(Self.kind), \(version)): \(syncs.count)")
    var found = 0
    for sync in syncs where wanted?.contains(sync.number) ?? true {
      let campaign = try bench.leaveOut(sync)
      let bad = campaign.counts["BAD"] ?? 0
      print("\(sync): \(bad) of \(campaign.counts.values.reduce(0, +))\(campaign.firstFailure)")
      found += bad
    }
    #expect(found > 0 || wanted != nil, "no sync at all is needed, seed \(PowerCutTests.seed)")
  }
}

/// Syncs of a kind, left out together: what one of them would have brought to the disk another one may bring too.
enum SyncKind: String, CaseIterable, CustomStringConvertible {
  case journal = "fdatasync */journal"
  case stories = "fdatasync */events.jsonl"
  case files = "fsync *[!/]"
  case names = "fsync */"
  case trees = "syncfs *"

  var description: String { rawValue }
}

/// A call of the agent that waits for the disk.
struct SyncCall: CustomStringConvertible {
  var number: Int
  var call: String
  var path: String

  /// As `Tests/Campaigns/Tools/nosync` writes it.
  init?(_ line: Substring) {
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    guard words.count == 3, let number = Int(words[0]) else { return nil }
    self.number = number
    call = words[1]
    path = words[2]
  }

  var description: String {
    "\(number) \(call) …\(path.split(separator: "/").suffix(3).joined(separator: "/"))"
  }
}

/// One disk on which the same upgrade is run again and again, each time without one of its syncs.
private struct Bench {
  let site: Site
  let kind: FileSystem
  let version: Pocket.Version
  let base: String
  private var log: String { site.image("syncs") }

  init(_ kind: FileSystem, _ version: Pocket.Version) throws {
    if let missing = Site.missing { throw Tool.Failed(missing) }
    site = try Site()
    self.kind = kind
    self.version = version
    base = site.image("base")
    try Host(site: site, fileSystem: kind).furnish(base)
  }

  private func record(without skipped: String) throws -> Recording {
    try Data().write(to: URL(fileURLWithPath: log))
    return try Recording(
      site, kind, version, base: base,
      [
        "PRELOAD": "\(site.programs)/libnosync.so", "FLEET_NOSYNC_LOG": log, "FLEET_NOSYNC_SKIP": skipped,
        "FLEET_NOSYNC_MARK": "\(site.folder)/outside/mark",
      ])
  }

  private func readLog() throws -> [SyncCall] {
    try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").compactMap { SyncCall($0) }
  }

  /// All of them, in an undisturbed run.
  func syncs() throws -> [SyncCall] {
    _ = try record(without: "")
    return try readLog()
  }

  func leaveOut(_ kind: SyncKind) throws -> PowerCampaign {
    let recording = try record(without: kind.rawValue)
    var campaign = PowerCampaign(recording, seed: PowerCutTests.seed)
    let sample = LeftOutSyncTests.sample * 2
    try campaign.run(campaign.points(after: "left out", within: recording.log.records.count, sample: sample))
    return campaign
  }

  func leaveOut(_ sync: SyncCall) throws -> PowerCampaign {
    let recording = try record(without: "\(sync.number)")
    let again = try readLog().first { $0.number == sync.number }
    guard again?.call == sync.call else {
      throw Tool.Failed("sync \(sync) was another one this time: \(again.map { "\($0)" } ?? "none")")
    }
    var campaign = PowerCampaign(recording, seed: PowerCutTests.seed)
    try campaign.run(
      campaign.points(
        after: "left out", within: LeftOutSyncTests.window, sample: LeftOutSyncTests.sample)
    )
    return campaign
  }
}
