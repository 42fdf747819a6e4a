import ByteText

/// Where a host is reached: `addr`, `user@addr`, `user@addr:port`, `[2001:db8::1]:22`.
struct HostAddress: Equatable {
  var address: String
  var user: String?
  var port: Int?

  init(_ text: String) throws(Wrong) {
    if text.holds("://") {
      throw Wrong("\"\(text)\" is a URL", hint: "write user@address or user@address:port")
    }
    var rest = text[...]
    if let (before, after) = rest.cut(atLast: "@") {
      user = try Self.user(String(before))
      rest = after
    }
    if let (number, after) = rest.without(prefix: "[")?.cut(at: "]") {
      let digits = after.without(prefix: ":")
      guard after.isEmpty || digits != nil else {
        throw Wrong("\"\(text)\" is not an address", hint: "write [2001:db8::1] or [2001:db8::1]:22")
      }
      if let digits { port = try Self.port(digits) }
      rest = number
      guard rest.holds(":") else {
        throw Wrong("\"\(text)\" is not an address", hint: "only IPv6 stands in [ ]")
      }
    } else if let (before, after) = rest.cut(at: ":"), !after.holds(":") {
      // With one colon a port follows; with more it is IPv6 without brackets.
      port = try Self.port(after)
      rest = before
    }
    address = try Self.address(String(rest))
  }

  static func address(_ text: String) throws(Wrong) -> String {
    guard !text.isEmpty else { throw Wrong("the address is empty") }
    guard !text.begins(with: "-"), text.utf8.count <= InventoryLimits.nameBytes,
      text.utf8.allSatisfy({ Values.isAlphanumeric($0) || "._-:%".utf8.contains($0) })
    else { throw Wrong("\"\(text)\" is not an address: a name, IPv4 or IPv6") }
    return text
  }

  /// A login name. Domain users (`me@example.org`) are possible; nothing that a shell or ssh could
  /// take for something else is.
  static func user(_ text: String) throws(Wrong) -> String {
    guard !text.isEmpty, !text.begins(with: "-"), text.utf8.count <= 128,
      text.utf8.allSatisfy({ Values.isAlphanumeric($0) || "._-@\\".utf8.contains($0) })
    else { throw Wrong("\"\(text)\" is not a login name") }
    return text
  }

  private static func port(_ text: Substring) throws(Wrong) -> Int {
    guard let port = Values.number(text), (1...65_535).contains(port) else {
      throw Wrong("the port \"\(text)\" is not a number from 1 to 65535")
    }
    return port
  }
}
