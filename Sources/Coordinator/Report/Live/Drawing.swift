/// Lines that stand at the end of a terminal's text, the cursor below them, and what to send so that others
/// stand there instead. Only what is different is sent, in one piece, so nothing flickers.
struct Drawing {
  private var lines: [String] = []
  /// In columns, of each line, without what only colours it.
  private var widths: [Int] = []
  private var terminalWidth = 0

  /// - Parameter frame: fewer lines than the terminal has, none wider than it.
  mutating func changed(to frame: [String], width: Int) -> String {
    guard frame != lines || width != terminalWidth else { return "" }
    var text = lines.isEmpty && !frame.isEmpty ? Self.hideCursor : ""
    if width != terminalWidth {
      text += erased(width)
      (lines, widths) = ([], [])
    }
    text += Self.up(lines.count)
    var fresh: [Int] = []
    for (index, line) in frame.enumerated() {
      let columns = Self.columns(line)
      if !(index < lines.count && lines[index] == line) {
        // Behind the last column there is nothing to erase, and some terminals would take that column.
        text += line + (columns < width ? Self.eraseLine : "")
      }
      text += "\n"
      fresh.append(columns)
    }
    if frame.count < lines.count { text += Self.eraseBelow }
    (lines, widths, terminalWidth) = (frame, fresh, width)
    return text
  }

  /// Nothing of it is left, and the cursor is where it began.
  mutating func wiped(width: Int) -> String {
    guard !lines.isEmpty else { return "" }
    let text = erased(width) + Self.showCursor
    self = Drawing()
    return text
  }

  /// A terminal that became narrower has wrapped what no longer fitted: a line may be several now.
  private func erased(_ width: Int) -> String {
    guard !lines.isEmpty else { return "" }
    let rows = widths.reduce(0) { $0 + max(1, ($1 + width - 1) / max(1, width)) }
    return Self.up(rows) + Self.eraseBelow
  }

  private static let hideCursor = "\u{1B}[?25l"
  private static let showCursor = "\u{1B}[?25h"
  private static let eraseLine = "\u{1B}[K"
  private static let eraseBelow = "\u{1B}[J"

  private static func up(_ rows: Int) -> String { rows > 0 ? "\u{1B}[\(rows)A\r" : "" }

  private static func columns(_ line: String) -> Int {
    guard line.utf8.contains(0x1B) else { return Columns.count(line) }
    var isEscape = false
    var bare = ""
    for scalar in line.unicodeScalars {
      if scalar == "\u{1B}" { isEscape = true }
      if !isEscape { bare.unicodeScalars.append(scalar) }
      if isEscape, scalar.properties.isAlphabetic { isEscape = false }
    }
    return Columns.count(bare)
  }
}
