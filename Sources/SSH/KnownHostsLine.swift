import ByteText

/// One line of a known_hosts file, understood.
struct KnownHostsLine: Sendable {
  enum Marker: Sendable { case revoked, authority }

  enum Parsed {
    case entry(KnownHostsLine)
    /// Empty, or a comment.
    case nothing
    case skipped(String)
  }

  let number: Int
  let marker: Marker?
  let pattern: KnownHostPattern
  let key: HostKey

  /// The lines of a text, empty ones too.
  static func split(_ text: String) -> [Substring] { text.allTextLines }

  static func parse(_ raw: Substring, number: Int) -> Parsed {
    var fields = raw.words[...]
    guard let first = fields.first, !first.begins(with: "#") else { return .nothing }
    var marker: Marker?
    if first.begins(with: "@") {
      switch first {
      case "@revoked": marker = .revoked
      case "@cert-authority": marker = .authority
      default: return .skipped("unknown marker \(first.madeVisible())")
      }
      fields = fields.dropFirst()
    }
    guard fields.count >= 3 else { return .skipped("not a complete line: names, key type and key") }
    let (names, type, text) = (fields.removeFirst(), fields.removeFirst(), fields.removeFirst())
    guard let pattern = KnownHostPattern(field: names) else {
      return .skipped("the host field cannot be read")
    }
    guard let key = HostKey(base64: text) else { return .skipped("the key is damaged") }
    guard key.type == type else {
      return .skipped("the key says it is \(key.type), the line says \(type.madeVisible())")
    }
    return .entry(KnownHostsLine(number: number, marker: marker, pattern: pattern, key: key))
  }
}
