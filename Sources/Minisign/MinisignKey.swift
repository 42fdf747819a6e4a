import ByteText
import FoundationEssentials

/// A public key of minisign, whose form is that of minisign(1), "NOTES": base64 of `Ed`, 8 bytes of id and 32 of key.
package struct MinisignKey: Hashable, Sendable, LosslessStringConvertible {
  static let algorithm = Array("Ed".utf8)
  static let idByteCount = 8
  static let byteCount = 32

  let id: [UInt8]
  /// Of Ed25519 (RFC 8032).
  let bytes: [UInt8]
  /// The second line of minisign.pub.
  package let description: String

  package init?(_ description: String) {
    guard let decoded = Data(base64Encoded: description).map(Array.init),
      decoded.count == Self.algorithm.count + Self.idByteCount + Self.byteCount,
      decoded.starts(with: Self.algorithm)
    else { return nil }
    let rest = decoded.dropFirst(Self.algorithm.count)
    id = Array(rest.prefix(Self.idByteCount))
    bytes = Array(rest.dropFirst(Self.idByteCount))
    self.description = description
  }

  /// As minisign itself shows it: `E7620F1842B4E81F`.
  var shownID: String { Self.shown(id) }

  static func shown(_ id: [UInt8]) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    return String(
      decoding: id.reversed().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
