import Foundation
import TestSupport
import Testing

/// Trials of one kind, counted.
struct Series {
  let name: String
  let bench: SmallDiskBench
  private(set) var counts: [SmallDiskTrial.Ending: Int] = [:]
  private(set) var bad = 0
  private(set) var failures: [String] = []
  /// The amounts that were tried, in words.
  private var tried: [String] = []

  /// So many are told in full; the counts tell of all.
  static let shownFailures = 8

  init(_ name: String, on bench: SmallDiskBench) {
    self.name = name
    self.bench = bench
  }

  /// How it ended; nil where something is wrong.
  @discardableResult
  mutating func run(_ trial: SmallDiskTrial) -> SmallDiskTrial.Ending? {
    tried.append("\(trial)")
    do {
      let result = try trial.run(on: bench)
      if result.problems.isEmpty, let ending = result.ending {
        counts[ending, default: 0] += 1
        return ending
      }
      fail("\(trial): told \(result.told)\n  \(result.problems.joined(separator: "\n  "))", result.text)
    } catch {
      fail("\(trial): \(error)", "")
    }
    return nil
  }

  private mutating func fail(_ words: String, _ text: String) {
    bad += 1
    failures.append(words)
    guard let keep = Site.environment["FLEET_SMALL_DISK_KEEP"], bad <= Self.shownFailures else { return }
    let file = "\(keep)/\(name)-\(bad).txt".replacing(" ", with: "-")
    try? "\(words)\n\n\(text)".write(toFile: file, atomically: false, encoding: .utf8)
  }

  /// Upgrades in a row after which more room is sure to be enough too.
  static let enough = 3

  /// Tries one amount after the other until the upgrade goes well.
  mutating func run(_ trials: some Sequence<SmallDiskTrial>) {
    var well = 0
    for trial in trials where well < Self.enough {
      well = run(trial) == .upgraded ? well + 1 : 0
    }
  }

  func report(_ seed: UInt64) {
    let words =
      SmallDiskTrial.Ending.allCases.map { "\($0) \(counts[$0] ?? 0)" } + (bad > 0 ? ["BAD \(bad)"] : [])
    let range = tried.count > 1 ? "\(tried[0]) … \(tried[tried.count - 1])" : tried.first ?? "nothing"
    print("\(name): \(tried.count) upgrades (\(range), seed \(seed)): \(words.joined(separator: ", "))")
    for failure in failures.prefix(Self.shownFailures) { Issue.record("\(failure)") }
    #expect(failures.isEmpty, "seed \(seed)")
  }
}
