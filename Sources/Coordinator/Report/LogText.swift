import ByteText

/// A job's log for people.
package enum LogText {
  /// As many as there are things to be told, each of one line or more.
  ///
  /// - Parameter folds: whether looks at the app's health that are alike but for their numbers (its clock, a count of
  ///   rows) are one line.
  package static func lines(_ lines: [String], folds: Bool) -> [String] {
    guard folds else { return lines }
    var shown: [String] = []
    var place = 0
    while place < lines.count {
      let kind = kind(ofLook: lines[place])
      var end = place + 1
      while kind != nil, end < lines.count, self.kind(ofLook: lines[end]) == kind { end += 1 }
      let times = "\n    (so \(end - place) times in a row, but for the numbers in it: -v shows each)"
      shown.append(broken(lines[end - 1]) + (end - place > 1 ? times : ""))
      place = end
    }
    return shown
  }

  /// nil for what is no look at the app's health.
  private static func kind(ofLook line: String) -> String? {
    guard line.begins(with: "== health: ") else { return nil }
    var kind = ""
    for scalar in line.unicodeScalars where !(scalar.isDigit && kind.utf8.last == UInt8(ascii: "0")) {
      kind.unicodeScalars.append(scalar.isDigit ? "0" : scalar)
    }
    // 5 and 4.98 are the same measure.
    return kind.replacing("0.0", with: "0")
  }

  /// A line break in what an app answered is one again; the one at its end says nothing.
  private static func broken(_ line: String) -> String {
    var line = line
    // Where its last quote ends.
    if let end = line.ranges(of: "\\u{a}\"").last, !line[end.upperBound...].holds("\"") {
      line.replaceSubrange(end, with: "\"")
    }
    return line.replacing("\\u{a}", with: "\n    ")
  }
}
