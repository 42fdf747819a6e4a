import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Coordinator
@testable import Zones

/// What the clock on the wall shows is what glibc's localtime_r(3) makes of it in date(1), where TZ says the same.
@Suite struct ZoneTests {
  /// 1900 to 2120, and what a rollout may meet, closely.
  private static let far: Range<Int64> = -2_208_988_800..<4_733_510_400
  private static let near: Range<Int64> = 1_767_225_600..<2_240_611_200

  private static func instants(_ seed: UInt64, _ zone: Zone, far: Range<Int64> = far) -> [Int64] {
    var random = SeededRandom(seed: seed, name: "zones")
    let anywhere = (0..<500).map { _ in Int64.random(in: far, using: &random) }
    let steps = Array(stride(from: near.lowerBound, to: near.upperBound, by: 30 * 3600))
    // To the second where it changes: what is between two steps, halved until nothing is.
    let changes = zip(steps, steps.dropFirst()).flatMap { from, to -> [Int64] in
      var (low, high) = (from, to)
      let before = zone.offsetSeconds(at: low * 1000)
      guard zone.offsetSeconds(at: high * 1000) != before else { return [] }
      while high - low > 1 {
        let middle = (low + high) / 2
        if zone.offsetSeconds(at: middle * 1000) == before { low = middle } else { high = middle }
      }
      return [low, high]
    }
    return anywhere + steps + changes
  }

  /// Seconds east of Greenwich.
  private static func offsets(_ variable: String, _ instants: [Int64]) throws -> [Int] {
    let folder = try TestDirectory()
    try folder.write(instants.map { "@\($0)\n" }.joined(), to: "instants")
    let said = try Shell.output(
      "/usr/bin/env", "TZ=\(variable)", "date", "-f", folder.file("instants"), "+%::z")
    return said.split(separator: "\n").compactMap { line in
      let parts = line.dropFirst().split(separator: ":").compactMap { Int($0) }
      guard parts.count == 3 else { return nil }
      return (parts[0] * 3600 + parts[1] * 60 + parts[2]) * (line.hasPrefix("-") ? -1 : 1)
    }
  }

  private func expect(_ zone: Zone, like variable: String, far: Range<Int64> = far) throws {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("zone \(variable) seed \(seed)")
    let instants = Self.instants(seed, zone, far: far)
    let right = try Self.offsets(variable, instants)
    #expect(right.count == instants.count)
    for (instant, offset) in zip(instants, right) {
      // Within a second, too.
      let ours = [instant * 1000, instant * 1000 + 999].map(zone.offsetSeconds)
      guard ours != [offset, offset] else { continue }
      Issue.record("\(variable) at \(instant): \(ours), and not \(offset)")
      return
    }
  }

  @Test(arguments: [
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns",
    "Africa/Casablanca", "Pacific/Apia", "UTC", "Europe/Dublin", "America/Santiago", "America/Nuuk",
    "Asia/Gaza",
    "Pacific/Chatham", "Antarctica/Troll",
  ])
  func `a zone shows what glibc shows`(name: String) throws {
    try expect(try ZoneFolder.system.zone(name), like: name)
  }

  @Test(arguments: [
    "<-03>3", "EST5EDT4,M3.2.0,M11.1.0", "NZST-12:00:00NZDT-13:00:00,M10.1.0,M3.3.0",
    "IST-1GMT0,M10.5.0,M3.5.0/1", "XXX3YYY,J60/0,300/26", "XXX3YYY,59,J300/-2:30:15", "<+0330>-3:30",
    "EET-2EEST,M3.4.4/50,M10.4.4/50",
  ])
  func `a rule means what it means to glibc`(text: String) throws {
    // Beyond what a second is told of, glibc asks no rule.
    let rule = try #require(ZoneRule(text))
    try expect(Zone(offsets: [0], rule: rule), like: text, far: 0..<4_102_444_800)
  }

  /// The ordinary case: files hold no changes that their last line tells.
  @Test(arguments: [
    ("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"), ("America/New_York", "EST5EDT,M3.2.0,M11.1.0"),
    ("Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
    ("America/St_Johns", "NST3:30NDT,M3.2.0,M11.1.0"),
    ("America/Santiago", "<-04>4<-03>,M9.1.6/24,M4.1.6/24"),
    ("Asia/Kathmandu", "<+0545>-5:45"),
  ])
  func `the last line of a file is enough for all times after it`(name: String, rule: String) throws {
    let zone = try ZoneFile.zone(ZoneBytes(rule: rule).bytes)
    #expect(zone == Zone(offsets: [0], rule: ZoneRule(rule)))
    try expect(zone, like: name, far: Self.near)
  }

  @Test func `a summer that is not told is that of the United States`() {
    #expect(ZoneRule("AAA5BBB") == ZoneRule("AAA5BBB4,M3.2.0/2,M11.1.0/2"))
  }

  @Test func `where summer ends as it begins, it is always summer`() throws {
    let rule = try #require(ZoneRule("XXX3YYY,0/0,J365/25"))
    let instants = (Int64(0)..<800).map { 1_767_225_600 + $0 * 43_200 }
    #expect(instants.allSatisfy { rule.offset(at: $0) == -7_200 })
  }

  @Test(arguments: [
    "", "C", "CE-1", "CET", "CET-", "CET-25", "CET-1:60", "CET-1CEST,", "CET-1CEST,M3.5.0",
    "CET-1CEST,M3.5.0,",
    "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J1",
    "CET-1CEST,366,1", "CET-1CEST,M3.5.0,M10.5.0/168", "CET-1CEST,M3.5.0,M10.5.0/3 ", "<CET-1", "<>-1",
    "CET-99999999999999999999", "CET-1CEST,M3.5.0,M10.5.0,M10.5.0", "Europe/Berlin", "CÉT-1",
  ])
  func `what is no rule is taken for none`(text: String) { #expect(ZoneRule(text) == nil) }

  @Test(arguments: [Int64.min, .min + 1, -1, 0, .max - 1, .max])
  func `any instant has an offset`(instant: Int64) throws {
    for name in ["Europe/Berlin", "Africa/Casablanca", "UTC"] {
      #expect(abs(try ZoneFolder.system.zone(name).offsetSeconds(at: instant)) < 86_400)
    }
  }

  @Test func `days have dates, and dates days`() {
    #expect(CivilDay(year: 1970, month: 1, day: 1).daysSince1970 == 0)
    #expect(CivilDay(daysSince1970: 20_783) == CivilDay(year: 2026, month: 11, day: 26))
    #expect(CivilDay(year: 2027, month: 2, day: 29) != CivilDay(year: 2027, month: 3, day: 1))
    for day in stride(from: Int64(-800_000), to: 800_000, by: 13) {
      let date = CivilDay(daysSince1970: day)
      #expect((1...12).contains(date.month) && (1...31).contains(date.day) && date.daysSince1970 == day)
    }
  }
}
