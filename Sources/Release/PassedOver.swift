import ByteText

/// The tags of a source that are no versions: counted and shown, since one of them may be what somebody waits for.
package struct PassedOver: Sendable, Equatable {
  package let count: Int
  /// Some of them, in the order of their names.
  package let examples: [String]
  /// What stands before a version in most of them: `release-` of `release-1.2.0`; nil where nothing does.
  package let prefix: String?
  /// How many begin with it.
  package let behindPrefix: Int
  /// Whether one of them could be meant as a version: it has numbers with a sign between, and moves along no series.
  package let mayBeVersions: Bool

  package static let none = PassedOver([])
  static let maxExamples = 3
  static let maxPrefixBytes = 100

  /// - Parameter series: those that name a series, and move along it.
  package init(_ names: [String], series: [String] = []) {
    mayBeVersions = names.contains { $0.hasJoinedNumbers }
    let names = Set(names + series).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    count = names.count
    examples = Array(names.prefix(Self.maxExamples))
    let found = Dictionary(grouping: names.compactMap { Self.prefix(of: $0) }) { $0 }.mapValues(\.count)
    // Of as many the first one, so that it is the same every time.
    let best = found.max { ($0.value, $1.key) < ($1.value, $0.key) }
    let isPlain = best.map { $0.value > 1 || $0.value == names.count } ?? false
    prefix = isPlain ? best?.key : nil
    behindPrefix = isPlain ? best?.value ?? 0 : 0
  }

  /// What has to go so that a version is left; the shortest.
  private static func prefix(of name: String) -> String? {
    var rest = name[...]
    while let sign = rest.unicodeScalars.first {
      guard name.utf8.distance(from: name.startIndex, to: rest.startIndex) <= maxPrefixBytes else {
        return nil
      }
      if sign.isDigit {
        guard Version(rest) == nil else { return String(name[..<rest.startIndex]) }
        rest = rest.skipping(while: \.isDigit)
      } else {
        rest = rest.skipping { !$0.isDigit }
      }
    }
    return nil
  }
}

extension String {
  /// `4.3`, `4_3`, `2026-11`.
  fileprivate var hasJoinedNumbers: Bool {
    let signs = Array(unicodeScalars)
    return signs.indices.dropFirst().dropLast().contains { place in
      ["." as Unicode.Scalar, "_", "-"].contains(signs[place]) && signs[place - 1].isDigit
        && signs[place + 1].isDigit
    }
  }
}
