import ByteText

/// A tag that names a version: `v4.2.0`, `4.2.0`, or `exp-v4.9.0` on the channel `exp`.
package struct TagName: Sendable, Hashable {
  /// The tag as it is written in the repository.
  package let text: String
  /// What stands before `-v`; empty for the main channel.
  package let channel: String
  package let version: Version

  package static let maxChannelBytes = 64

  /// Nil for tags that name no version; they are no releases and are passed over.
  package init?(_ text: String) {
    guard let (channel, version) = Self.split(text, parsing: { Version($0) }) else { return nil }
    self.text = text
    self.channel = channel
    self.version = version
  }

  /// Whether the number is written with a `v`, which wins where both spellings of one version exist.
  package var hasLetter: Bool { !text.utf8.elementsEqual(version.description.utf8) }

  /// Splits `[channel-]v…` or a bare number into the channel and what `parse` makes of the rest. The first
  /// `-v` whose rest parses ends the channel.
  static func split<Rest>(_ text: String, parsing parse: (Substring) -> Rest?) -> (String, Rest)? {
    guard text.utf8.count <= Version.maxTextBytes + maxChannelBytes else { return nil }
    if let rest = parse(text[...]) { return ("", rest) }
    if let number = text.without(prefix: "v"), let rest = parse(number) { return ("", rest) }
    var pending = text[...]
    while let (before, after) = pending.cut(at: "-") {
      let channel = text[..<before.endIndex]
      if let number = after.without(prefix: "v"), isChannel(channel), let rest = parse(number) {
        return (String(channel), rest)
      }
      pending = after
    }
    return nil
  }

  private static func isChannel(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= maxChannelBytes, isLetterOrDigit(first)
    else { return false }
    return text.utf8.allSatisfy {
      isLetterOrDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
    }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }
}

extension TagName: LosslessStringConvertible {
  package var description: String { text }
}

extension TagName: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decodeText(decoder, as: "a tag that names a version, such as v4.2.0")
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

extension TagName {
  /// The version in a tag, as text; of one that names none what begins with its first digit.
  package static func version(ofTag tag: String) -> String {
    TagName(tag).map { "\($0.version)" } ?? String(tag.skipping { !$0.isDigit })
  }
}
