/// A size for people, in the decimal units that disks and networks are sold by: "7 B", "64 kB", "1.8 MB", "60 GB".
package func sizeText(_ bytes: Int64) -> String {
  guard bytes >= 1000 else { return "\(bytes) B" }
  var value = Double(bytes) / 1000
  for unit in ["kB", "MB"] {
    if value < 999.5 { return text(value, unit) }
    value /= 1000
  }
  return text(value, "GB")
}

/// How long ago, in the largest whole unit: "3 d". The clock that wrote `then` may be ahead. Both in milliseconds since
/// 1970.
package func ageText(since then: Int64, now: Int64) -> String {
  let minutes = max(0, now - then) / 60_000
  return switch minutes {
  case ..<120: "\(minutes) min"
  case ..<2_880: "\(minutes / 60) h"
  default: "\(minutes / 1_440) d"
  }
}

private func text(_ value: Double, _ unit: String) -> String {
  let rounded = (value * 10).rounded() / 10
  return (value < 9.95 && unit != "kB" ? "\(rounded)" : "\(Int(value.rounded()))") + " \(unit)"
}
