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
    guard let colon = address.firstIndex(of: ":"), address[colon...].hasPrefix("://") else { return nil }
    let scheme = address[..<colon].lowercased()
    let authority = address[colon...].dropFirst(3).prefix { !"/?#\\".contains($0) }
    guard ["http", "https"].contains(scheme), !authority.isEmpty, !authority.contains("@") else { return nil }
    text = String(address[..<authority.endIndex])
    isPlain = scheme == "http"
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      host = String(authority[...end])
    } else {
      host = String(authority.prefix { $0 != ":" })
    }
  }

  func holds(_ address: String) -> Bool { address.hasPrefix(text + "/") }

  /// What a `Location` or `Link` means, seen from here: a path of this origin becomes whole.
  func resolving(_ target: String) -> String {
    target.hasPrefix("/") && !target.hasPrefix("//") ? text + target : target
  }

  /// Whether an archive may come from there: over TLS from anywhere, without it only from the host that the
  /// inventory itself names with `http://`, any port of it.
  func mayLead(to address: String) -> Bool {
    guard let target = WebOrigin(of: address) else { return false }
    return !target.isPlain || isPlain && target.host.lowercased() == host.lowercased()
  }

  /// This machine itself.
  var isLoopback: Bool {
    let name = host.lowercased()
    if name == "localhost" || name == "[::1]" { return true }
    let numbers = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
  }
}
