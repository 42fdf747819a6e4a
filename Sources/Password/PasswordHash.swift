import ByteText
import CSodium

/// Argon2id (RFC 9106), by libsodium: so slow and so much memory for each guess that a stolen file is of little use.
package struct PasswordHash: Sendable, Equatable {
  /// With its salt and its parameters, as `$argon2id$v=19$…`.
  package let text: String

  /// What OWASP's Password Storage Cheat Sheet asks for at least: a Pi has 19 MiB for it, and half a second.
  private static let memoryBytes = 19 << 20
  private static let passes: UInt64 = 2

  /// One that was kept; nil where it is none.
  package init?(_ text: String) {
    guard text.begins(with: "$argon2id$"), text.utf8.count < Int(crypto_pwhash_strbytes()) else { return nil }
    self.text = text
  }

  /// Of a new password; nil where the machine has not the memory for it.
  package init?(of password: String) {
    guard sodium_init() >= 0 else { return nil }
    var made = [CChar](repeating: 0, count: Int(crypto_pwhash_strbytes()))
    let bytes = Array(password.utf8).map { CChar(bitPattern: $0) }
    guard
      crypto_pwhash_str_alg(
        &made, bytes, UInt64(bytes.count), Self.passes, Self.memoryBytes, crypto_pwhash_alg_argon2id13()) == 0
    else { return nil }
    text = String(decoding: made.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  package func fits(_ password: String) -> Bool {
    guard sodium_init() >= 0 else { return false }
    let bytes = Array(password.utf8).map { CChar(bitPattern: $0) }
    return crypto_pwhash_str_verify(text, bytes, UInt64(bytes.count)) == 0
  }
}
