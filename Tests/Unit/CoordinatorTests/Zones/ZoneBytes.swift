/// A zone's file as RFC 9636 has it, made by hand.
struct ZoneBytes {
  var changes: [(at: Int64, type: UInt8)] = []
  /// Seconds east of Greenwich.
  var types: [Int32] = [0]
  var leapSeconds = 0
  var version = UInt8(ascii: "2")
  var rule = ""

  var bytes: [UInt8] {
    let last = [0x0A] + Array(rule.utf8) + [0x0A]
    return version == 0 ? block(4) : header(1, 0, 0) + [UInt8](repeating: 0, count: 7) + block(8) + last
  }

  private func header(_ types: Int, _ changes: Int, _ leapSeconds: Int) -> [UInt8] {
    Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
      + [0, 0, leapSeconds, changes, types, 1].flatMap { Self.number(Int64($0), 4) }
  }

  private func block(_ width: Int) -> [UInt8] {
    header(types.count, changes.count, leapSeconds) + changes.flatMap { Self.number($0.at, width) }
      + changes.map(\.type) + types.flatMap { Self.number(Int64($0), 4) + [0, 0] } + [0]
      + [UInt8](repeating: 0, count: leapSeconds * (width + 4))
  }

  private static func number(_ value: Int64, _ width: Int) -> [UInt8] {
    (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
