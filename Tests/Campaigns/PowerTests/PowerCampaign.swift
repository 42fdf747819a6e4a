import Foundation
import TestSupport
import Testing

/// Replays power cuts of one recording, and counts.
struct PowerCampaign {
  let recording: Recording
  let seed: UInt64
  private(set) var counts: [String: Int] = [:]
  private(set) var failures: [String] = []

  /// So many records of its journal every whole upgrade waits for.
  static let journalRecords = 5

  /// So many are told in full; the counts tell of all.
  static let shownFailures = 8

  init(_ recording: Recording, seed: UInt64) {
    self.recording = recording
    self.seed = seed
  }

  /// Every crash point of the recorded upgrade in their order, or a sample of them; always with those after each
  /// record of the journal.
  func points(sample: Int?) throws -> [CrashPoint] {
    let log = recording.log
    guard let begin = log.index(of: "begin"), let end = log.index(of: "end") else {
      throw Tool.Failed("the log has no begin or no end")
    }
    var random = SeededRandom(seed: seed)
    let all = CrashPoint.all(
      of: log, in: begin..<end, sectorBytes: recording.fileSystem.sectorBytes, using: &random)
    let chosen = all.indices.shuffled(using: &random).prefix(sample ?? .max).map { all[$0] }
    let journal = CrashPoint.afterJournal(log, in: begin..<end)
    guard journal.count >= Self.journalRecords else {
      throw Tool.Failed("only \(journal.count) points after records of the journal")
    }
    return (chosen + journal).sorted { $0.end < $1.end }
  }

  /// Those in which a sync that was left out can show: after each later record of the journal, and a sample of the
  /// records that follow it.
  func points(after mark: String, within records: Int, sample: Int) throws -> [CrashPoint] {
    let log = recording.log
    guard let begin = log.index(of: mark), let end = log.index(of: "end") else {
      throw Tool.Failed("the log has no mark \(mark), or no end")
    }
    var random = SeededRandom(seed: seed)
    let near = CrashPoint.all(
      of: log, in: begin..<min(end, begin + records), sectorBytes: recording.fileSystem.sectorBytes,
      using: &random)
    let chosen = near.shuffled(using: &random).prefix(sample)
    return (chosen + CrashPoint.afterJournal(log, in: begin..<end)).sorted { $0.end < $1.end }
  }

  mutating func run(_ points: [CrashPoint]) throws {
    let site = recording.site
    let platter = try Platter(recording.log, base: recording.base, at: site.image("platter"))
    let image = site.image("point")
    for (number, point) in points.enumerated() {
      try platter.image(at: point, to: image)
      let sight = try recording.host.boot(image, bootID: UUID().uuidString.lowercased())
      let promised = recording.log.promises(before: point.end)
      let problems = recording.verdict.problems(sight, promised)
      let version = recording.verdict.version(Tree(sight.lines("tree settled") ?? [])) ?? "neither"
      counts[problems.isEmpty ? "ends \(version)" : "BAD", default: 0] += 1
      if !problems.isEmpty { try fail(number, point, problems, sight, image) }
    }
  }

  private mutating func fail(
    _ number: Int, _ point: CrashPoint, _ problems: [String], _ sight: Sight, _ image: String
  ) throws {
    failures.append("\(point): \(problems.joined(separator: "\n  "))")
    guard let keep = Site.environment["FLEET_POWER_KEEP"], failures.count <= Self.shownFailures else {
      return
    }
    let name = "\(keep)/\(recording.fileSystem)-\(recording.version.rawValue)-\(number)"
    try sight.text.write(toFile: name + ".txt", atomically: false, encoding: .utf8)
    try Tool.run("cp", "--sparse=always", image, name + ".img")
  }

  /// The beginning of the first failure, to stand behind a count; empty where there is none.
  var firstFailure: String { failures.first.map { ": \($0.prefix(160))" } ?? "" }

  var summary: String {
    let log = recording.log.records
    let flushes = log.count { $0 == .flush }
    let words = counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    return "\(recording.fileSystem), \(recording.version): \(counts.values.reduce(0, +)) power cuts "
      + "(\(log.count) records, \(flushes) flushes, seed \(seed)): \(words)"
  }
}
