import ByteText

/// What a changelog in Markdown says of each version: the text below the heading that names it. Pure.
///
/// Read are headings of both of Markdown's forms (`## [1.2.3] - 2020-01-01`, and `v1.2.3` underlined with `=` or `-`);
/// what stands in fenced code is none. Foreign text: it is cut at its lines' bytes, and shown to people only.
package struct Changelog: Sendable {
  /// Of a heading that is longer nobody says that it names a version.
  static let maxHeadingBytes = 400
  /// Words of a heading in which a version is looked for: `What is new in Growroom 1.2.3`.
  private static let maxHeadingWords = 6
  /// Before a version also in a heading that is below another version's.
  private static let leadingWords: Set<String> = ["version", "release", "v"]

  private struct Section {
    var name: TagName
    var level: Int
    var body: Range<Int>
  }

  private let bytes: [UInt8]
  private var sections: [Section] = []

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    read()
  }

  /// The versions in the order of the file.
  package var versions: [Version] { sections.map(\.name.version) }

  /// What it says of a release, without blanks around it; nil where it says nothing.
  ///
  /// - Parameter maxBytes: so much of its beginning; no sign is cut in two.
  package func text(of tag: TagName, maxBytes: Int) -> String? {
    let section = sections.first {
      $0.name.channel.isSpelled(tag.channel) && $0.name.version.isSame(as: tag.version)
    }
    guard let section else { return nil }
    // Some bytes more than asked for, so that a sign that is cut here is behind the cut below.
    let longest = 4
    let text = String(decoding: bytes[section.body].prefix(maxBytes + longest), as: UTF8.self)
    let shown = text.leading(bytes: maxBytes).trimmed
    return shown.isEmpty ? nil : String(shown)
  }

  // MARK: Reading

  private mutating func read() {
    var open: Section?
    var fence: (sign: UInt8, count: Int)?
    var above: Range<Int>?
    var start = 0
    func close(at end: Int) {
      guard var section = open else { return }
      section.body = section.body.lowerBound..<max(section.body.lowerBound, end)
      sections.append(section)
      open = nil
    }
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let next = min(end + 1, bytes.count)
      let line = bytes[start..<end]
      defer { start = next }
      if let marks = Self.fence(line) {
        if let begun = fence {
          if marks.sign == begun.sign, marks.count >= begun.count, marks.isBare { fence = nil }
        } else {
          fence = (marks.sign, marks.count)
        }
        above = nil
        continue
      }
      guard fence == nil else { continue }
      var heading: (level: Int, text: ArraySlice<UInt8>, start: Int)?
      if let (level, text) = Self.hashed(line) {
        heading = (level, text, start)
      } else if let level = Self.underline(line), let above, !Self.isListed(bytes[above]) {
        heading = (level, bytes[above], above.lowerBound)
      }
      above = heading == nil && !Self.isBlank(line) ? start..<end : nil
      guard let heading else { continue }
      let isDeeper = open.map { heading.level > $0.level } ?? false
      if let name = Self.name(in: heading.text, isDeeper: isDeeper) {
        close(at: heading.start)
        open = Section(name: name, level: heading.level, body: next..<next)
      } else if !isDeeper {
        close(at: heading.start)
      }
    }
    close(at: bytes.count)
  }

  /// The version that a heading names. In one that is deeper than that of the version above it, which may well speak
  /// of another version (`### Since 1.2.0`), only at its very beginning.
  private static func name(in heading: ArraySlice<UInt8>, isDeeper: Bool) -> TagName? {
    guard heading.count <= maxHeadingBytes else { return nil }
    let words = String(decoding: heading, as: UTF8.self).words.prefix(maxHeadingWords)
    for word in words {
      let bare = bare(word)
      if let name = TagName(bare) ?? bare.without(prefix: "V").flatMap({ TagName(String($0)) }) {
        return name
      }
      if isDeeper, !bare.isEmpty, !leadingWords.contains(bare.asciiLowercase) { return nil }
    }
    return nil
  }

  /// `[1.2.3](https://…)`, `**v1.2.3**` and `1.2.3:` without what Markdown and people put around it.
  private static func bare(_ word: Substring) -> String {
    let rest = word.skipping { !$0.isDigit && !$0.isASCIILetter }
    let core = rest.leading { $0.isDigit || $0.isASCIILetter || ".-+~_".unicodeScalars.contains($0) }
    var scalars = core.unicodeScalars
    while let last = scalars.last, "._-+~".unicodeScalars.contains(last) { scalars.removeLast() }
    return String(Substring(scalars))
  }

  // MARK: Lines (spec.commonmark.org/0.31.2, 4.2, 4.3 and 4.5)

  /// Without the blanks before it, of which a heading has three at most.
  private static func unindented(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let text = line.drop { $0 == UInt8(ascii: " ") }
    // A file may begin with a byte order mark.
    let marked = text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text
    return text.startIndex - line.startIndex <= 3 ? marked : nil
  }

  private static func isBlank(_ line: ArraySlice<UInt8>) -> Bool {
    line.allSatisfy { $0 == UInt8(ascii: " ") || (0x09...0x0D).contains($0) }
  }

  /// `## text ##`.
  private static func hashed(_ line: ArraySlice<UInt8>) -> (level: Int, text: ArraySlice<UInt8>)? {
    guard let text = unindented(line), text.first == UInt8(ascii: "#") else { return nil }
    let rest = text.drop { $0 == UInt8(ascii: "#") }
    let level = rest.startIndex - text.startIndex
    guard level <= 6, isBlank(rest.prefix(1)) else { return nil }
    return (level, rest)
  }

  /// The level of the heading that a line of `=` or `-` makes of the line above it.
  private static func underline(_ line: ArraySlice<UInt8>) -> Int? {
    guard let text = unindented(line), let sign = text.first,
      sign == UInt8(ascii: "=") || sign == UInt8(ascii: "-")
    else { return nil }
    let rest = text.drop { $0 == sign }
    guard rest.startIndex - text.startIndex >= 2, isBlank(rest) else { return nil }
    return sign == UInt8(ascii: "=") ? 1 : 2
  }

  /// An entry of a list, or code: a line below it that looks like an underline is none.
  private static func isListed(_ line: ArraySlice<UInt8>) -> Bool {
    guard let text = unindented(line), let first = text.first else { return true }
    return [UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ">")].contains(first)
      && isBlank(text.dropFirst().prefix(1))
  }

  /// Three backquotes or tildes, or more, and whether nothing stands behind them.
  private static func fence(_ line: ArraySlice<UInt8>) -> (sign: UInt8, count: Int, isBare: Bool)? {
    guard let text = unindented(line), let sign = text.first,
      sign == UInt8(ascii: "`") || sign == UInt8(ascii: "~")
    else { return nil }
    let rest = text.drop { $0 == sign }
    let count = rest.startIndex - text.startIndex
    return count >= 3 ? (sign, count, isBlank(rest)) : nil
  }
}
