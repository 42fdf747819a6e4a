internal import Wire

extension NextSteps {
  /// `next:` before the first, the reasons below each other.
  static func table(_ lines: [Line]) -> [String] {
    let wide = (lines.map { Columns.count($0.command) }.max() ?? 0) + 4
    return lines.enumerated().map { index, line in
      let begins = index == 0 ? "next: " : "      "
      return visible(begins + line.command + Table.spaces(wide - Columns.count(line.command)) + line.why)
    }
  }
}
