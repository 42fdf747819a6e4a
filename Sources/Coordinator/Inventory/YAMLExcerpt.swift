import Text
import ByteText

/// The lines of a file around a mistake, with a caret below the column. Pure.
struct YAMLExcerpt {
  private static let maxColumns = 100
  private let lines: [Substring]

  init(_ text: String) { lines = text.allTextLines }

  /// Counted from 1; empty beyond the file.
  func line(_ number: Int) -> Substring { lines.indices.contains(number - 1) ? lines[number - 1] : "" }

  func width(of number: Int) -> Int { line(number).unicodeScalars.count }

  /// Whether nothing but blanks and comments stands there and below.
  func isBeyondText(_ number: Int) -> Bool {
    !lines.dropFirst(max(0, number - 1)).contains(where: Self.isText)
  }

  /// The last line above with more than blanks and comments: what YAML finds wrong in a line is often the doing of
  /// that one.
  func lastText(before number: Int) -> Int? {
    lines.prefix(max(0, number - 1)).lastIndex(where: Self.isText).map { $0 + 1 }
  }

  /// - Parameter start: where what is wrong began, as far as that is known.
  func shown(at number: Int, column: Int, since start: Int? = nil) -> [String] {
    var numbers = [number]
    if let before = lastText(before: number) { numbers.insert(before, at: 0) }
    if let start, start > 0, start < numbers[0] { numbers.insert(start, at: 0) }
    let wide = "\(number)".count
    let first = max(0, column - Self.maxColumns + 20)
    let rows = numbers.map { row in
      let text = line(row).exchanging("\t", for: " ").unicodeScalars.dropFirst(first).prefix(Self.maxColumns)
      let label = "\(row)"
      return "  " + Columns.spaces(wide - label.count) + "\(label) | " + String(text)
    }
    return rows + ["  " + Columns.spaces(wide) + " | " + Columns.spaces(column - 1 - first) + "^"]
  }

  private static func isText(_ line: Substring) -> Bool {
    let rest = line.skipping(while: \.isSpace)
    return !rest.isEmpty && !rest.begins(with: "#")
  }
}
