import ByteText

/// Scheme, host and port of the address that the inventory gives for an API, as text.
///
/// Whether another address lies there too is decided by comparing text up to the slash behind the authority, which
/// every reader of URLs ends the authority at: nobody can be made to read it otherwise, so the token stays home.
struct WebOrigin: Equatable {
  /// `https://api.github.com`, as written.
  let text: String
  let host: String
  let isPlain: Bool

  /// Nil where it is no address, or holds a user.
  init?(of address: String) {
    guard let (name, rest) = address.cut(at: ":"), let rest = rest.without(prefix: "//") else { return nil }
    let scheme = name.asciiLowercase
    let authority = rest.leading { !["/", "?", "#", "\\"].contains($0) }
    guard ["http", "https"].contains(scheme), !authority.isEmpty, !authority.holds("@") else { return nil }
    text = String(address[..<authority.endIndex])
    isPlain = scheme == "http"
    if authority.begins(with: "["), let (number, _) = authority.cut(at: "]") {
      host = number + "]"
    } else {
      host = String(authority.leading { $0 != ":" })
    }
  }

  func holds(_ address: String) -> Bool { address.begins(with: text + "/") }

  /// What a `Location` or `Link` means, seen from here: a path of this origin becomes whole.
  func resolving(_ target: String) -> String {
    target.begins(with: "/") && !target.begins(with: "//") ? text + target : target
  }

  /// Whether an archive may come from there: over TLS from anywhere, without it only from the host that the
  /// inventory itself names with `http://`, any port of it.
  func mayLead(to address: String) -> Bool {
    guard let target = WebOrigin(of: address) else { return false }
    return !target.isPlain || isPlain && target.host.asciiLowercase.isSpelled(host.asciiLowercase)
  }

  /// This machine itself.
  var isLoopback: Bool {
    let name = host.asciiLowercase
    if name == "localhost" || name == "[::1]" { return true }
    let numbers = name.pieces(by: ".", keepingEmpty: true).map { UInt8($0) }
    return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
  }
}
