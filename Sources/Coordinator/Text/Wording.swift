package import Wire
import Zones

/// Amounts and names as people read them.
package enum Wording {
  /// `2.1 s`, `1:05 min`.
  package static func seconds(_ milliseconds: Int) -> String {
    let tenths = (Figure.duration.nearest(milliseconds) + 50) / 100
    guard tenths >= 600 else { return "\(tenths / 10).\(tenths % 10) s" }
    return clock(milliseconds) + " min"
  }

  /// `0:41`, `12:05`.
  package static func clock(_ milliseconds: Int) -> String {
    let seconds = max(0, milliseconds) / 1000
    let rest = seconds % 60
    return "\(seconds / 60):\(rest < 10 ? "0" : "")\(rest)"
  }

  /// `a`, `a and b`, `a, b and c`.
  package static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  package static func outcome(_ outcome: Outcome) -> String {
    outcome == .rolledBack ? "rolled back" : outcome.rawValue
  }

  package static func hosts(_ count: Int) -> String { count == 1 ? "1 host" : "\(count) hosts" }

  /// `23:04`, or with the day when it is not the same one: `2026-11-21 23:04`.
  package static func localTime(_ milliseconds: Int64, zone: String?, now: Int64?) -> String {
    let text = local(milliseconds, zone)
    if let now, local(now, zone).prefix(10) == text.prefix(10) { return String(text.suffix(8).prefix(5)) }
    return String(text.prefix(16))
  }

  /// `2026-11-21 23:04:59`.
  package static func localTime(_ milliseconds: Int64, zone: String?) -> String { local(milliseconds, zone) }

  /// `2026-11-21 23:04` on this machine, of a time as it is written.
  package static func minute(_ time: String) -> String {
    UTC.milliseconds(time).map { localTime($0, zone: nil, now: nil) } ?? visible(time, limit: 40)
  }

  /// `Sat 10:00`; with the date where the next one of that day is not meant: `Sat 2026-12-05 10:00`.
  package static func day(_ milliseconds: Int64, zone: String?, now: Int64) -> String {
    let text = local(milliseconds, zone)
    let isNear = milliseconds - now < 6 * 86_400_000
    let date = isNear ? "" : "\(text.prefix(10)) "
    return "\(weekday(text)) \(date)\(text.dropFirst(11).prefix(5))"
  }

  private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

  private static func weekday(_ local: String) -> String {
    let midnight = UTC.milliseconds("\(local.prefix(10))T00:00:00.000Z") ?? 0
    // 1970 began on a Thursday.
    return weekdays[Int(((midnight / 86_400_000 + 3) % 7 + 7) % 7)]
  }

  private static func local(_ milliseconds: Int64, _ zone: String?) -> String {
    let offset = Int64(Zone.of(zone).offsetSeconds(at: milliseconds)) * 1000
    let (local, isNoTime) = milliseconds.addingReportingOverflow(offset)
    let text = UTC.text(isNoTime ? milliseconds : local)
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
  }
}
