import Digest

/// A SHA-256 as 64 hexadecimal digits.
package struct SHA256Digest: Sendable, Hashable, LosslessStringConvertible {
  package static let byteCount = SHA256.byteCount
  package let bytes: [UInt8]

  /// Nil unless the text is 64 hexadecimal digits; upper case is read too, lower case is written.
  package init?(_ description: String) {
    guard let bytes = Hex.bytes(description, count: Self.byteCount) else { return nil }
    self.bytes = bytes
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  package var description: String { Hex.text(bytes) }
}

/// The name of a git object, a SHA-1 as 40 hexadecimal digits. Repositories whose objects are named by
/// SHA-256 have none, and their trees cannot be checked.
package struct ObjectID: Sendable, Hashable, LosslessStringConvertible {
  package static let byteCount = SHA1.byteCount
  package let bytes: [UInt8]

  /// Nil unless the text is 40 hexadecimal digits; upper case is read too, lower case is written.
  package init?(_ description: String) {
    guard let bytes = Hex.bytes(description, count: Self.byteCount) else { return nil }
    self.bytes = bytes
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  package var description: String { Hex.text(bytes) }

  /// The first seven digits, for people.
  package var short: String { String(description.prefix(7)) }
}

extension SHA256Digest: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decodeText(decoder, as: "a SHA-256 of 64 hexadecimal digits")
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension ObjectID: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decodeText(decoder, as: "a git object id of 40 hexadecimal digits")
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension SHA256Digest {
  package init(of bytes: [UInt8]) {
    self.init(bytes: SHA256.hash(bytes))
  }
}

/// A SHA-256 over bytes that come piece by piece.
package struct SHA256Stream: Sendable {
  private var hash = SHA256()

  package init() {}

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bytes)
  }

  package mutating func update(_ bytes: [UInt8]) {
    hash.update(bytes)
  }

  /// The digest of all bytes so far; more may follow.
  package func finalize() -> SHA256Digest {
    SHA256Digest(bytes: hash.finalize())
  }
}
