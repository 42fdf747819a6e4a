/// Text that a program reads: cut, searched and compared at its scalars, never at its Characters.
///
/// A Swift `Character` is whatever a person sees as one sign, so "/" with U+0301 behind it is one Character, and
/// that is not "/": `split`, `hasPrefix` and `firstIndex(of:)` pass over the slash, the kernel does not. It is the
/// same with a quote for the shell or for SQL, with ":" and "=", and with line ends ("\r\n" is one Character);
/// and `==` takes U+037E for ";" and U+212A for "K". Every separator here is one scalar. An ASCII scalar is one
/// byte in UTF-8 and part of no other scalar's bytes, so to cut at it is to cut at that byte.
///
/// `CharacterTests` (TidyTests) finds where text is cut otherwise.
extension StringProtocol {
  /// What stands between the separators; empty pieces count only where the format says that they do.
  package func pieces(
    by separator: Unicode.Scalar, maxSplits: Int = .max, keepingEmpty: Bool = false
  ) -> [Substring] {
    pieces(maxSplits: maxSplits, keepingEmpty: keepingEmpty) { $0 == separator }
  }

  package func pieces(
    maxSplits: Int = .max, keepingEmpty: Bool = false, where isSeparator: (Unicode.Scalar) -> Bool
  ) -> [Substring] {
    Substring(self).unicodeScalars
      .split(maxSplits: maxSplits, omittingEmptySubsequences: !keepingEmpty, whereSeparator: isSeparator)
      .map { Substring($0) }
  }

  /// The lines that are not empty. A line ends where the kernel, a shell and a protocol end it, at "\n" (a "\r"
  /// before it is not part of it): not at U+2028 or a form feed, which a value may contain.
  package var textLines: [Substring] { allTextLines.filter { !$0.isEmpty } }

  /// All lines, empty ones too; after a last "\n" there is an empty one.
  package var allTextLines: [Substring] {
    pieces(by: "\n", keepingEmpty: true).map { $0.without(suffix: "\r") ?? $0 }
  }

  /// The words between spaces and tabs.
  package var words: [Substring] { pieces(where: \.isBlank) }

  /// Without the spaces, tabs and line ends around it.
  package var trimmed: Substring {
    let rest = Substring(self).unicodeScalars.drop(while: \.isSpace)
    guard let last = rest.lastIndex(where: { !$0.isSpace }) else {
      return Substring(rest[..<rest.startIndex])
    }
    return Substring(rest[...last])
  }

  package func begins(with prefix: some StringProtocol) -> Bool { utf8.starts(with: prefix.utf8) }

  package func ends(with suffix: some StringProtocol) -> Bool {
    utf8.reversed().starts(with: suffix.utf8.reversed())
  }

  /// What comes after `prefix`; nil where the text does not begin with it.
  package func without(prefix: some StringProtocol) -> Substring? {
    guard begins(with: prefix) else { return nil }
    return Substring(self)[utf8.index(startIndex, offsetBy: prefix.utf8.count)...]
  }

  /// What comes before `suffix`; nil where the text does not end with it.
  package func without(suffix: some StringProtocol) -> Substring? {
    guard ends(with: suffix) else { return nil }
    return Substring(self)[..<utf8.index(endIndex, offsetBy: -suffix.utf8.count)]
  }

  /// What comes before the first `separator`, and what comes after it; nil where it is nowhere.
  package func cut(at separator: Unicode.Scalar) -> (before: Substring, after: Substring)? {
    halves(unicodeScalars.firstIndex(of: separator))
  }

  /// The same with the last `separator`.
  package func cut(atLast separator: Unicode.Scalar) -> (before: Substring, after: Substring)? {
    halves(unicodeScalars.lastIndex(of: separator))
  }

  private func halves(_ index: Index?) -> (before: Substring, after: Substring)? {
    guard let index else { return nil }
    let text = Substring(self)
    return (text[..<index], text[text.unicodeScalars.index(after: index)...])
  }

  /// The part before the first scalar for which it is not so.
  package func leading(while belongs: (Unicode.Scalar) -> Bool) -> Substring {
    Substring(Substring(self).unicodeScalars.prefix(while: belongs))
  }

  /// The part from the first scalar on for which it is not so.
  package func skipping(while belongs: (Unicode.Scalar) -> Bool) -> Substring {
    Substring(Substring(self).unicodeScalars.drop(while: belongs))
  }

  /// At most so many scalars from the start. As many Characters have no bound in bytes: marks join without end.
  package func leading(scalars: Int) -> Substring {
    Substring(Substring(self).unicodeScalars.prefix(scalars))
  }

  /// As much from the start as fits in so many bytes of UTF-8; no scalar is cut in two.
  package func leading(bytes: Int) -> Substring {
    var room = bytes
    return leading { sign in
      room -= UTF8.width(sign)
      return room >= 0
    }
  }

  /// The same as of scalars, from the end.
  package func trailing(scalars: Int) -> Substring {
    Substring(Substring(self).unicodeScalars.suffix(scalars))
  }

  /// Whether a part of it is `part`, byte for byte.
  package func holds(_ part: some StringProtocol) -> Bool { before(part) != nil }

  /// What stands before the first `part`; nil where it holds none.
  package func before(_ part: some StringProtocol) -> Substring? {
    let wanted = Array(part.utf8)
    let all = Substring(self)
    var rest = all.utf8
    guard let first = wanted.first else { return all.prefix(0) }
    while let start = rest.firstIndex(of: first) {
      rest = rest[start...]
      if rest.starts(with: wanted) { return all[..<start] }
      rest = rest.dropFirst()
    }
    return nil
  }

  /// The text with each `old` made into `new`.
  package func exchanging(_ old: Unicode.Scalar, for new: String) -> String {
    pieces(by: old, keepingEmpty: true).joined(separator: new)
  }

  /// The same bytes: for names that are written the same, not only look so (`==` takes "é" for "e" with U+0301).
  package func isSpelled(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

  /// With a to z for A to Z, as DNS, HTTP and the like fold case; `lowercased()` makes a "k" of U+212A, too.
  package var asciiLowercase: String {
    String(String.UnicodeScalarView(unicodeScalars.map { ("A"..."Z").contains($0) ? $0.moved(by: 32) : $0 }))
  }

  package var asciiUppercase: String {
    String(String.UnicodeScalarView(unicodeScalars.map { ("a"..."z").contains($0) ? $0.moved(by: -32) : $0 }))
  }
}

extension Unicode.Scalar {
  /// A space or a tab.
  package var isBlank: Bool { self == " " || self == "\t" }

  /// What ASCII calls white space.
  package var isSpace: Bool { self == " " || ("\t"..."\r").contains(self) }

  /// One of 0 to 9, and no digit of another script.
  package var isDigit: Bool { ("0"..."9").contains(self) }

  package var isASCIILetter: Bool { ("a"..."z").contains(self) || ("A"..."Z").contains(self) }

  /// What would command a terminal, turn the writing direction, end a line or be there without anybody seeing it:
  /// control characters (C0, DEL, C1), separators of lines, marks of direction, characters of no width. Text from
  /// outside shows them some other way.
  package var isUnseen: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
      0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F:
      true
    default: false
    }
  }

  package var isHex: Bool { isDigit || ("a"..."f").contains(self) || ("A"..."F").contains(self) }

  /// Another ASCII scalar; the caller stays among the letters.
  fileprivate func moved(by distance: Int) -> Unicode.Scalar {
    Unicode.Scalar(UInt8(truncatingIfNeeded: Int(value) + distance))
  }
}
