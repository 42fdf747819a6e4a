import ByteText
import Digest
import FoundationEssentials

/// The first field of a known_hosts line (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
enum KnownHostPattern: Sendable, Equatable {
  /// Comma-separated names with `*`, `?` and a leading `!`.
  case list([String])
  /// `|1|salt|HMAC-SHA1(salt, name)`: one name that cannot be read back.
  case hashed(salt: [UInt8], digest: [UInt8])

  /// `nil` where the field is neither.
  init?(field: Substring) {
    if field.begins(with: "|") {
      let parts = field.pieces(by: "|", keepingEmpty: true)
      guard parts.count == 4, parts[0].isEmpty, parts[1] == "1",
        let salt = Data(base64Encoded: String(parts[2])), !salt.isEmpty,
        let digest = Data(base64Encoded: String(parts[3])), digest.count == SHA1.byteCount
      else { return nil }
      self = .hashed(salt: [UInt8](salt), digest: [UInt8](digest))
    } else {
      let names = field.pieces(by: ",").map { $0.asciiLowercase }
      guard !names.isEmpty else { return nil }
      self = .list(names)
    }
  }

  /// Whether the line is about `name`, which is in the form of `KnownHosts.entryName`.
  func matches(_ name: String) -> Bool {
    switch self {
    case .hashed(let salt, let digest):
      return SHA1.authenticationCode(of: Array(name.utf8), key: salt) == digest
    case .list(let patterns):
      var matched = false
      for pattern in patterns {
        if pattern.begins(with: "!") {
          // One negated match takes the whole line away, wherever it stands in the list.
          if Self.glob(Array(pattern.utf8.dropFirst()), Array(name.utf8)) { return false }
        } else if Self.glob(Array(pattern.utf8), Array(name.utf8)) {
          matched = true
        }
      }
      return matched
    }
  }

  /// `*` and `?` only, as OpenSSH's match.c. Brackets are plain: they belong to `[host]:port`.
  /// It goes back to the last star at most, so a hostile pattern costs no more than length times length.
  static func glob(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
    var p = 0
    var t = 0
    var retry: (pattern: Int, text: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        p += 1
        retry = (p, t)
      } else if p < pattern.count, pattern[p] == text[t] || pattern[p] == UInt8(ascii: "?") {
        p += 1
        t += 1
      } else if let back = retry {
        retry = (back.pattern, back.text + 1)
        p = back.pattern
        t = back.text + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
