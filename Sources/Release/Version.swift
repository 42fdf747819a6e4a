import ByteText

/// A version as people write it: two to four numbers, leading zeros and all (`5.18`, `2026.08.1`, `1.2.0.1`), then
/// what makes it earlier (`-rc1`, `.dev0`), later (`-1`, `.post1`, what git describe adds) or the same (`+build`).
///
/// Whatever Semantic Versioning 2.0.0 (https://semver.org) calls a version is one, in its order, but for a number
/// behind the dash: that is a packaging revision, and later. ``VersionSuffix`` tells what each ending means.
///
/// Equality, hashing and order go by what is meant, not by how it is written: `1.2` is `1.2.0`. The build part counts
/// in none of them.
package struct Version: Sendable {
  package let major: UInt64
  package let minor: UInt64
  package let patch: UInt64
  /// The fourth number; mostly 0.
  package let fourth: UInt64
  /// How many numbers are written.
  package let precision: Int
  /// The dot-separated identifiers after `+`; they carry no meaning for the order.
  package let build: [String]
  /// Whether nobody can tell on which side of the bare numbers it lies: `1.2.0-kitchen`, `1.2.0-5f3a2b1`. Ordered as
  /// a pre-release, which is what Semantic Versioning takes it for.
  package let isUncertain: Bool
  let suffix: VersionSuffix
  private let text: String

  /// Longer texts are no version that a person has written.
  package static let maxTextBytes = 256

  package init(_ major: UInt64, _ minor: UInt64, _ patch: UInt64) {
    self.major = major
    self.minor = minor
    self.patch = patch
    fourth = 0
    precision = 3
    build = []
    isUncertain = false
    suffix = .none
    text = "\(major).\(minor).\(patch)"
  }

  /// Nil for what is no version: one number, five of them, a `v` in front, an ending that says nothing.
  package init?(_ text: Substring) {
    guard text.utf8.count <= Self.maxTextBytes, let (core, rest) = Self.core(text) else { return nil }
    var ending = rest
    var build: [String] = []
    if let (before, after) = rest.cut(at: "+") {
      guard let parts = Self.build(after) else { return nil }
      build = parts
      ending = before
    }
    guard let (suffix, isUncertain) = VersionSuffix.read(ending, build: build) else { return nil }
    major = core[0]
    minor = core[1]
    patch = core.count > 2 ? core[2] : 0
    fourth = core.count > 3 ? core[3] : 0
    precision = core.count
    self.build = build
    self.isUncertain = isUncertain
    self.suffix = suffix
    self.text = String(text)
  }

  package var isPrerelease: Bool { suffix.marks.first != .release }

  /// Whether it was built from something that has no tag: commits, or changes, behind one.
  package var isBeyondTag: Bool { suffix.isBeyondTag }

  /// Whether the numbers are the same, whatever stands behind them.
  package func hasNumbers(of other: Version) -> Bool { numbers == other.numbers }

  /// Whether it can be the name of a series that the other one belongs to, as 4.1 is for 4.1.3.
  func isSeries(of other: Version) -> Bool {
    suffix == .none && build.isEmpty && precision < other.precision
      && numbers.prefix(precision) == other.numbers.prefix(precision)
  }

  /// Whether two texts name one version, so that who reads the one back has proved the other. Where both name a
  /// build, it has to be the same.
  package static func isSame(_ one: String, _ other: String) -> Bool {
    if one.isSpelled(other) { return true }
    guard let one = TagName(one), let other = TagName(other) else { return false }
    return one.channel == other.channel && one.version.isSame(as: other.version)
  }

  package func isSame(as other: Version) -> Bool {
    self == other && (build.isEmpty || other.build.isEmpty || build == other.build)
  }

  /// A number without sign and leading zeros that fits in 64 bits.
  static func number(_ text: Substring) -> UInt64? {
    guard text.utf8.count == 1 || !text.begins(with: "0") else { return nil }
    return digits(text)
  }

  private var numbers: [UInt64] { [major, minor, patch, fourth] }

  private static func digits(_ text: Substring) -> UInt64? {
    guard !text.isEmpty, text.unicodeScalars.allSatisfy(\.isDigit) else { return nil }
    return UInt64(text)
  }

  /// The numbers, and what stands behind them.
  private static func core(_ text: Substring) -> (numbers: [UInt64], rest: Substring)? {
    var numbers: [UInt64] = []
    var rest = text
    while true {
      let run = rest.leading(while: \.isDigit)
      guard let number = digits(run) else { return nil }
      numbers.append(number)
      rest = rest[run.endIndex...]
      guard let after = rest.without(prefix: "."), after.unicodeScalars.first?.isDigit == true else { break }
      rest = after
    }
    return (2...4).contains(numbers.count) ? (numbers, rest) : nil
  }

  private static func build(_ text: Substring) -> [String]? {
    let parts = text.pieces(by: ".", keepingEmpty: true)
    guard parts.allSatisfy({ part in !part.isEmpty && part.unicodeScalars.allSatisfy(isOfIdentifier) })
    else { return nil }
    return parts.map { String($0) }
  }

  static func isOfIdentifier(_ sign: Unicode.Scalar) -> Bool {
    sign.isDigit || sign.isASCIILetter || sign == "-" || sign == "~"
  }
}

extension Version: Hashable {
  package static func == (left: Version, right: Version) -> Bool {
    left.numbers == right.numbers && left.suffix == right.suffix
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(numbers)
    hasher.combine(suffix)
  }
}

extension Version: Comparable {
  package static func < (left: Version, right: Version) -> Bool {
    left.numbers == right.numbers
      ? left.suffix < right.suffix : left.numbers.lexicographicallyPrecedes(right.numbers)
  }
}

extension Version: LosslessStringConvertible {
  package init?(_ description: String) { self.init(description[...]) }

  /// As it was written.
  package var description: String { text }
}

extension Version: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decodeText(decoder, as: "a version such as 4.2.0")
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
