import Text
import ByteText

/// Durations and sizes as people write them.
enum Amount {
  /// `90s`, `15m`, `2h`, `1d`, in seconds.
  static func seconds(_ text: String) throws(Wrong) -> Int {
    let digits = text.leading(while: \.isDigit)
    let factor: Int? =
      switch text[digits.endIndex...] {
      case "s": 1
      case "m": 60
      case "h": 3_600
      case "d": 86_400
      default: nil
      }
    guard let count = Values.number(digits) else {
      throw Wrong("\"\(text)\" is not a duration such as 90s, 15m or 2h")
    }
    guard let factor else {
      let unit = digits.endIndex == text.endIndex ? "has no unit" : "is not a duration such as 90s, 15m or 2h"
      throw Wrong("\"\(text)\" \(unit)", hint: "s, m, h and d are known: \(digits)s")
    }
    let (seconds, overflow) = count.multipliedReportingOverflow(by: factor)
    guard !overflow, seconds <= InventoryLimits.durationDays * 86_400 else {
      throw Wrong("\"\(text)\" is longer than \(InventoryLimits.durationDays) days")
    }
    return seconds
  }

  /// `64MiB`, `10GB`, `512B`, in bytes.
  static func bytes(_ text: String) throws(Wrong) -> Int64 {
    let digits = text.leading(while: \.isDigit)
    let unit = String(text[digits.endIndex...])
    let factors: [String: Int64] = [
      "B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
      "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
    ]
    guard let count = Values.number(digits).map(Int64.init), let factor = factors[unit] else {
      throw Wrong(
        "\"\(text)\" is not a size such as 64MiB or 10GB",
        hint: didYouMean(unit, among: factors.keys))
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
    guard !overflow else { throw Wrong("\"\(text)\" is too large") }
    return bytes
  }
}
