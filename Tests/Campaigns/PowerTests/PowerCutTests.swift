import Foundation
import TestSupport
import Testing

/// A power cut at any moment of an upgrade, at the level of the disk's blocks, with the real agent.
///
/// `FLEET_POWER=sample`, and CI, plays a sample, its seed printed; `FLEET_POWER_SEED` repeats it, and
/// `FLEET_POWER_SAMPLE` says how large it is. `make campaign NAME=power` plays all.
@Suite("A power cut", .serialized, .enabled(if: Site.isWanted, "\(Site.notWanted)")) struct PowerCutTests {
  static let seed = Site.environment["FLEET_POWER_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
  /// How many points of each recording are played; nil plays all.
  static let sample: Int? =
    Site.environment["FLEET_POWER"] == "all"
    ? nil : Site.environment["FLEET_POWER_SAMPLE"].flatMap { Int($0) } ?? 24

  @Test(arguments: FileSystem.allCases)
  func `in an upgrade leaves one whole version, and a reported success stays`(_ kind: FileSystem) throws {
    try play(.good, on: kind)
  }

  @Test(arguments: FileSystem.allCases)
  func `in an upgrade that is undone leaves one whole version`(_ kind: FileSystem) throws {
    try play(.unwell, on: kind)
  }

  private func play(_ version: Pocket.Version, on kind: FileSystem) throws {
    if let missing = Site.missing { throw Tool.Failed(missing) }
    let site = try Site()
    let base = site.image("base")
    try Host(site: site, fileSystem: kind).furnish(base)
    let recording = try Recording(site, kind, version, base: base)
    var campaign = PowerCampaign(recording, seed: Self.seed)
    try campaign.run(campaign.points(sample: Self.sample))
    print(campaign.summary)
    for failure in campaign.failures.prefix(PowerCampaign.shownFailures) { Issue.record("\(failure)") }
    #expect(campaign.failures.isEmpty, "seed \(Self.seed)")
  }
}
