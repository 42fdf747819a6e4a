import ByteText
import CCurl

/// A URL taken apart by libcurl itself (curl_url(3)), so that nobody reads it differently from who connects.
struct WebAddress: Equatable {
  let text: String
  let scheme: String
  /// IPv6 in brackets.
  let host: String
  let port: String
  /// Without user, password, query and fragment.
  let shown: String

  /// `nil` where it is no absolute http or https address.
  init?(_ text: String) {
    self.init(text, relativeTo: nil)
  }

  /// What a `Location` means, seen from here.
  func resolving(_ location: String) -> WebAddress? {
    WebAddress(location, relativeTo: text)
  }

  private init?(_ text: String, relativeTo base: String?) {
    guard let handle = curl_url() else { return nil }
    defer { curl_url_cleanup(handle) }
    // On a handle that holds an address already, a relative one is resolved against it.
    for step in [base, text].compactMap({ $0 }) {
      guard curl_url_set(handle, CURLUPART_URL, step, 0) == CURLUE_OK else { return nil }
    }
    func part(_ part: CURLUPart, flags: Int32 = CURLU_DEFAULT_PORT) -> String? {
      var value: UnsafeMutablePointer<CChar>?
      guard curl_url_get(handle, part, &value, UInt32(flags)) == CURLUE_OK, let value else {
        return nil
      }
      defer { curl_free(value) }
      return String(cString: value)
    }
    guard let scheme = part(CURLUPART_SCHEME), ["http", "https"].contains(scheme),
      let host = part(CURLUPART_HOST)?.asciiLowercase, let port = part(CURLUPART_PORT),
      let whole = part(CURLUPART_URL, flags: 0)
    else { return nil }
    self.text = whole
    self.scheme = scheme
    self.host = host
    self.port = port
    let hasUsualPort = port == (scheme == "https" ? "443" : "80")
    shown = "\(scheme)://\(host)\(hasUsualPort ? "" : ":\(port)")\(part(CURLUPART_PATH) ?? "/")"
  }

  func hasOrigin(of other: WebAddress) -> Bool {
    scheme == other.scheme && host == other.host && port == other.port
  }

  var isLoopback: Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let numbers = host.pieces(by: ".", keepingEmpty: true).compactMap { UInt8($0) }
    return numbers.count == 4 && numbers[0] == 127
      && host.unicodeScalars.allSatisfy { $0.isDigit || $0 == "." }
  }
}
