import Zones

/// Times in logs and reports: UTC, RFC 3339, and rollout ids.
package enum UTC {
  /// `2026-11-22T10:15:00.123Z`.
  package static func text(_ milliseconds: Int64) -> String {
    let parts = Parts(milliseconds)
    return "\(parts.date("-"))T\(parts.clock(":")).\(padded(parts.millisecond, 3))Z"
  }

  /// `20261122-101500-v4.2.0`: sorts by time, and names a directory.
  package static func rolloutID(_ milliseconds: Int64, tag: String) -> String {
    let parts = Parts(milliseconds)
    return "\(parts.date(""))-\(parts.clock(""))-\(tag)"
  }

  /// The reverse of ``text(_:)``; nil for anything else, and for a moment that no clock shows.
  package static func milliseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == form.count else { return nil }
    var numbers: [Int64] = [0]
    for (byte, wanted) in zip(bytes, form) {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9") where wanted == UInt8(ascii: "0"):
        // Four digits at most: this cannot run over.
        numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int64(byte - UInt8(ascii: "0"))
      case wanted where wanted != UInt8(ascii: "0"): numbers.append(0)
      default: return nil
      }
    }
    let (year, month, day) = (numbers[0], numbers[1], numbers[2])
    let (hour, minute, second, millisecond) = (numbers[3], numbers[4], numbers[5], numbers[6])
    guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60 else {
      return nil
    }
    let days = CivilDay(year: year, month: month, day: day).daysSince1970
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millisecond
  }

  private static let form = Array("0000-00-00T00:00:00.000Z".utf8)

  private struct Parts {
    var year, month, day, hour, minute, second, millisecond: Int64

    init(_ milliseconds: Int64) {
      let clamped = min(max(milliseconds, -62_135_596_800_000), 253_402_300_799_999)
      let dayLength: Int64 = 86_400_000
      let days = clamped >= 0 ? clamped / dayLength : (clamped - dayLength + 1) / dayLength
      var rest = clamped - days * dayLength
      millisecond = rest % 1000
      rest /= 1000
      (second, minute, hour) = (rest % 60, rest / 60 % 60, rest / 3600)
      let date = CivilDay(daysSince1970: days)
      (year, month, day) = (date.year, date.month, date.day)
    }

    func date(_ separator: String) -> String {
      [padded(year, 4), padded(month, 2), padded(day, 2)].joined(separator: separator)
    }

    func clock(_ separator: String) -> String {
      [hour, minute, second].map { padded($0, 2) }.joined(separator: separator)
    }
  }
}

private func padded(_ number: Int64, _ width: Int) -> String {
  let text = "\(number)"
  return String(repeating: "0", count: max(0, width - text.count)) + text
}
