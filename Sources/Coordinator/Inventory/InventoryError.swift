import Wire

/// One thing that is wrong with the inventory or a profile, and where.
package struct InventoryError: Error, Equatable, Sendable, CustomStringConvertible {
  /// As the user would name the file.
  package var file: String
  /// Counted from 1; nil where the file as a whole is meant.
  package var line: Int?
  /// Counted from 1, in characters.
  package var column: Int?
  package var message: String
  /// The lines that it is about, with a caret, where the message alone does not show them.
  package var excerpt: [String]
  /// What to do about it, where that can be told.
  package var hint: String?

  package init(
    file: String, line: Int? = nil, column: Int? = nil, message: String,
    excerpt: [String] = [], hint: String? = nil
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
    self.excerpt = excerpt
    self.hint = hint
  }

  package var description: String {
    let place = [file, line.map(String.init), column.map(String.init)].compactMap { $0 }
    let lines = ["\(place.joined(separator: ":")): \(message)"] + excerpt + (hint.map { ["  \($0)"] } ?? [])
    return visible(lines.joined(separator: "\n"), lines: true)
  }
}

/// All that is wrong, in the order of the files' lines.
package struct InventoryErrors: Error, Equatable, Sendable, CustomStringConvertible {
  /// Never empty; at most ``InventoryLimits/shownErrors``.
  package var errors: [InventoryError]
  /// How many more there are.
  package var omitted: Int
  /// There is no inventory, and none was named: nothing is wrong with one.
  package var isForWantOfOne = false
  /// Nothing is wrong with it, but that it is of these apps, and none of them was named; else empty.
  package var appsToChooseFrom: [String] = []

  package init(_ errors: [InventoryError]) {
    self.errors = Array(errors.prefix(InventoryLimits.shownErrors))
    omitted = max(0, errors.count - InventoryLimits.shownErrors)
  }

  package var description: String {
    let lines = errors.map(\.description) + (omitted > 0 ? ["… and \(omitted) more"] : [])
    return lines.joined(separator: "\n")
  }
}

/// Every bound on what an inventory may hold, with its unit.
package enum InventoryLimits {
  /// One YAML file, in bytes; 500 hosts with all their keys are far below.
  package static let fileBytes = 256 << 10
  /// Values in one file after aliases are filled in.
  package static let nodes = 50_000
  /// How deep lists and mappings may stand in each other.
  package static let depth = 24
  /// `*name` in one file.
  package static let aliases = 48
  /// Documents or list entries of a profile file.
  package static let profiles = 50
  package static let hosts = 1_000
  /// Apps of one inventory.
  package static let apps = 32
  /// Errors shown at once.
  package static let shownErrors = 20
  /// A duration, in days.
  package static let durationDays = 366
  /// A name of a host or group, in bytes, as in DNS.
  package static let nameBytes = 253
  /// The value of a variable, in bytes.
  package static let variableBytes = 4_096
}
