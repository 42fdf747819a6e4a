import ByteText

/// A request that came in whole.
package struct WebRequest: Sendable {
  package enum Method: Equatable, Sendable { case get, head, post, other }

  package var method: Method
  /// Decoded, with its slash.
  package var path: String
  /// Decoded; of a name that stands twice, the last.
  package var query: [String: String]
  /// Names in lower case.
  package var headers: [String: [String]]
  package var body: [UInt8]
  package var peer: WebPeer

  package init(
    _ method: Method, _ path: String, query: [String: String] = [:], headers: [String: [String]] = [:],
    body: [UInt8] = [], peer: WebPeer = .socket
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
  }

  /// - Parameter target: as it stands in the request line (RFC 9112, 3.2.1).
  /// - Returns: nil where it is none, or not to be decoded.
  init?(
    _ method: Method, target: String, headers: [String: [String]], body: [UInt8], peer: WebPeer
  ) {
    let parts = target.cut(at: "?")
    let path = parts.map { String($0.before) } ?? target
    guard path.begins(with: "/"), let decoded = WebForm.decoded(path, plusIsSpace: false),
      let query = WebForm.fields(parts.map { String($0.after) } ?? "")
    else { return nil }
    self.init(method, decoded, query: query, headers: headers, body: body, peer: peer)
  }

  /// nil where it stands not at all, or more than once: then nobody knows which one counts.
  package func header(_ name: String) -> String? {
    guard let values = headers[name], values.count == 1 else { return nil }
    return values[0]
  }

  /// The fields of a form that was sent (application/x-www-form-urlencoded); nil where it is none.
  package var form: [String: String]? {
    guard let type = header("content-type"),
      (type.cut(at: ";").map { String($0.before) } ?? type).asciiLowercase
        == "application/x-www-form-urlencoded",
      let text = String(validating: body, as: UTF8.self)
    else { return nil }
    return WebForm.fields(text)
  }

  /// A cookie of that name (RFC 6265, 5.4); nil where there is none, or more than one.
  package func cookie(_ name: String) -> String? {
    let found = (headers["cookie"] ?? []).flatMap { $0.pieces(by: ";") }.compactMap { piece -> String? in
      guard let parts = String(piece).cut(at: "="), String(parts.before.trimmed) == name else { return nil }
      return String(parts.after.trimmed)
    }
    return found.count == 1 ? found[0] : nil
  }
}

/// Who is at the other end.
package enum WebPeer: Hashable, Sendable {
  /// Over a socket in the file system.
  case socket
  /// An IP address, as text, and the port there.
  case address(String, port: Int)
}

/// The encoding of forms and queries (WHATWG URL, 5.1).
package enum WebForm {
  private static let mostFields = 256

  /// nil where it cannot be decoded.
  static func fields(_ text: String) -> [String: String]? {
    var fields: [String: String] = [:]
    let pieces = text.pieces(by: "&").filter { !$0.isEmpty }
    guard pieces.count <= mostFields else { return nil }
    for piece in pieces {
      let parts = String(piece).cut(at: "=")
      let name = parts.map { String($0.before) } ?? String(piece)
      let value = parts.map { String($0.after) } ?? ""
      guard let name = decoded(name, plusIsSpace: true), let value = decoded(value, plusIsSpace: true) else {
        return nil
      }
      fields[name] = value
    }
    return fields
  }

  static func decoded(_ text: String, plusIsSpace: Bool) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        else { return nil }
        bytes.append(value)
        rest = rest.dropFirst(2)
      case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
      case 0...0x20, 0x7F: return nil
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// A value as it stands in a query.
  package static func encoded(_ text: String) -> String {
    text.utf8.map { byte -> String in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        return String(UnicodeScalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        return "%" + (hex.utf8.count == 1 ? "0" : "") + hex
      }
    }.joined()
  }
}
