import Text
import Hosts
import Wire

/// A colour of a terminal, by what it means (ECMA-48, SGR).
enum Paint: Int, Sendable {
  case bold = 1, faint = 2, bad = 31, good = 32, notNow = 33

  func on(_ text: String) -> String { text.isEmpty ? "" : "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }

  init(_ outcome: Outcome) {
    self =
      switch outcome {
      case .upgraded, .restored: .good
      case .rolledBack, .failed, .unknown: .bad
      case .refused, .deferred, .unreachable, .interrupted: .notNow
      case .current, .untouched: .faint
      }
  }

  init(_ verdict: Diagnosis.Verdict) {
    self =
      switch verdict {
      case .good: .good
      case .warning: .notNow
      case .bad: .bad
      }
  }

  /// Of a cell of a table, by its column: what is an outcome, a verdict, or how an app is.
  static func of(_ cell: String, in column: String) -> Paint? {
    switch column {
    case "OUTCOME": outcomes[cell]
    case "HEALTH": cell == "well" ? .good : cell == "UNWELL" ? .bad : nil
    case "": Diagnosis.Verdict(rawValue: cell).map { Paint($0) }
    default: nil
    }
  }

  private static let outcomes = Dictionary(
    Outcome.allCases.map { (Wording.outcome($0), Paint($0)) }, uniquingKeysWith: { first, _ in first })
}
