import Foundation
import TestSupport
import Testing

/// A real small disk that runs out of room, of inodes, or of life in the middle of an upgrade by the real agent.
///
/// `make campaign NAME=small-disk` (FLEET_SMALL_DISK=all) tries every amount from none up to where the upgrade
/// goes well; otherwise it is a sample, its seed printed. `FLEET_SMALL_DISK_SEED` repeats it, and
/// `FLEET_SMALL_DISK_MOMENTS=stop,migrate` keeps to some moments.
@Suite(
  "A small disk", .serialized,
  .enabled(if: SmallDiskPlan.missing == nil || SmallDiskPlan.isWanted, "\(SmallDiskPlan.missing ?? "")"))
struct SmallDiskTests {
  @Test(arguments: SmallDiskPlan.roomMoments)
  func `that runs out of room is refused before the stop, or undone, or upgraded`(_ moment: Moment) throws {
    var series = Series("room at \(moment)", on: try SmallDiskPlan.bench.get())
    func trial(_ steps: Int) -> SmallDiskTrial {
      SmallDiskTrial(moment: moment, shortage: .room(steps: steps))
    }
    var random = SeededRandom(seed: SmallDiskPlan.seed, name: series.name)
    // Before the stop so much must stay free that nothing far below it can go well.
    let reserve = SmallDiskPlan.reserveSteps
    if SmallDiskPlan.isAll {
      series.run((0..<SmallDiskPlan.lowSteps).map(trial))
      if moment.isBeforeStop {
        for steps in (0..<8).map({ _ in Int.random(in: SmallDiskPlan.lowSteps..<reserve, using: &random) }) {
          series.run(trial(steps))
        }
        series.run((reserve - 4..<reserve + SmallDiskPlan.lowSteps).map(trial))
      }
    } else {
      let low = Int.random(in: 0..<SmallDiskPlan.likelySteps, using: &random)
      series.run(trial(moment.isBeforeStop && .random(using: &random) ? reserve + low : low))
    }
    series.report(SmallDiskPlan.seed)
  }

  @Test(arguments: SmallDiskPlan.roomMoments.filter { $0 != .sending })
  func `that runs out of inodes is refused before the stop, or undone, or upgraded`(_ moment: Moment) throws {
    var series = Series("inodes at \(moment)", on: try SmallDiskPlan.bench.get())
    func trial(_ count: Int) -> SmallDiskTrial { SmallDiskTrial(moment: moment, shortage: .inodes(count)) }
    if SmallDiskPlan.isAll {
      series.run((0..<SmallDiskPlan.inodes).map(trial))
    } else {
      var random = SeededRandom(seed: SmallDiskPlan.seed, name: series.name)
      series.run(trial(.random(in: 0..<SmallDiskPlan.likelyInodes(moment), using: &random)))
    }
    series.report(SmallDiskPlan.seed)
  }

  @Test(arguments: SmallDiskPlan.deaths)
  func `that the kernel gives up has one whole version after the next boot`(_ moment: Moment) throws {
    var series = Series("read-only at \(moment)", on: try SmallDiskPlan.bench.get())
    for _ in 0..<(SmallDiskPlan.isAll ? 3 : 1) {
      series.run(SmallDiskTrial(moment: moment, shortage: .readOnly))
    }
    series.report(SmallDiskPlan.seed)
  }
}

/// What the tests above share.
private enum SmallDiskPlan {
  static let isAll = Site.environment["FLEET_SMALL_DISK"] == "all"
  /// Where CI runs, or it was asked for, there must be such disks: what is missing then fails.
  static let isWanted = isCI || Site.environment["FLEET_SMALL_DISK"] != nil
  static let missing = Site.missing(for: [.ext4])
  static let seed =
    Site.environment["FLEET_SMALL_DISK_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
  static let bench = Result { try SmallDiskBench() }

  private static let moments = Moment.allCases.filter { moment in
    Site.environment["FLEET_SMALL_DISK_MOMENTS"].map { $0.split(separator: ",").contains("\(moment)") }
      ?? true
  }

  /// Finding room is over once the new version is started.
  static let roomMoments = moments.filter { $0 != .start }

  /// At which moments disks die; of a sample one before the stop, and one after it.
  static let deaths: [Moment] = {
    let candidates = moments.filter { $0 != .sending && $0 != .order }
    guard !isAll else { return candidates }
    var random = SeededRandom(seed: seed, name: "deaths")
    return [true, false].compactMap { isBefore in
      candidates.filter { $0.isBeforeStop == isBefore }.randomElement(using: &random)
    }
  }()

  /// What fleet wants to stay free, in steps.
  static let reserveSteps = (256 << 20) / Shortage.stepBytes
  /// More than any upgrade of this app takes.
  static let lowSteps = 24
  /// Among the first so many it is decided.
  static let likelySteps = 6
  static let inodes = 160

  static func likelyInodes(_ moment: Moment) -> Int { moment.isBeforeStop ? 60 : 16 }
}
