import ByteText
import Release

/// Reads what sha256sum(1) and its like write: `DIGEST  NAME`, `DIGEST *NAME`, `SHA256 (NAME) = DIGEST`, or the digest
/// alone in a file for one archive. Pure.
enum ChecksumFile {
  enum Refusal: Error, Equatable {
    /// It says nothing of that file.
    case missing
    /// It says two things of it.
    case twice
  }

  static let maxBytes: Int64 = 1 << 20

  /// The digest of a file. Lines about others, of other algorithms and of no known form are passed over.
  static func digest(of name: String, in text: String) throws(Refusal) -> SHA256Digest {
    let lines = text.textLines
    if lines.count == 1, let only = SHA256Digest(String(lines[0].trimmed)) { return only }
    var found: SHA256Digest?
    for line in lines {
      guard let digest = digest(of: name, inLine: line) else { continue }
      guard found == nil || found == digest else { throw .twice }
      found = digest
    }
    guard let found else { throw .missing }
    return found
  }

  private static func digest(of name: String, inLine line: Substring) -> SHA256Digest? {
    if let tagged = line.without(prefix: "SHA256 (") {
      guard let (file, digest) = tagged.cut(atLast: ")"), isName(file, name),
        let hex = digest.trimmed.without(prefix: "=")
      else { return nil }
      return SHA256Digest(String(hex.trimmed))
    }
    guard let (hex, rest) = line.cut(at: " "), let digest = SHA256Digest(String(hex)) else { return nil }
    // The second sign says how the file was read: a blank, or * for binary.
    let file = rest.without(prefix: " ") ?? rest.without(prefix: "*") ?? rest
    return isName(file, name) ? digest : nil
  }

  private static func isName(_ file: Substring, _ name: String) -> Bool {
    (file.without(prefix: "./") ?? file).isSpelled(name)
  }
}
