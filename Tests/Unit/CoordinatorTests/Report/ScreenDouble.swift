/// A terminal's screen, as far as fleet writes to one: text with wrapping and scrolling, cursor up, erasing,
/// colours (not kept) and the cursor's visibility. Whatever else comes is a fault.
struct ScreenDouble {
  private(set) var rows: [[Character]]
  private(set) var scrolledOff: [String] = []
  private(set) var faults: [String] = []
  private(set) var isCursorShown = true
  private(set) var width: Int
  private var height: Int
  private var row = 0
  private var column = 0
  private var pending = ""

  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    rows = [[Character]](repeating: [], count: height)
  }

  /// What is seen, without empty lines at the end.
  var lines: [String] {
    var lines = rows.map { row in
      String(String(row).reversed().drop { $0 == " " }.reversed())
    }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  /// Narrower: what no longer fits is wrapped, as most terminals do.
  mutating func resize(width new: Int) {
    var wrapped: [[Character]] = []
    var cursor = 0
    for (index, line) in rows.enumerated() {
      if index == row { cursor = wrapped.count }
      var rest = line[...]
      repeat {
        wrapped.append(Array(rest.prefix(new)))
        rest = rest.dropFirst(new)
      } while !rest.isEmpty
    }
    (rows, row, width) = (wrapped, cursor, new)
    while row >= height { scroll() }
    while rows.count > height { rows.removeLast() }
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
    case "\n", "\r\n":
      row += 1
      if row == height { scroll() }
    default:
      if column == width {
        column = 0
        row += 1
        if row == height { scroll() }
      }
      while rows[row].count <= column { rows[row].append(" ") }
      rows[row][column] = character
      column += 1
    }
  }

  private mutating func scroll() {
    scrolledOff.append(String(rows.removeFirst()))
    rows.append([])
    row -= 1
  }

  private mutating func escape(_ sequence: String) {
    let number = Int(sequence.dropFirst(2).dropLast()) ?? 1
    switch (sequence.last, sequence) {
    case ("A", _): row = max(0, row - number)
    case ("K", "\u{1B}[K"): rows[row] = Array(rows[row].prefix(min(column, width - 1)))
    case ("J", "\u{1B}[J"):
      rows[row] = Array(rows[row].prefix(column))
      for index in rows.indices where index > row { rows[index] = [] }
    case ("m", _): break
    case (_, "\u{1B}[?25l"): isCursorShown = false
    case (_, "\u{1B}[?25h"): isCursorShown = true
    default: faults.append(sequence)
    }
  }
}
