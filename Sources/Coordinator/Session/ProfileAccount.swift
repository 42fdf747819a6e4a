import Hosts
import Inventory
import Report
import Text

/// What `fleet profile check` tells, as text or as JSON.
struct ProfileAccount: Encodable {
  /// One thing that is wrong.
  struct Finding: Encodable {
    var file: String
    var line: Int?
    var column: Int?
    var text: String
    /// What would be right.
    var next: String?
  }

  struct Told: Encodable {
    /// `growroom, for any version`.
    var headline: String
    var parts: [ProfileText.Part]
    var advice: [ProfileAdvice.Line]
  }

  var app: String?
  var file: String?
  var findings: [Finding] = []
  /// Findings that are not listed, since there are too many.
  var omitted = 0
  var profiles: [Told] = []
  var hosts: [DiagnosisRow] = []

  init(_ sheet: ProfileSheet) {
    (app, file) = (sheet.app, sheet.file)
    profiles = sheet.profiles.enumerated().map { index, profile in
      let text = ProfileText(profile)
      return Told(
        headline: text.headline, parts: text.parts,
        // Which of several profiles a line is of, the line says itself.
        advice: ProfileAdvice.lines(profile, untimed: index == 0 ? sheet.untimed : []))
    }
  }

  init(_ errors: InventoryErrors) {
    omitted = errors.omitted
    findings = errors.errors.map {
      Finding(file: $0.file, line: $0.line, column: $0.column, text: $0.message, next: $0.hint)
    }
  }

  /// The text of it for people, without the hosts.
  var lines: [String] {
    var lines: [String] = []
    for told in profiles {
      lines.append("\(file ?? "profile"): \(told.headline)")
      for part in told.parts { lines += [part.title] + part.lines.map { "  - \($0)" } }
      lines.append(
        told.advice.isEmpty ? "Nothing is wrong in it, and nothing is missing." : "Nothing is wrong in it.")
      guard !told.advice.isEmpty else { continue }
      lines.append("What a careful person would look at:")
      lines += told.advice.map { "  - \($0.key): \($0.text)" }
    }
    return lines
  }

  /// How much is wrong.
  static func sum(_ errors: InventoryErrors) -> String {
    let count = errors.errors.count + errors.omitted
    return count == 1 ? "One thing is wrong." : "\(count) things are wrong."
  }
}
