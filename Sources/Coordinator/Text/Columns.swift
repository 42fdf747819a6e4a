/// How much room text takes on a terminal, in columns: characters of East Asia and emoji take two, marks that
/// combine with the character before them none.
package enum Columns {
  package static func count(_ text: some StringProtocol) -> Int {
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text.utf8.count }
    return text.unicodeScalars.reduce(0) { $0 + width(of: $1) }
  }

  /// No wider than `width`; what is cut ends with `ellipsis`, which is one column wide.
  package static func cut(_ text: String, to width: Int, ellipsis: String = "…") -> String {
    guard count(text) > width, width > 1 else { return text }
    var kept = ""
    var used = 0
    for character in text {
      used += count(String(character))
      guard used < width else { break }
      kept.append(character)
    }
    return kept + ellipsis
  }

  package static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

  package static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - count(text)))
  }

  /// Broken at spaces into lines no wider than `width`; a longer word is broken where it must be.
  package static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, count(line) + 1 + count(word) > width {
        lines.append(line)
        line = ""
      }
      if !line.isEmpty { line += " " }
      for character in word {
        if !line.isEmpty, count(line) + count(String(character)) > width {
          lines.append(line)
          line = ""
        }
        line.append(character)
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }

  /// Text as a person reads it on a terminal of this width: too long lines go on below, where they were indented, and
  /// words stay whole. What is to be typed has a line of its own, as it is: where the terminal breaks it, it is still
  /// copied whole.
  package static func folded(_ text: String, to width: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
      // What is drawn or coloured was made to fit.
      guard count(line) > width, !line.utf8.contains(0x1B), !line.utf8.contains(0x0D) else {
        return [String(line)]
      }
      guard let end = endOfCommand(in: line) else {
        return hung(line, under: line.prefix { " *-".contains($0) }.count, to: width)
      }
      let why = line[end...].drop { $0 == " " }
      return [String(line[..<end])]
        + (why.isEmpty ? [] : hung(Columns.spaces(10) + String(why), under: 10, to: width))
    }.joined(separator: "\n")
  }

  /// Of a line that is a command, or begins with one and says behind some spaces what it is for.
  private static func endOfCommand(in line: Substring) -> Substring.Index? {
    let start = line.hasPrefix("next: ") ? line.dropFirst(6) : line.drop { $0 == " " }
    guard start.hasPrefix("fleet ") || start.hasPrefix("ssh-add "), start.startIndex > line.startIndex else {
      return nil
    }
    return line[start.startIndex...].firstRange(of: "    ")?.lowerBound ?? line.endIndex
  }

  private static func hung(_ line: some StringProtocol, under indent: Int, to width: Int) -> [String] {
    let indent = min(indent, width / 2)
    var lines: [String] = []
    var current = ""
    var isEmpty = true
    for word in line.split(separator: " ", omittingEmptySubsequences: false) {
      let fits = count(current) + 1 + count(word) <= width
      // Spaces at the end of a question stay beside its last word.
      if !isEmpty, !fits, !word.isEmpty, current.contains(where: { $0 != " " }) {
        lines.append(trimmed(current))
        current = Columns.spaces(indent) + word
      } else {
        current += (isEmpty ? "" : " ") + word
      }
      isEmpty = false
    }
    return lines + [current]
  }

  /// Without the spaces at its end.
  package static func trimmed(_ text: String) -> String {
    guard text.utf8.last == UInt8(ascii: " ") else { return text }
    return String(text[...(text.lastIndex { $0 != " " } ?? text.startIndex)])
  }

  private static func width(of scalar: Unicode.Scalar) -> Int {
    // Most of what is drawn, asked about eight times a second: Latin, lines, blocks and Braille.
    switch scalar.value {
    case 0x20..<0x7F, 0xA0..<0x300, 0x2500..<0x2600, 0x2800..<0x2900: return 1
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  /// East Asian Wide and Fullwidth of Unicode's annex 11, in blocks, and the emoji.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23EC, 0x2614...0x2615, 0x26A1...0x26A1, 0x2705...0x2705,
    0x274C...0x274C, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
    0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
    0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
  ]
}
