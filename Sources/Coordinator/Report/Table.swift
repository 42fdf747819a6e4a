import Text

/// Columns of text, two spaces apart, as wide as their widest cell. On a terminal the last column, which is
/// the one for sentences, goes on below where it does not fit: nothing is cut off.
package struct Table {
  var header: [String]
  var rows: [[String]]
  /// Of the terminal, in columns; nil where lines may be as long as they are.
  var width: Int?

  /// Whether cells are coloured by what they mean: see ``Paint/of(_:in:)``.
  var hasColor = false

  /// Less room than this is none for a sentence, in columns.
  private static let leastNoteWidth = 24

  /// With less than this a note has few lines, or stands below.
  private static let goodNoteWidth = 32
  private static let mostNarrowLines = 3

  /// Headers of columns that are left out where there is no room for all: the one that is missed least first.
  var optional: [String] = []

  package init(
    header: [String], rows: [[String]], width: Int? = nil, hasColor: Bool = false, optional: [String] = []
  ) {
    self.header = header
    self.rows = rows
    self.width = width
    self.hasColor = hasColor
    self.optional = optional
  }

  package var lines: [String] {
    guard let width else { return straight }
    var table = self
    var left: [String] = []
    for name in optional where !table.fits(width) {
      guard let index = table.header.firstIndex(of: name) else { continue }
      table.header.remove(at: index)
      table.rows = table.rows.map { row in row.enumerated().filter { $0.offset != index }.map(\.element) }
      left.append(name.lowercased())
    }
    guard table.fits(width) else { return records(width) }
    let note = "(no room for \(Wording.list(left.reversed())): a wider terminal, or -o json)"
    return table.straight + (left.isEmpty ? [] : Columns.wrapped(note, to: width))
  }

  /// Whether all but the last column, which can go on below, have room.
  private func fits(_ width: Int) -> Bool { start(of: widths) - 2 <= width }

  /// Each row as a paragraph, its cells by their names.
  private func records(_ width: Int) -> [String] {
    rows.flatMap { row in
      let cells = zip(header, row).dropFirst().dropLast(row.count == header.count ? 1 : 0)
        .filter { !$1.isEmpty }.map { "\($0.lowercased()) \($1)" }
      var lines: [String] = []
      for cell in cells {
        if let last = lines.last, Columns.count(last) + 2 + Columns.count(cell) <= width - 2 {
          lines[lines.count - 1] = last + ", " + cell
        } else {
          lines.append(cell)
        }
      }
      let note = row.count == header.count ? row.last ?? "" : ""
      return Columns.wrapped(row.first ?? "", to: width)
        + (lines + [note]).flatMap { Columns.wrapped($0, to: max(1, width - 2)) }.map { "  " + $0 }
    }
  }

  private var all: [[String]] {
    // A tab goes to where the terminal likes.
    (header.isEmpty ? [] : [header]) + rows.map { row in row.map { $0.replacing("\t", with: " ") } }
  }

  private var widths: [Int] {
    let all = all
    return (0..<(all.map(\.count).max() ?? 0)).map { column in
      all.compactMap { column < $0.count ? Columns.count($0[column]) : nil }.max() ?? 0
    }
  }

  /// Where the last column begins.
  private func start(of widths: [Int]) -> Int { widths.dropLast().reduce(0) { $0 + $1 + 2 } }

  private var straight: [String] {
    let widths = widths
    let count = widths.count
    let before = start(of: widths)
    return all.enumerated().flatMap { index, row in
      let cells = zip(row, widths).dropLast(row.count == count ? 1 : 0)
      let start = zip(header + Array(repeating: "", count: count), cells).map { name, cell in
        let (text, width) = cell
        let space = Columns.spaces(width - Columns.count(text) + 2)
        return (hasColor && index > 0 ? Paint.of(text, in: name)?.on(text) : nil).map { $0 + space } ?? text
          + space
      }.joined()
      // What goes on below needs no name.
      if index == 0, !header.isEmpty, let width, before + Columns.count(row.last ?? "") > width {
        return [Columns.trimmed(start)]
      }
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
    let beside = width - at >= Self.leastNoteWidth ? Columns.wrapped(note, to: width - at) : []
    let longestWord = note.split(separator: " ").map { Columns.count($0) }.max() ?? 0
    // Beside cells that are mostly empty a few lines below are read more easily than a narrow tower.
    let isNarrow = width - at < Self.goodNoteWidth && beside.count > Self.mostNarrowLines
    if !beside.isEmpty, longestWord <= width - at, !isNarrow {
      return [Columns.trimmed(start + (beside.first ?? ""))]
        + beside.dropFirst().map { Columns.spaces(at) + $0 }
    }
    let indent = min(first + 2, max(2, width - Self.leastNoteWidth))
    let parts = Columns.wrapped(note, to: max(Self.leastNoteWidth, width - indent))
    return [Columns.trimmed(start)] + parts.map { Columns.spaces(indent) + $0 }
  }

}
