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
  /// nil: not every look at the app stands in the log.
  var log: StepLog?

  func ask(_ check: ParityCheck, interruption: InterruptionCheck) -> Answer {
    do throws(CommandError) {
      let command = try StepCommand(check.run, environment: environment, owner: owner)
      let result = try runner.run(command, log: log, interruption: interruption)
      if case .interrupted(let why) = result.end { return .interrupted(why) }
      guard result.succeeded else {
        let said = result.reasonLine.map { ", said \"\($0)\"" } ?? ""
        return .unreadable("`\(command.title)`: \(result.summary)\(said)")
      }
      do throws(ParityFault) {
        return .said(try check.reading(of: result.output, isWhole: result.isWhole))
      } catch {
        return .unreadable("`\(command.title)`: \(error)")
      }
    } catch {
      return .unreadable("\(error)")
    }
  }

  /// Whether what was there `before` is there now, and what was found where it is. What was not read then is not
  /// compared.
  func compare(
    _ checks: [ParityCheck], with before: [ParityReading], interruption: InterruptionCheck
  ) -> (finding: HealthProver.Finding, records: [ParityRecord]) {
    var records: [ParityRecord] = []
    var wrong: [ParityDifference] = []
    for check in checks {
      guard let then = before.first(where: { $0.name.isSpelled(check.name) }) else { continue }
      switch ask(check, interruption: interruption) {
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
