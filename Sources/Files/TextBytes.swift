/// Cutting text where its bytes say so. A slash, a quote or a line's end followed by a combining mark is one
/// `Character` in Swift, and another than the plain one: to the kernel, a shell or SQLite it is a slash all the same.
extension StringProtocol {
  /// The pieces between these ASCII characters.
  package func pieces(by separator: Unicode.Scalar, keepingEmpty: Bool = false) -> [Substring] {
    Substring(self).utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: !keepingEmpty)
      .map { Substring($0) }
  }

  package func begins(with prefix: some StringProtocol) -> Bool { utf8.starts(with: prefix.utf8) }

  package func ends(with suffix: some StringProtocol) -> Bool {
    utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }
}
