import ByteText

/// A version as Semantic Versioning 2.0.0 defines it (https://semver.org): `MAJOR.MINOR.PATCH[-PRE][+BUILD]`.
///
/// Equality, hashing and order follow the precedence of section 11, so the build part counts in none of
/// them; it is kept for the text only.
public struct Version: Sendable {
  public let major: UInt64
  public let minor: UInt64
  public let patch: UInt64
  /// The dot-separated identifiers of a pre-release, `["rc", "1"]`; empty for a release.
  public let prerelease: [String]
  /// The dot-separated identifiers after `+`; they carry no meaning for the order.
  public let build: [String]

  /// Longer texts are no version that a person has written.
  public static let maxTextBytes = 256

  public init(_ major: UInt64, _ minor: UInt64, _ patch: UInt64) {
    self.major = major
    self.minor = minor
    self.patch = patch
    self.prerelease = []
    self.build = []
  }

  /// Parses strictly: three numbers without leading zeros and no `v` in front. Anything else is nil.
  public init?(_ text: Substring) {
    guard text.utf8.count <= Self.maxTextBytes else { return nil }
    var rest = text
    var build: [String] = []
    if let (before, after) = rest.cut(at: "+") {
      guard let parts = Self.identifiers(after, numbersAreCanonical: false) else { return nil }
      build = parts
      rest = before
    }
    var prerelease: [String] = []
    if let (before, after) = rest.cut(at: "-") {
      guard let parts = Self.identifiers(after, numbersAreCanonical: true) else { return nil }
      prerelease = parts
      rest = before
    }
    let core = rest.pieces(by: ".", keepingEmpty: true)
    guard core.count == 3, let major = Self.number(core[0]), let minor = Self.number(core[1]),
      let patch = Self.number(core[2])
    else { return nil }
    self.major = major
    self.minor = minor
    self.patch = patch
    self.prerelease = prerelease
    self.build = build
  }

  public var isPrerelease: Bool { !prerelease.isEmpty }

  /// A number without sign and leading zeros that fits in 64 bits.
  static func number(_ text: Substring) -> UInt64? {
    guard !text.isEmpty, text.utf8.allSatisfy(isDigit), text.utf8.count == 1 || !text.begins(with: "0")
    else { return nil }
    return UInt64(text)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func identifiers(_ text: Substring, numbersAreCanonical: Bool) -> [String]? {
    var parts: [String] = []
    for part in text.pieces(by: ".", keepingEmpty: true) {
      guard !part.isEmpty, part.utf8.allSatisfy(isIdentifierByte) else { return nil }
      if numbersAreCanonical, part.utf8.allSatisfy(isDigit), part.utf8.count > 1, part.begins(with: "0") {
        return nil
      }
      parts.append(String(part))
    }
    return parts
  }

  private static func isIdentifierByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

extension Version: Hashable {
  public static func == (left: Version, right: Version) -> Bool {
    left.major == right.major && left.minor == right.minor && left.patch == right.patch
      && left.prerelease == right.prerelease
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(major)
    hasher.combine(minor)
    hasher.combine(patch)
    hasher.combine(prerelease)
  }
}

extension Version: Comparable {
  public static func < (left: Version, right: Version) -> Bool {
    let one = (left.major, left.minor, left.patch)
    let other = (right.major, right.minor, right.patch)
    if one != other { return one < other }
    if left.prerelease.isEmpty || right.prerelease.isEmpty {
      return !left.prerelease.isEmpty && right.prerelease.isEmpty
    }
    for (one, other) in zip(left.prerelease, right.prerelease) where one != other {
      return precedes(one, other)
    }
    return left.prerelease.count < right.prerelease.count
  }

  /// Section 11.4: numbers before words, numbers by value, words by their ASCII bytes. Numbers are compared
  /// as digits, since an identifier may be longer than any integer type.
  private static func precedes(_ one: String, _ other: String) -> Bool {
    switch (one.utf8.allSatisfy(isDigit), other.utf8.allSatisfy(isDigit)) {
    case (true, true):
      one.utf8.count != other.utf8.count
        ? one.utf8.count < other.utf8.count : one.utf8.lexicographicallyPrecedes(other.utf8)
    case (true, false): true
    case (false, true): false
    case (false, false): one.utf8.lexicographicallyPrecedes(other.utf8)
    }
  }
}

extension Version: LosslessStringConvertible {
  public init?(_ description: String) { self.init(description[...]) }

  public var description: String {
    var text = "\(major).\(minor).\(patch)"
    if !prerelease.isEmpty { text += "-" + prerelease.joined(separator: ".") }
    if !build.isEmpty { text += "+" + build.joined(separator: ".") }
    return text
  }
}

extension Version: Codable {
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder, as: "a version such as 4.2.0")
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
