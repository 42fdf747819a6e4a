import ByteText
import Wire

/// How a text differs from another, line by line, with two lines around each change. Pure.
package struct LineChanges {
  private static let around = 2
  /// `+ `, `- ` or two spaces before each; `…` where some are left out.
  package let lines: [String]

  package init(from old: String, to new: String) {
    let (before, after) = (Self.lines(of: old), Self.lines(of: new))
    var removed: Set<Int> = []
    var added: Set<Int> = []
    for change in after.difference(from: before) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var all: [(sign: String, text: String)] = []
    var (left, right) = (0, 0)
    while left < before.count || right < after.count {
      if removed.contains(left) {
        all.append(("- ", before[left]))
        left += 1
      } else if added.contains(right) {
        all.append(("+ ", after[right]))
        right += 1
      } else if left < before.count {
        all.append(("  ", before[left]))
        (left, right) = (left + 1, right + 1)
      } else {
        break
      }
    }
    let changed = all.indices.filter { all[$0].sign != "  " }
    var shown: [String] = []
    var last = -1
    for index in all.indices
    where changed.contains(where: { abs($0 - index) <= Self.around }) {
      if index > last + 1, last >= 0 || index > 0 { shown.append("  …") }
      shown.append(all[index].sign + visible(all[index].text))
      last = index
    }
    lines = shown
  }

  private static func lines(of text: String) -> [String] {
    var lines = text.allTextLines.map { String($0) }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}
