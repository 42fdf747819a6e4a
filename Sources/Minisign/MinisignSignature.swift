import ByteText
import FoundationEssentials

/// What minisign writes beside a file, as `FILE.minisig`; its form is that of minisign(1), "NOTES". Pure.
struct MinisignSignature: Equatable {
  /// What it is a signature of.
  enum Content: Equatable {
    /// The whole file, as minisign signed before it could do otherwise: `Ed`.
    case whole
    /// BLAKE2b-512 of the file: `ED`.
    case hashed
  }

  static let byteCount = 64

  let content: Content
  let keyID: [UInt8]
  let bytes: [UInt8]
  /// What the signer says of the file: part of what is signed.
  let trustedComment: String
  /// Of the signature and the trusted comment.
  let commentSignature: [UInt8]

  /// Nil where it is none.
  init?(_ text: String) {
    let lines = text.allTextLines
    guard text.utf8.count <= Minisign.maxSignatureBytes, lines.count >= 4, lines[4...].allSatisfy(\.isEmpty),
      lines[0].begins(with: "untrusted comment:"),
      let comment = lines[2].without(prefix: "trusted comment: "),
      let signature = Data(base64Encoded: String(lines[1])).map(Array.init),
      let commentSignature = Data(base64Encoded: String(lines[3])).map(Array.init),
      signature.count == 2 + MinisignKey.idByteCount + Self.byteCount,
      commentSignature.count == Self.byteCount
    else { return nil }
    if signature.starts(with: "ED".utf8) {
      content = .hashed
    } else if signature.starts(with: "Ed".utf8) {
      content = .whole
    } else {
      return nil
    }
    keyID = Array(signature[2..<2 + MinisignKey.idByteCount])
    bytes = Array(signature[(2 + MinisignKey.idByteCount)...])
    trustedComment = String(comment)
    self.commentSignature = commentSignature
  }
}
