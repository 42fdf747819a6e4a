import CSodium

/// What nobody can guess.
package enum Secret {
  /// So many random bytes, as hexadecimal digits.
  package static func hex(bytes: Int) -> String {
    var generator = SystemRandomNumberGenerator()
    return hex((0..<bytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }

  /// To be read from one screen and typed on another: without letters that look like others.
  package static func code() -> String {
    let letters = Array("abcdefghjkmnpqrstuvwxyz23456789")
    var generator = SystemRandomNumberGenerator()
    let parts = (0..<4).map { _ in
      String((0..<4).compactMap { _ in letters.randomElement(using: &generator) })
    }
    return parts.joined(separator: "-")
  }

  /// What only who has the key can make of a text (BLAKE2b, keyed), as hexadecimal digits.
  package static func keyed(_ text: String, key: String) -> String {
    var made = [UInt8](repeating: 0, count: 32)
    let (text, key) = (Array(text.utf8), Array(key.utf8.prefix(64)))
    guard sodium_init() >= 0,
      crypto_generichash(&made, made.count, text, UInt64(text.count), key, key.count) == 0
    else { return hex(bytes: 32) }
    return hex(made)
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// In a time that says nothing of where they differ.
  package static func isSame(_ one: String, _ other: String) -> Bool {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
