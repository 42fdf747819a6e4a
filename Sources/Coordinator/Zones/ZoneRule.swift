import ByteText

/// How a zone goes on for ever, as POSIX writes it in `TZ` and TZif in its last line: `CET-1CEST,M3.5.0,M10.5.0/3`
/// (POSIX.1-2017, "Environment Variables", 8.3; RFC 9636, 3.3.1, by which hours may go from -167 to 167).
struct ZoneRule: Equatable, Sendable {
  /// A moment of each year on the clock on the wall.
  struct Change: Equatable, Sendable {
    enum Day: Equatable, Sendable {
      /// 1 to 365; February 29 is not counted.
      case withoutLeapDay(Int64)
      /// 0 to 365.
      case ofYear(Int64)
      /// Of a month (1 to 12) the nth (5: the last) of a day of the week (0: Sunday).
      case weekday(month: Int64, nth: Int64, weekday: Int64)
    }
    var day: Day
    /// After midnight, in seconds.
    var time: Int64 = 7_200
  }

  struct Summer: Equatable, Sendable {
    /// Seconds east of Greenwich. West of the other one in Ireland, whose winter is written as its summer.
    var offset: Int
    var begins: Change
    var ends: Change
  }

  /// Seconds east of Greenwich.
  var standard: Int
  var summer: Summer?

  /// - Parameter seconds: since 1970.
  func offset(at seconds: Int64) -> Int {
    guard let summer else { return standard }
    let wall = seconds + Int64(standard)
    let year = CivilDay(daysSince1970: wall >= 0 ? wall / 86_400 : (wall + 1) / 86_400 - 1).year
    var (last, offset) = (Int64.min, standard)
    // A change may be hours away from its day, and so in the next year. Where summer begins as it ends, it is always
    // summer: the beginning counts.
    for year in year - 1...year + 1 {
      for (change, before, after) in [
        (summer.ends, summer.offset, standard), (summer.begins, standard, summer.offset),
      ] {
        let instant = change.wallSeconds(in: year) - Int64(before)
        if instant <= seconds, instant >= last { (last, offset) = (instant, after) }
      }
    }
    return offset
  }
}

extension ZoneRule.Change {
  /// Seconds since 1970 as the clock on the wall counts them.
  fileprivate func wallSeconds(in year: Int64) -> Int64 {
    let newYear = CivilDay(year: year, month: 1, day: 1).daysSince1970
    let date: Int64 =
      switch day {
      case .ofYear(let day): newYear + day
      case .withoutLeapDay(let day): newYear + day - 1 + (day >= 60 && Self.hasLeapDay(year) ? 1 : 0)
      case .weekday(let month, let nth, let weekday): Self.date(year, month, nth, weekday)
      }
    return date * 86_400 + time
  }

  private static func hasLeapDay(_ year: Int64) -> Bool {
    CivilDay(year: year, month: 2, day: 29).daysSince1970
      != CivilDay(year: year, month: 3, day: 1).daysSince1970
  }

  private static func date(_ year: Int64, _ month: Int64, _ nth: Int64, _ weekday: Int64) -> Int64 {
    let first = CivilDay(year: year, month: month, day: 1).daysSince1970
    let next = CivilDay(year: month == 12 ? year + 1 : year, month: month % 12 + 1, day: 1).daysSince1970
    // 1970 began on a Thursday.
    let ofFirst = ((first + 4) % 7 + 7) % 7
    let date = first + (weekday - ofFirst + 7) % 7 + (nth - 1) * 7
    return date < next ? date : date - 7
  }
}

// MARK: As it is written

extension ZoneRule {
  /// nil where it is nothing of the kind.
  init?(_ text: String) {
    var rest = RuleText(rest: Array(text.utf8)[...])
    guard rest.takeName(), let west = rest.takeTime(maxHours: 24) else { return nil }
    standard = -Int(west)
    guard !rest.isAtEnd else { return }
    guard rest.takeName() else { return nil }
    var offset = standard + 3600
    if !rest.isAtEnd, rest.next != UInt8(ascii: ",") {
      guard let west = rest.takeTime(maxHours: 24) else { return nil }
      offset = -Int(west)
    }
    // What POSIX leaves open, everybody fills in with the days of the United States.
    if rest.isAtEnd { rest = RuleText(rest: Array(",M3.2.0,M11.1.0".utf8)[...]) }
    guard let begins = rest.takeChange(), let ends = rest.takeChange(), rest.isAtEnd else { return nil }
    summer = Summer(offset: offset, begins: begins, ends: ends)
  }
}

/// What is still to be read of such a text.
private struct RuleText {
  var rest: ArraySlice<UInt8>

  var isAtEnd: Bool { rest.isEmpty }
  var next: UInt8? { rest.first }

  private mutating func take(_ sign: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: sign) else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func take(while belongs: (Unicode.Scalar) -> Bool) -> ArraySlice<UInt8> {
    let taken = rest.prefix { belongs(Unicode.Scalar($0)) }
    rest = rest[taken.endIndex...]
    return taken
  }

  /// `CET`, `<-03>`.
  mutating func takeName() -> Bool {
    guard take("<") else { return take(while: \.isASCIILetter).count >= 3 }
    let name = take { $0.isASCIILetter || $0.isDigit || $0 == "+" || $0 == "-" }
    return !name.isEmpty && take(">")
  }

  private mutating func takeNumber(_ range: ClosedRange<Int64>) -> Int64? {
    let digits = take(while: \.isDigit)
    guard digits.count <= 3, let number = Int64(String(decoding: digits, as: UTF8.self)) else { return nil }
    return range.contains(number) ? number : nil
  }

  /// `-1`, `5:30`, `+2:00:00`, in seconds.
  mutating func takeTime(maxHours: Int64) -> Int64? {
    let sign: Int64 = take("-") ? -1 : 1
    if sign == 1 { _ = take("+") }
    guard var seconds = takeNumber(0...maxHours).map({ $0 * 3600 }) else { return nil }
    for unit: Int64 in [60, 1] {
      guard take(":") else { break }
      guard let number = takeNumber(0...59) else { return nil }
      seconds += number * unit
    }
    return sign * seconds
  }

  /// `,M3.5.0`, `,J60/-1:30`, `,59/26`.
  mutating func takeChange() -> ZoneRule.Change? {
    guard take(","), let day = takeDay() else { return nil }
    guard take("/") else { return ZoneRule.Change(day: day) }
    return takeTime(maxHours: 167).map { ZoneRule.Change(day: day, time: $0) }
  }

  private mutating func takeDay() -> ZoneRule.Change.Day? {
    if take("J") { return takeNumber(1...365).map { .withoutLeapDay($0) } }
    guard take("M") else { return takeNumber(0...365).map { .ofYear($0) } }
    guard let month = takeNumber(1...12), take("."), let nth = takeNumber(1...5), take("."),
      let weekday = takeNumber(0...6)
    else { return nil }
    return .weekday(month: month, nth: nth, weekday: weekday)
  }
}
