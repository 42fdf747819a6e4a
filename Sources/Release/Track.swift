import ByteText

/// The releases one may move along without asking: `v4` is every 4.y.z, `v4.1` every 4.1.z, `exp-v4` every
/// tag `exp-v4.y.z`. Compared as numbers, so `v4` does not hold v40.1.2.
package struct Track: Sendable, Hashable {
  package let channel: String
  package let major: UInt64
  /// Nil where the track spans a whole major.
  package let minor: UInt64?

  package init(channel: String, major: UInt64, minor: UInt64?) {
    self.channel = channel
    self.major = major
    self.minor = minor
  }

  /// The track of a whole major, the default for an install of that version.
  package init(majorOf version: Version, channel: String) {
    self.init(channel: channel, major: version.major, minor: nil)
  }

  /// Parses `v4`, `4`, `v4.1`, `4.1`, `exp-v4`, `exp-v4.1`.
  package init?(_ description: String) {
    guard let (channel, numbers) = TagName.split(description, parsing: Self.numbers) else { return nil }
    self.init(channel: channel, major: numbers.major, minor: numbers.minor)
  }

  /// Whether a tag lies on the track. Pre-releases do only where they are asked for.
  package func contains(_ tag: TagName, includePrereleases: Bool = false) -> Bool {
    tag.channel == channel && contains(tag.version)
      && (includePrereleases || !tag.version.isPrerelease && !tag.version.isBeyondTag)
  }

  /// Whether the numbers fit, whatever the channel; for a version that was read back from an install.
  package func contains(_ version: Version) -> Bool {
    version.major == major && (minor == nil || minor == version.minor)
  }

  private static func numbers(_ text: Substring) -> (major: UInt64, minor: UInt64?)? {
    let parts = text.pieces(by: ".", keepingEmpty: true)
    guard let first = parts.first, let major = Version.number(first) else { return nil }
    switch parts.count {
    case 1: return (major, nil)
    case 2:
      guard let minor = Version.number(parts[1]) else { return nil }
      return (major, minor)
    default: return nil
    }
  }
}

extension Track: LosslessStringConvertible {
  package var description: String {
    (channel.isEmpty ? "" : channel + "-") + "v\(major)" + (minor.map { ".\($0)" } ?? "")
  }
}

extension Track: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decodeText(decoder, as: "a track such as v4, v4.1 or exp-v4")
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
