/// Something that the app says of itself, and that has to be so again after an upgrade: its command is asked right
/// before the stop, and in the proof of the new version.
package struct ParityCheck: Codable, Equatable, Sendable {
  package enum Compare: String, Codable, CaseIterable, Sendable {
    /// Each line that was printed before is printed again, as often as then. More of them do no harm.
    case lines
    /// One number, which is no lower than before.
    case atLeast = "at_least"
    /// One number, which is no higher than before.
    case atMost = "at_most"
  }

  /// What is compared, for people, in the plural: `inputs`.
  package var name: String
  package var run: Run
  package var compare: Compare
  /// By how much a number may be lower, or higher, than before.
  package var margin: Int

  package init(name: String, run: Run, compare: Compare = .lines, margin: Int = 0) {
    self.name = name
    self.run = run
    self.compare = compare
    self.margin = margin
  }
}

/// What was compared, and was found to be so again.
package struct ParityRecord: Codable, Equatable, Sendable {
  package var name: String
  /// As ``ParityCheck/Compare`` spells it; of a newer agent, whatever that has.
  package var compare: String
  /// How many lines, or the number: before the stop, and when the new version was proved.
  package var before: Int64
  package var after: Int64

  package init(name: String, compare: String, before: Int64, after: Int64) {
    self.name = name
    self.compare = compare
    self.before = before
    self.after = after
  }
}
