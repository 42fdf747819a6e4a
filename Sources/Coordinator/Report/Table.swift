/// Columns of text, two spaces apart, as wide as their widest cell. On a terminal the last column, which is
/// the one for sentences, goes on below where it does not fit: nothing is cut off.
struct Table {
  var header: [String]
  var rows: [[String]]
  /// Of the terminal, in columns; nil where lines may be as long as they are.
  var width: Int?

  /// Less room than this is none for a sentence, in columns.
  private static let leastNoteWidth = 24

  var lines: [String] {
    // A tab goes to where the terminal likes.
    let all = (header.isEmpty ? [] : [header]) + rows.map { row in row.map { $0.replacing("\t", with: " ") } }
    let count = all.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      all.compactMap { column < $0.count ? Columns.count($0[column]) : nil }.max() ?? 0
    }
    let before = widths.dropLast().reduce(0) { $0 + $1 + 2 }
    return all.flatMap { row in
      let cells = zip(row, widths).dropLast(row.count == count ? 1 : 0)
      let start = cells.map { Columns.padded($0, to: $1) + "  " }.joined()
      return fit(start, row.count == count ? row.last ?? "" : "", at: before, first: widths.first ?? 0)
    }
  }

  /// - Parameters:
  ///   - at: where the last column begins.
  ///   - first: the width of the first column, below which a note stands that has no room beside it.
  private func fit(_ start: String, _ note: String, at: Int, first: Int) -> [String] {
    guard let width, at + Columns.count(note) > width, !note.isEmpty else {
      return [Columns.trimmed(start + note)]
    }
    if width - at >= Self.leastNoteWidth {
      let parts = Columns.wrapped(note, to: width - at)
      return [Columns.trimmed(start + (parts.first ?? ""))] + parts.dropFirst().map { Self.spaces(at) + $0 }
    }
    let indent = min(first + 2, max(2, width - Self.leastNoteWidth))
    let parts = Columns.wrapped(note, to: max(Self.leastNoteWidth, width - indent))
    return [Columns.trimmed(start)] + parts.map { Self.spaces(indent) + $0 }
  }

  static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}
