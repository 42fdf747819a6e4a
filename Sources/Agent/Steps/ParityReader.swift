import ByteText
import Effects
import Upgrade
import Wire

/// Asks the profile's `parity:` commands what the app says of itself.
struct ParityReader {
  enum Answer: Equatable, Sendable {
    case said(ParityReading)
    /// Why not, for people.
    case unreadable(String)
    case interrupted(Interruption)
  }

  var environment: StepEnvironment
  var owner: String?
  var runner: any CommandRunning

  /// What each says, in their order; they are asked side by side.
  func ask(_ checks: [ParityCheck], interruption: InterruptionCheck) -> [Answer] {
    let answers = runner.ask(
      checks.map(\.run), environment: environment, owner: owner, interruption: interruption)
    return zip(checks, answers).map { Self.answer($0, to: $1.title, $1.result) }
  }

  private static func answer(
    _ check: ParityCheck, to title: String, _ result: Result<CommandResult, CommandError>
  ) -> Answer {
    switch result {
    case .failure(let error): return .unreadable("\(error)")
    case .success(let result):
      if case .interrupted(let why) = result.end { return .interrupted(why) }
      guard result.succeeded else {
        let said = result.reasonLine.map { ", said \"\($0)\"" } ?? ""
        return .unreadable("`\(title)`: \(result.summary)\(said)")
      }
      do throws(ParityFault) {
        return .said(try check.reading(of: result.output, isWhole: result.isWhole))
      } catch {
        return .unreadable("`\(title)`: \(error)")
      }
    }
  }

  /// Whether what was there `before` is there now, and what was found where it is. What was not read then is not
  /// compared.
  func compare(
    _ checks: [ParityCheck], with before: [ParityReading], interruption: InterruptionCheck
  ) -> (finding: HealthProver.Finding, records: [ParityRecord]) {
    var records: [ParityRecord] = []
    var wrong: [ParityDifference] = []
    let known = checks.compactMap { check in
      before.first { $0.name.isSpelled(check.name) }.map { (check: check, then: $0) }
    }
    for ((check, then), answer) in zip(known, ask(known.map(\.check), interruption: interruption)) {
      switch answer {
      case .interrupted(let why): return (.interrupted(why), [])
      case .unreadable(let why): wrong.append(ParityDifference("\(check.name) cannot be compared: \(why)"))
      case .said(let now):
        if let difference = check.difference(before: then, after: now) {
          wrong.append(difference)
        } else {
          records.append(check.record(before: then, after: now))
        }
      }
    }
    guard !wrong.isEmpty else { return (.well, records) }
    let problem = HealthProblem(
      wrong.map(\.description).joined(separator: "; "), detail: wrong.map(\.detail).joined(separator: "; "))
    return (.unwell(problem), [])
  }
}
