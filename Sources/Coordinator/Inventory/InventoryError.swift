internal import Wire

/// One thing that is wrong with the inventory or a profile, and where.
public struct InventoryError: Error, Equatable, Sendable, CustomStringConvertible {
  /// As the user would name the file.
  public var file: String
  /// Counted from 1; nil where the file as a whole is meant.
  public var line: Int?
  /// Counted from 1, in characters.
  public var column: Int?
  public var message: String
  /// The lines that it is about, with a caret, where the message alone does not show them.
  public var excerpt: [String]
  /// What to do about it, where that can be told.
  public var hint: String?

  public init(
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

  public var description: String {
    let place = [file, line.map(String.init), column.map(String.init)].compactMap { $0 }
    let lines = ["\(place.joined(separator: ":")): \(message)"] + excerpt + (hint.map { ["  \($0)"] } ?? [])
    return visible(lines.joined(separator: "\n"), lines: true)
  }
}

/// All that is wrong, in the order of the files' lines.
public struct InventoryErrors: Error, Equatable, Sendable, CustomStringConvertible {
  /// Never empty; at most ``InventoryLimits/shownErrors``.
  public var errors: [InventoryError]
  /// How many more there are.
  public var omitted: Int

  public init(_ errors: [InventoryError]) {
    self.errors = Array(errors.prefix(InventoryLimits.shownErrors))
    omitted = max(0, errors.count - InventoryLimits.shownErrors)
  }

  public var description: String {
    let lines = errors.map(\.description) + (omitted > 0 ? ["… and \(omitted) more"] : [])
    return lines.joined(separator: "\n")
  }
}

/// Every bound on what an inventory may hold, with its unit.
public enum InventoryLimits {
  /// One YAML file, in bytes; 500 hosts with all their keys are far below.
  public static let fileBytes = 256 << 10
  /// Values in one file after aliases are filled in.
  public static let nodes = 50_000
  /// How deep lists and mappings may stand in each other.
  public static let depth = 24
  /// `*name` in a file that has anchors. Few enough that even aliases of aliases stay small.
  public static let aliases = 24
  /// Documents or list entries of a profile file.
  public static let profiles = 50
  public static let hosts = 1_000
  /// Errors shown at once.
  public static let shownErrors = 20
  /// A duration, in days.
  public static let durationDays = 366
  /// A name of a host or group, in bytes, as in DNS.
  public static let nameBytes = 253
  /// The value of a variable, in bytes.
  public static let variableBytes = 4_096
}
