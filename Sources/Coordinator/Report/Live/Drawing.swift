import Text

/// Lines that stand at the end of a terminal's text, the cursor below them, and what to send so that others
/// stand there instead. Only what is different is sent, in one piece, so nothing flickers.
struct Drawing {
  private var lines: [String] = []
  /// Without what only colours them.
  private var bare: [String] = []
  private var terminalWidth = 0

  /// The terminal has become narrower than what stands there was drawn for.
  func isWider(than width: Int) -> Bool { !lines.isEmpty && width < terminalWidth }

  /// - Parameter frame: fewer lines than the terminal has, none wider than it.
  mutating func changed(to frame: [String], width: Int) -> String {
    guard frame != lines || width != terminalWidth else { return "" }
    var text = lines.isEmpty && !frame.isEmpty ? Self.hideCursor : ""
    if width != terminalWidth {
      text += erased(width)
      (lines, bare) = ([], [])
    }
    text += Self.up(lines.count)
    var fresh: [String] = []
    for (index, line) in frame.enumerated() {
      let isNew = index >= lines.count
      fresh.append(!isNew && lines[index] == line ? bare[index] : Self.bare(line))
      if isNew || lines[index] != line {
        // Erased from its beginning, and not behind what is written: tmux remembers a line that is cut short by as
        // long as it was, and wraps that when it becomes narrower.
        let isShorter = isNew || Columns.count(fresh[index]) < Columns.count(bare[index])
        text += (isShorter ? Self.eraseLine : "") + line
      }
      text += "\n"
    }
    if frame.count < lines.count { text += Self.eraseBelow }
    (lines, bare, terminalWidth) = (frame, fresh, width)
    return text
  }

  /// Nothing of it is left, and the cursor is where it began.
  mutating func wiped(width: Int) -> String {
    guard !lines.isEmpty else { return "" }
    let text = erased(width) + Self.showCursor
    self = Drawing()
    return text
  }

  private func erased(_ width: Int) -> String {
    guard !lines.isEmpty else { return "" }
    // Never all of the screen at once: tmux would take that for leaving it, and keep it in its history.
    return Self.up(Self.rows(of: bare, width: width)) + Self.eraseLine + "\n" + Self.eraseBelow + Self.up(1)
  }

  /// How many rows these lines take now on a terminal that is as wide as that, whatever it was when they were drawn:
  /// one that became narrower has wrapped what no longer fitted. (One that cuts instead, as xterm, has fewer; there
  /// some of what stands above is erased, too. Nobody can ask a terminal which kind it is without reading from it.)
  static func rows(of lines: [String], width: Int) -> Int {
    lines.reduce(0) { $0 + rows(of: $1, width: width) }
  }

  private static func rows(of line: String, width: Int) -> Int {
    var (rows, column) = (1, 0)
    for scalar in line.unicodeScalars {
      let columns = Columns.count(String(scalar))
      // What is two columns wide is not torn at the edge.
      if column + columns > max(2, width) { (rows, column) = (rows + 1, 0) }
      column += columns
    }
    return rows
  }

  private static let hideCursor = "\u{1B}[?25l"
  private static let showCursor = "\u{1B}[?25h"
  private static let eraseLine = "\u{1B}[K"
  private static let eraseBelow = "\u{1B}[J"

  private static func up(_ rows: Int) -> String { rows > 0 ? "\u{1B}[\(rows)A\r" : "" }

  private static func bare(_ line: String) -> String {
    guard line.utf8.contains(0x1B) else { return line }
    var isEscape = false
    var bare = ""
    for scalar in line.unicodeScalars {
      if scalar == "\u{1B}" { isEscape = true }
      if !isEscape { bare.unicodeScalars.append(scalar) }
      if isEscape, scalar.properties.isAlphabetic { isEscape = false }
    }
    return bare
  }
}
