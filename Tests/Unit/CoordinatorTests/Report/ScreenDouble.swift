@testable import Text
@testable import Coordinator

/// A terminal's screen, as far as fleet writes to one: text with wrapping and scrolling, cursor up, erasing,
/// colours (not kept) and the cursor's visibility. Whatever else comes is a fault.
struct ScreenDouble {
  /// What it does with lines that no longer fit.
  enum Kind: CaseIterable {
    /// Wraps them, and joins them again when there is room: most do.
    case wraps
    /// Cuts them off: xterm, the console, GNU screen.
    case cuts
    /// Wraps them, and keeps the cursor's row for that, pushing what is above into the history; wraps what was erased
    /// behind the cursor, too; takes erasing all of the screen for leaving it.
    case tmux
  }

  private struct Row {
    var cells: [Character] = []
    /// It goes on in the next one.
    var isWrapped = false
  }

  private var rows: [Row]
  private(set) var scrolledOff: [String] = []
  private(set) var faults: [String] = []
  private(set) var isCursorShown = true
  private(set) var width: Int
  private let kind: Kind
  private var height: Int
  private var row = 0
  private var column = 0
  private var pending = ""

  /// The second half of a character that is two columns wide.
  private static let half: Character = "\u{0}"

  init(width: Int, height: Int, kind: Kind = .wraps) {
    (self.width, self.height, self.kind) = (width, height, kind)
    rows = [Row](repeating: Row(), count: height)
  }

  /// What is seen, without empty lines at the end.
  var lines: [String] {
    var lines = rows.map(Self.text)
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  private static func text(_ row: Row) -> String {
    let text = String(row.cells.filter { $0 != half })
    return String(text.reversed().drop { $0 == " " }.reversed())
  }

  mutating func resize(width new: Int) {
    guard kind != .cuts else {
      for index in rows.indices { rows[index].cells = Array(rows[index].cells.prefix(new)) }
      width = new
      return
    }
    var wrapped: [Row] = []
    var cursor = 0
    var (line, hasCursor) = ([Character](), false)
    for (index, part) in rows.enumerated() {
      line += part.cells
      hasCursor = hasCursor || index == row
      guard !part.isWrapped else { continue }
      if hasCursor { cursor = wrapped.count }
      wrapped += Self.wrapped(line, to: new)
      (line, hasCursor) = ([], false)
    }
    let before = row
    (rows, row, width) = (wrapped, cursor, new)
    while row >= height || kind == .tmux && row > before { scroll() }
    while rows.count > height { rows.removeLast() }
    while rows.count < height { rows.append(Row()) }
  }

  private static func wrapped(_ line: [Character], to width: Int) -> [Row] {
    var rows: [Row] = []
    var rest = line[...]
    repeat {
      var part = rest.prefix(width)
      if rest.count > width, rest[rest.startIndex + width] == half { part = part.dropLast() }
      rest = rest.dropFirst(part.count)
      rows.append(Row(cells: Array(part), isWrapped: !rest.isEmpty))
    } while !rest.isEmpty
    return rows
  }

  mutating func take(_ text: String) {
    for character in (pending + text).unicodeScalars {
      pending.unicodeScalars.append(character)
      if pending.hasPrefix("\u{1B}") {
        guard pending.unicodeScalars.count > 2, character.properties.isAlphabetic else { continue }
        escape(pending)
      } else {
        put(Character(character))
      }
      pending = ""
    }
  }

  private mutating func put(_ character: Character) {
    switch character {
    case "\r": column = 0
    case "\n", "\r\n": nextRow()
    default:
      let columns = Columns.count(String(character))
      guard columns > 0 else { return combine(character) }
      if column + columns > width {
        rows[row].isWrapped = true
        column = 0
        nextRow()
      }
      while rows[row].cells.count < column + columns { rows[row].cells.append(" ") }
      rows[row].cells[column] = character
      if columns == 2 { rows[row].cells[column + 1] = Self.half }
      column += columns
    }
  }

  private mutating func combine(_ mark: Character) {
    guard column > 0 else { return }
    rows[row].cells[column - 1] = Character(String(rows[row].cells[column - 1]) + String(mark))
  }

  private mutating func nextRow() {
    row += 1
    if row == height { scroll() }
  }

  private mutating func scroll() {
    scrolledOff.append(Self.text(rows.removeFirst()))
    rows.append(Row())
    row -= 1
  }

  private mutating func eraseLine() {
    let kept = rows[row].cells.prefix(min(column, width - 1))
    let length = kind == .tmux && column > 0 ? rows[row].cells.count : kept.count
    rows[row] = Row(cells: kept + [Character](repeating: " ", count: length - kept.count))
  }

  private mutating func escape(_ sequence: String) {
    let number = Int(sequence.dropFirst(2).dropLast()) ?? 1
    switch (sequence.last, sequence) {
    case ("A", _): row = max(0, row - number)
    case ("K", "\u{1B}[K"): eraseLine()
    case ("J", "\u{1B}[J"):
      if kind == .tmux, (row, column) == (0, 0) { scrolledOff += lines }
      eraseLine()
      for index in rows.indices where index > row { rows[index] = Row() }
    case ("m", _): break
    case (_, "\u{1B}[?25l"): isCursorShown = false
    case (_, "\u{1B}[?25h"): isCursorShown = true
    default: faults.append(sequence)
    }
  }
}
