import ByteText
package import Web

/// Which requests are heard at all. Pure.
///
/// A browser sends what any page tells it to: to this address, with this cookie. So a request must name us by a name
/// that is ours, since another's could be made to lead here (DNS rebinding), and one that changes something must come
/// from a page of ours: it says so in a header that pages cannot set, and has in its form what only our pages know.
package struct HubGuard: Sendable {
  /// Names of this machine, besides its addresses and `localhost`.
  private let names: Set<String>

  package init(names: some Sequence<String>) { self.names = Set(names.map(\.asciiLowercase)) }

  package enum Refusal: Equatable, Sendable {
    /// The name that it was asked by is none of ours, or there is none.
    case name(String?)
    /// It changes something, and comes from no page of ours.
    case origin
    /// It is neither looked at nor changed so.
    case method

    package var status: Int {
      switch self {
      case .name: 421
      case .origin: 403
      case .method: 405
      }
    }

    package var words: String {
      switch self {
      case .name(let name?):
        "This page is not known by the name \(HubGuard.name(ofHost: name) ?? name). If it is this machine's: "
          + "fleet serve --name \(HubGuard.name(ofHost: name) ?? name)"
      case .name(nil): "The request does not say whom it asks."
      case .origin: "This did not come from a page of fleet's: open the page anew, and press there."
      case .method: "This page is looked at with GET, and changed with POST."
      }
    }
  }

  /// nil: it is heard.
  package func refusal(of request: WebRequest) -> Refusal? {
    guard let host = request.header("host") else { return .name(nil) }
    guard isOurs(host) else { return .name(host) }
    switch request.method {
    case .get, .head: return nil
    case .other: return .method
    case .post: return isFromOurPage(request, host) ? nil : .origin
    }
  }

  /// Whether it asks by the loopback address, or `localhost`.
  package func isLoopback(_ request: WebRequest) -> Bool {
    let name = request.header("host").flatMap { HubGuard.name(ofHost: $0)?.asciiLowercase }
    return name.map { ["localhost", "127.0.0.1", "::1"].contains($0) } ?? false
  }

  private func isOurs(_ host: String) -> Bool {
    guard let name = HubGuard.name(ofHost: host)?.asciiLowercase else { return false }
    // Nobody's name server has a say in what an address leads to.
    return name.isSpelled("localhost") || HubGuard.isAddress(name) || names.contains(name)
  }

  /// By its origin; browsers that send none with a form say at least whether it was from the same (Fetch Metadata).
  private func isFromOurPage(_ request: WebRequest, _ host: String) -> Bool {
    if let site = request.headers["sec-fetch-site"], site != ["same-origin"] { return false }
    if let origins = request.headers["origin"] {
      return origins == ["http://" + host] || origins == ["https://" + host]
    }
    return request.header("sec-fetch-site") != nil
  }

  /// Without the port (RFC 3986, 3.2.2): `veg.local`, `10.0.0.5`, `::1`.
  static func name(ofHost host: String) -> String? {
    if let rest = host.without(prefix: "[") {
      guard let parts = String(rest).cut(at: "]"), isPort(String(parts.after)) else { return nil }
      return String(parts.before)
    }
    guard let parts = host.cut(at: ":") else { return host.isEmpty ? nil : host }
    guard isPort(":" + parts.after), !parts.before.isEmpty else { return nil }
    return String(parts.before)
  }

  private static func isPort(_ text: String) -> Bool {
    guard !text.isEmpty else { return true }
    guard let digits = text.without(prefix: ":") else { return false }
    return digits.unicodeScalars.allSatisfy(\.isDigit) && (UInt16(digits).map { $0 > 0 } ?? false)
  }

  /// An IPv4 address of four numbers, or what has a colon, as IPv6 addresses alone may have.
  static func isAddress(_ name: String) -> Bool {
    if name.cut(at: ":") != nil {
      return name.unicodeScalars.allSatisfy { $0 == ":" || $0 == "." || $0.isHex }
    }
    let parts = name.pieces(by: ".")
    return parts.count == 4
      && parts.allSatisfy { UInt8($0) != nil && $0.unicodeScalars.allSatisfy(\.isDigit) }
  }
}
