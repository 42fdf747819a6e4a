import Glibc

/// A moment in words, in this machine's time zone.
enum LocalTime {
  /// `14:05 CET`, with the date in front where it is not within half a day of `now`; seconds since 1970.
  static func text(_ moment: Int64, now: Int64) -> String {
    var seconds = time_t(moment)
    var parts = tm()
    guard localtime_r(&seconds, &parts) != nil else { return "later" }
    let isNear = abs(moment.subtractingReportingOverflow(now).partialValue) < 43_200
    var text = [CChar](repeating: 0, count: 64)
    let count = strftime(&text, text.count, isNear ? "%H:%M %Z" : "%Y-%m-%d %H:%M %Z", &parts)
    return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static var now: Int64 { Int64(time(nil)) }
}
