import ByteText

/// When a host may be cut over: `Sat,Sun 10:00-16:00`, `22:00-06:00`, `Mon-Fri 08:00-17:00`.
package struct Window: Equatable, Sendable {
  enum Day: String, CaseIterable, Sendable {
    case mon = "Mon"
    case tue = "Tue"
    case wed = "Wed"
    case thu = "Thu"
    case fri = "Fri"
    case sat = "Sat"
    case sun = "Sun"
  }

  /// The days on which the window opens.
  var days: Set<Day>
  /// Minutes of the day, 0 to 1439.
  var opens: Int
  /// Minutes of the day, 1 to 1440; not after `opens`: on the next day.
  var closes: Int

  package init(_ text: String) throws(Wrong) {
    let parts = text.pieces(by: " ")
    guard let times = parts.last, parts.count <= 2 else { throw Self.wrong(text) }
    days = parts.count == 2 ? try Self.days(parts[0]) : Set(Day.allCases)
    let bounds = times.pieces(by: "-", keepingEmpty: true)
    guard bounds.count == 2, let opens = Self.minutes(bounds[0]), opens < 1_440,
      let closes = Self.minutes(bounds[1])
    else { throw Self.wrong(text) }
    guard opens != closes else { throw Wrong("the window \"\(text)\" opens when it closes") }
    self.opens = opens
    // Midnight, whichever way it is written.
    self.closes = closes == 0 ? 1_440 : closes
  }

  private static func wrong(_ text: String) -> Wrong {
    Wrong(
      "\"\(text)\" is not a window",
      hint: "such as \"Sat,Sun 10:00-16:00\", \"Mon-Fri 08:00-17:00\" or \"22:00-06:00\"")
  }

  private static func days(_ text: Substring) throws(Wrong) -> Set<Day> {
    var days: Set<Day> = []
    for part in text.pieces(by: ",", keepingEmpty: true) {
      let ends = part.pieces(by: "-", keepingEmpty: true)
      guard let first = ends.first, let last = ends.last, ends.count <= 2 else {
        throw wrong(String(text))
      }
      let from = try index(of: first)
      let to = try index(of: last)
      // A range may run over the weekend: Fri-Mon.
      let count = (to - from + Day.allCases.count) % Day.allCases.count + 1
      for step in 0..<count { days.insert(Day.allCases[(from + step) % Day.allCases.count]) }
    }
    return days
  }

  private static func index(of name: Substring) throws(Wrong) -> Int {
    guard let index = Day.allCases.firstIndex(where: { $0.rawValue == name }) else {
      throw Wrong(
        "\"\(name)\" is not a day",
        hint: "they are \(Day.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return index
  }

  private static func minutes(_ text: Substring) -> Int? {
    let parts = text.pieces(by: ":", keepingEmpty: true)
    guard parts.count == 2, parts[0].utf8.count <= 2, parts[1].utf8.count == 2,
      let hours = Values.number(parts[0]), let minutes = Values.number(parts[1]), minutes < 60,
      hours * 60 + minutes <= 1_440
    else { return nil }
    return hours * 60 + minutes
  }
}
