/// The bytes of a zone's file: TZif (RFC 9636).
struct ZoneFile {
  /// Why it is none that says what the clock on the wall shows.
  struct Damage: Error, Equatable {
    let reason: String

    static let end = Damage(reason: "it ends too early")
  }

  private var rest: ArraySlice<UInt8>

  static func zone(_ bytes: [UInt8]) throws(Damage) -> Zone {
    var file = ZoneFile(rest: bytes[...])
    var block = try file.takeHeader()
    guard block.version >= UInt8(ascii: "2") else { return try file.takeZone(block, timeBytes: 4) }
    // The block that those read who know no more than 32 bits; then the same whole.
    _ = try file.take(block.bytes(timeBytes: 4))
    block = try file.takeHeader()
    var zone = try file.takeZone(block, timeBytes: 8)
    zone.rule = try file.takeRule()
    return zone
  }

  // MARK: Parts

  /// How many of what there are in a block.
  private struct Block {
    var version: UInt8
    /// Of UT/local and of standard/wall indicators, which only rules of POSIX that are not written out would need.
    var utIndicators, standardIndicators: Int
    var leapSeconds, changes, types, nameBytes: Int

    func bytes(timeBytes: Int) -> Int {
      changes * (timeBytes + 1) + types * 6 + nameBytes + leapSeconds * (timeBytes + 4) + standardIndicators
        + utIndicators
    }
  }

  private mutating func take(_ count: Int) throws(Damage) -> ArraySlice<UInt8> {
    guard count <= rest.count else { throw .end }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// Signed, the highest byte first.
  private mutating func takeNumber(_ width: Int) throws(Damage) -> Int64 {
    let bits = try take(width).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return width == 4 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
  }

  private mutating func takeCount() throws(Damage) -> Int {
    Int(UInt32(truncatingIfNeeded: try takeNumber(4)))
  }

  private mutating func takeHeader() throws(Damage) -> Block {
    guard try take(4).elementsEqual("TZif".utf8) else { throw Damage(reason: "it is no time zone (TZif)") }
    let version = try take(16).first ?? 0
    return Block(
      version: version, utIndicators: try takeCount(), standardIndicators: try takeCount(),
      leapSeconds: try takeCount(), changes: try takeCount(), types: try takeCount(),
      nameBytes: try takeCount())
  }

  private mutating func takeZone(_ block: Block, timeBytes: Int) throws(Damage) -> Zone {
    // Those below "right/": clocks count without.
    guard block.leapSeconds == 0 else { throw Damage(reason: "it counts leap seconds") }
    // Nothing is made room for that is not there.
    guard block.bytes(timeBytes: timeBytes) <= rest.count else { throw .end }
    var changes: [Int64] = []
    for _ in 0..<block.changes {
      let instant = try takeNumber(timeBytes)
      if let last = changes.last, last >= instant { throw Damage(reason: "its changes are in no order") }
      changes.append(instant)
    }
    let typesOfChanges = try take(block.changes)
    var offsets: [Int] = []
    for _ in 0..<block.types {
      let offset = try takeNumber(4)
      // Whether it is summer, and what it is called.
      _ = try take(2)
      guard abs(offset) <= ZoneLimits.offsetSeconds else {
        throw Damage(reason: "it is more than a day from UTC")
      }
      offsets.append(Int(offset))
    }
    _ = try take(block.nameBytes + block.standardIndicators + block.utIndicators)
    guard let first = offsets.first, typesOfChanges.allSatisfy({ $0 < offsets.count }) else {
      throw Damage(reason: "it has no time")
    }
    return Zone(changes: changes, offsets: [first] + typesOfChanges.map { offsets[Int($0)] })
  }

  /// Between two line ends; nil where there is none between them.
  private mutating func takeRule() throws(Damage) -> ZoneRule? {
    guard try take(1).first == 0x0A, let end = rest.firstIndex(of: 0x0A) else { throw .end }
    let text = String(decoding: rest[..<end], as: UTF8.self)
    if text.isEmpty { return nil }
    guard let rule = ZoneRule(text) else { throw Damage(reason: "its rule is none of POSIX") }
    return rule
  }
}

/// Every bound on what is read of zones, with its unit.
enum ZoneLimits {
  /// A file; the largest have 4 KiB, and the list of names 20.
  static let fileBytes = 256 << 10
  static let nameBytes = 100
  /// From UTC, either way; RFC 9636 has less than 26 hours.
  static let offsetSeconds = 26 * 3600
}
