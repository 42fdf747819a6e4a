import Foundation
import TestSupport
import Testing

@testable import Coordinator
@testable import Zones

/// Files of zones, good and damaged.
@Suite struct ZoneFileTests {
  private static func file(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)")))
  }

  @Test(arguments: [UInt8(0), UInt8(ascii: "2"), UInt8(ascii: "3"), UInt8(ascii: "9")])
  func `before the first change the first type holds, from each on its own`(version: UInt8) throws {
    let file = ZoneBytes(changes: [(-10, 1), (20, 2)], types: [60, -3600, 45], version: version)
    let zone = try ZoneFile.zone(file.bytes)
    #expect(zone.offsetSeconds(at: Int64.min) == 60 && zone.offsetSeconds(at: -10_001) == 60)
    #expect(zone.offsetSeconds(at: -10_000) == -3600 && zone.offsetSeconds(at: 19_999) == -3600)
    #expect(zone.offsetSeconds(at: 20_000) == 45 && zone.offsetSeconds(at: Int64.max) == 45)
  }

  @Test(
    arguments: [
      (ZoneBytes(leapSeconds: 1), "it counts leap seconds"),
      (ZoneBytes(changes: [(5, 0), (5, 0)]), "its changes are in no order"),
      (ZoneBytes(changes: [(5, 1)]), "it has no time"), (ZoneBytes(types: []), "it has no time"),
      (ZoneBytes(types: [93_601]), "it is more than a day from UTC"),
      (ZoneBytes(types: [.min]), "it is more than a day from UTC"),
      (ZoneBytes(rule: "Europe/Berlin"), "its rule is none of POSIX"),
    ] as [(ZoneBytes, String)])
  func `what would show a wrong time is refused`(file: ZoneBytes, reason: String) {
    #expect(throws: ZoneFile.Damage(reason: reason)) { try ZoneFile.zone(file.bytes) }
  }

  @Test func `another file is no zone`() {
    #expect(throws: ZoneFile.Damage(reason: "it is no time zone (TZif)")) {
      try ZoneFile.zone(Array("# tzdb timezone descriptions\n".utf8))
    }
    #expect(throws: ZoneFile.Damage.end) { try ZoneFile.zone([]) }
  }

  @Test(arguments: ["Europe/Berlin", "Africa/Casablanca", "UTC"])
  func `a file that was cut off anywhere is refused`(name: String) throws {
    let whole = try Self.file(name)
    for count in whole.indices {
      #expect(throws: ZoneFile.Damage.end, "\(count) bytes") { try ZoneFile.zone(Array(whole[..<count])) }
    }
  }

  /// Whatever stands in it, it is refused or has an offset at any time.
  @Test(arguments: (0..<4).map { _ in UInt64.random(in: 0..<1_000_000) })
  func `a damaged file ends nothing`(seed: UInt64) throws {
    print("damaged zones seed \(seed)")
    var random = SeededRandom(seed: seed, name: "damaged zones")
    let whole = try ["Europe/Berlin", "Africa/Casablanca", "UTC"].map(Self.file)
    var read = 0
    for _ in 0..<3_000 {
      var bytes = whole[Int.random(in: whole.indices, using: &random)]
      let header = Bool.random(using: &random) ? 44 : bytes.count
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let extremes: [UInt8] = [0, 1, 0x0A, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
        bytes[Int.random(in: 0..<header, using: &random)] = extremes.randomElement(using: &random) ?? 0
      }
      guard let zone = try? ZoneFile.zone(bytes) else { continue }
      read += 1
      for instant in [Int64.min, -1, 0, 1_795_342_500_000, 4_000_000_000_000, Int64.max] {
        #expect(abs(zone.offsetSeconds(at: instant)) <= ZoneLimits.offsetSeconds)
      }
    }
    // Else nothing but the first bytes would have been looked at.
    #expect(read > 100 && read < 3_000)
  }
}
