/// Columns of text, two spaces apart, as wide as their widest cell; the last column is cut where the
/// terminal ends.
struct Table {
  var header: [String]
  var rows: [[String]]
  /// In characters; nil where lines may be as long as they are.
  var width: Int?

  var lines: [String] {
    let all = (header.isEmpty ? [] : [header]) + rows
    let columns = all.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      all.compactMap { column < $0.count ? $0[column].count : nil }.max() ?? 0
    }
    return all.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += column == columns - 1 ? cell : cell + Self.spaces(widths[column] - cell.count + 2)
      }
      while line.last == " " { line.removeLast() }
      guard let width, line.count > width, width > 1 else { return line }
      return line.prefix(width - 1) + "…"
    }
  }

  static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}
