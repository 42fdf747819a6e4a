import Text
import ByteText
import FoundationEssentials
import SystemPackage

/// How single values are read. Each says what is wrong and what would be right; where it stands is
/// added by the caller.
package enum Values {
  static func text(_ node: YAMLNode) throws(Wrong) -> String {
    guard case .text(let text) = node.value else {
      throw Wrong("must be text, not \(node.summary)")
    }
    return text
  }

  /// One line of text, not empty.
  static func line(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try text(node)
    guard !text.isEmpty, !text.holds("\n") else {
      throw Wrong("must be one line of text, not \(node.summary)")
    }
    return text
  }

  static func flag(_ node: YAMLNode) throws(Wrong) -> Bool {
    switch try? text(node) {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default: throw Wrong("must be true or false, not \(node.summary)")
    }
  }

  static func integer(in range: ClosedRange<Int>) -> (YAMLNode) throws(Wrong) -> Int {
    { (node) throws(Wrong) in
      guard case .text(let text) = node.value, let number = number(text), range.contains(number)
      else {
        throw Wrong(
          "must be a number from \(range.lowerBound) to \(range.upperBound), not \(node.summary)")
      }
      return number
    }
  }

  /// Digits only: no sign, no `0x`, no `1_000`.
  static func number(_ text: some StringProtocol) -> Int? {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
  }

  static func seconds(
    from least: Int = 0
  ) -> (YAMLNode) throws(Wrong) -> Int {
    { (node) throws(Wrong) in
      guard case .text(let text) = node.value else {
        throw Wrong("must be a duration such as 90s, not \(node.summary)")
      }
      let seconds = try Amount.seconds(text)
      guard seconds >= least else { throw Wrong("must be at least \(least)s, not \(text)") }
      return seconds
    }
  }

  /// A duration, or nil for `off`.
  static func secondsOrOff(_ node: YAMLNode) throws(Wrong) -> Int? {
    if case .text("off") = node.value { return nil }
    return try seconds(from: 1)(node)
  }

  /// The same, within bounds.
  static func secondsOrOff(
    within bounds: ClosedRange<Int>
  ) -> (YAMLNode) throws(Wrong) -> Int? {
    { (node) throws(Wrong) in
      guard let seconds = try secondsOrOff(node) else { return nil }
      guard bounds.contains(seconds) else {
        throw Wrong("must be off, or \(bounds.lowerBound)s to \(bounds.upperBound)s, not \(node.summary)")
      }
      return seconds
    }
  }

  /// A size in bytes, or nil for `off`.
  static func bytesOrOff(_ node: YAMLNode) throws(Wrong) -> Int64? {
    guard case .text(let text) = node.value else {
      throw Wrong("must be a size such as 4GiB or off, not \(node.summary)")
    }
    return text == "off" ? nil : try Amount.bytes(text)
  }

  static func choice<T: RawRepresentable<String> & CaseIterable>(
    of type: T.Type
  ) -> (YAMLNode) throws(Wrong) -> T {
    { (node) throws(Wrong) in
      let words = type.allCases.map(\.rawValue)
      guard case .text(let text) = node.value, let value = T(rawValue: text) else {
        let hint: String? =
          if case .text(let text) = node.value { didYouMean(text, among: words) } else { nil }
        throw Wrong("must be \(words.joined(separator: " or ")), not \(node.summary)", hint: hint)
      }
      return value
    }
  }

  /// Absolute, without `.` and `..`, no double slashes.
  static func absolutePath(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try line(node)
    guard text.begins(with: "/") else {
      throw Wrong("must be an absolute path on the host, not \(node.summary)")
    }
    let path = FilePath(text)
    guard !path.components.contains(where: { $0.kind != .regular }) else {
      throw Wrong("must not contain . or .., but is \(node.summary)")
    }
    guard !path.components.isEmpty else { throw Wrong("must not be the root directory") }
    return String(path.string.without(suffix: "/") ?? path.string[...])
  }

  /// Relative to the install, never leaving it. `.` stands for the install itself.
  static func relativePath(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try line(node)
    guard !text.begins(with: "/"), !text.begins(with: "~") else {
      throw Wrong("must be relative to the install, not \(node.summary)")
    }
    let path = FilePath(text)
    guard !path.components.contains(where: { $0.kind == .parentDirectory }) else {
      throw Wrong("must not contain .., but is \(node.summary)")
    }
    let plain = path.components.filter { $0.kind == .regular }.map(\.string)
    return plain.isEmpty ? "." : plain.joined(separator: "/")
  }

  /// A regular expression, in Swift's syntax.
  static func pattern(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try text(node)
    do {
      _ = try Regex(text)
    } catch {
      throw Wrong("\(node.summary) is not a regular expression: \(error)")
    }
    return text
  }

  /// A regular expression with exactly one group, which is the value that is meant.
  static func reading(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try pattern(node)
    guard (try? Regex(text, as: (Substring, Substring).self)) != nil else {
      throw Wrong(
        "\(node.summary) must have exactly one group ( )",
        hint: "groups that only hold together are written (?: )")
    }
    return text
  }

  /// http or https; plain http only on this machine, since nothing protects it on the way.
  static func url(_ node: YAMLNode, plainAnywhere: Bool = false) throws(Wrong) -> String {
    let text = try line(node)
    guard let url = URL(string: text), let host = url.host(), !host.isEmpty,
      url.scheme == "https" || url.scheme == "http", !text.holds(" ")
    else { throw Wrong("must be a URL such as https://example.org/path, not \(node.summary)") }
    let loopback = ["localhost", "127.0.0.1", "::1"].contains(host)
    guard plainAnywhere || loopback || url.scheme == "https" else {
      throw Wrong("must be https, not \(node.summary)", hint: "http is for 127.0.0.1 only")
    }
    guard url.user == nil, url.password == nil else {
      throw Wrong("must not hold a user or password", hint: "token_env names a variable with a token")
    }
    return String(text.without(suffix: "/") ?? text[...])
  }

  /// A name that can stand in a path, a unit's name and a command line.
  package static func isPlainName(_ text: some StringProtocol, bytes: Int) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= bytes, isAlphanumeric(first) else {
      return false
    }
    return text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
  }

  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }
}
