import ByteText
package import Release

/// `>=8.16.0`, `<9`, `>=4.0.0 <5.0.0`: all conditions must hold. Missing numbers count as 0.
///
/// The order is Semantic Versioning's, so that 9.0.0-rc.1 lies below 9.0.0.
package struct VersionRange: Equatable, Sendable {
  enum Comparison: String, CaseIterable, Sendable {
    // The longer signs first: `>=` starts with `>`.
    case atLeast = ">="
    case atMost = "<="
    case above = ">"
    case below = "<"
    case exactly = "="
  }
  struct Condition: Equatable, Sendable {
    var comparison: Comparison
    var version: Version
  }

  /// As it was written.
  package var text: String { written }
  private let written: String
  private let conditions: [Condition]

  /// Nil where the text is no range.
  package init?(_ text: String) {
    let parts = text.pieces { $0 == " " || $0 == "," }
    guard !parts.isEmpty, parts.count <= 8 else { return nil }
    var conditions: [Condition] = []
    for part in parts {
      let sign = Comparison.allCases.first { part.begins(with: $0.rawValue) }
      guard let version = Self.version(part.without(prefix: sign?.rawValue ?? "") ?? part) else { return nil }
      conditions.append(Condition(comparison: sign ?? .exactly, version: version))
    }
    written = text
    self.conditions = conditions
  }

  package func contains(_ version: Version) -> Bool {
    conditions.allSatisfy { condition in
      switch condition.comparison {
      case .atLeast: version >= condition.version
      case .atMost: version <= condition.version
      case .above: version > condition.version
      case .below: version < condition.version
      case .exactly: version == condition.version
      }
    }
  }

  private static func version(_ text: Substring) -> Version? {
    if let version = Version(text) { return version }
    let numbers = text.pieces(by: ".", keepingEmpty: true)
    guard numbers.count < 3 else { return nil }
    return Version(text + String(repeating: ".0", count: 3 - numbers.count))
  }
}
