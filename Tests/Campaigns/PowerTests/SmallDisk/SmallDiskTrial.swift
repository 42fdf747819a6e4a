import Foundation
import TestSupport
import Wire

/// One disk that runs out of something in the middle of an upgrade, and what became of it.
struct SmallDiskTrial: Sendable, CustomStringConvertible {
  let moment: Moment
  let shortage: Shortage

  var description: String { "\(shortage) at \(moment)" }

  /// How the host ended.
  enum Ending: String, Sendable, CaseIterable {
    /// The old version was never stopped.
    case refused
    case undone
    case upgraded
  }

  struct Result: Sendable {
    var ending: Ending?
    var told: Told
    var problems: [String]
    var text: String
  }

  func run(on bench: SmallDiskBench) throws -> Result {
    let image = try bench.copy()
    let first = try bench.upgrade(image, job: "job-1", moment: moment, shortage: shortage)
    var result = Result(
      ending: Self.ending(first.told), told: first.told, problems: [], text: first.sight.text)
    guard shortage != .readOnly else {
      try reboot(image, first, bench, &result)
      return result
    }
    result.problems = bench.problems(first)
    if let ending = result.ending, ending != .upgraded { try orderAgain(image, first, bench, &result) }
    return result
  }

  static func ending(_ told: Told) -> Ending? {
    switch told.outcome {
    case .refused, .deferred: .refused
    case .rolledBack: .undone
    case .upgraded: .upgraded
    default: nil
    }
  }

  /// With the room given back, and a person who has looked, the same release goes in.
  private func orderAgain(
    _ image: String, _ first: Upgrading, _ bench: SmallDiskBench, _ result: inout Result
  ) throws {
    var again = try bench.upgrade(image, job: "job-2", freed: true)
    again.promised.add(first.promised)
    var problems = bench.problems(again)
    if again.told.outcome != .upgraded { problems.append("with room again: \(again.told)") }
    result.problems += problems.map { "ordered again: \($0)" }
    result.text += "\n\n=== ordered again\n" + again.sight.text
  }

  /// Whoever finds a dead host takes its power away and gives it back.
  private func reboot(
    _ image: String, _ first: Upgrading, _ bench: SmallDiskBench, _ result: inout Result
  ) throws {
    result.problems = bench.problemsWhileReadOnly(first)
    let boot = try bench.host.boot(image, bootID: UUID().uuidString.lowercased(), ["REPAIR": "yes"])
    result.text += "\n\n=== after the boot\n" + boot.text
    var promised = first.promised
    promised.heard = first.told.outcome?.rawValue
    result.problems += bench.verdict.problems(boot, promised).map { "after the boot: \($0)" }
    let version = bench.verdict.version(Tree(boot.lines("tree settled") ?? []))
    result.ending = version == bench.verdict.newVersion ? .upgraded : version == nil ? nil : .undone
    if result.ending == .undone {
      var before = first
      before.promised = promised
      before.promised.heard = nil
      try orderAgain(image, before, bench, &result)
    }
  }
}

extension Promises {
  /// What was promised earlier holds too.
  mutating func add(_ earlier: Promises) {
    rows.merge(earlier.rows) { $1 + $0 }
    pictures.merge(earlier.pictures) { $1 + $0 }
  }
}
