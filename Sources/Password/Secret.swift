/// What nobody can guess.
package enum Secret {
  /// So many random bytes, as hexadecimal digits.
  package static func hex(bytes: Int) -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<bytes).map { _ in
      let byte = UInt8.random(in: .min ... .max, using: &generator)
      return (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
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

  /// In a time that says nothing of where they differ.
  package static func isSame(_ one: String, _ other: String) -> Bool {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
