import Foundation
import Testing

@testable import Inventory
@testable import Coordinator

/// Windows by table. Europe/Berlin: on 2026-03-29 02:00 becomes 03:00, on 2026-10-25 03:00 becomes 02:00.
@Suite struct WindowClockTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var windows: [String]
    /// RFC 3339, with the offset of the wall clock.
    var at: String
    var isOpen: Bool
    /// When that changes; nil: not within the horizon.
    var changes: String?
    var zone = "Europe/Berlin"

    init(
      _ windows: String..., at: String, open isOpen: Bool, until changes: String?,
      in zone: String = "Europe/Berlin"
    ) {
      (self.windows, self.at, self.isOpen, self.changes, self.zone) = (windows, at, isOpen, changes, zone)
    }

    var testDescription: String { "\(windows.joined(separator: " and ")) at \(at)" }
  }

  static func instant(_ text: String) -> Int64 {
    let date = try? Date(text, strategy: .iso8601)
    return Int64((date ?? .distantPast).timeIntervalSince1970 * 1000)
  }

  private func expect(_ one: Case) throws {
    let clock = WindowClock(try one.windows.map { try Window($0) }, zone: one.zone)
    let until = one.changes.map(Self.instant)
    let expected: WindowClock.State = one.isOpen ? .open(until: until) : .closed(until: until)
    #expect(clock.state(at: Self.instant(one.at)) == expected)
  }

  @Test(arguments: [
    // 2026-11-26 is a Thursday.
    Case(
      "Sat,Sun 10:00-16:00", at: "2026-11-26T12:00:00+01:00", open: false, until: "2026-11-28T10:00:00+01:00"),
    Case(
      "Sat,Sun 10:00-16:00", at: "2026-11-28T09:59:59+01:00", open: false, until: "2026-11-28T10:00:00+01:00"),
    Case(
      "Sat,Sun 10:00-16:00", at: "2026-11-28T10:00:00+01:00", open: true, until: "2026-11-28T16:00:00+01:00"),
    Case(
      "Sat,Sun 10:00-16:00", at: "2026-11-28T15:59:59+01:00", open: true, until: "2026-11-28T16:00:00+01:00"),
    Case(
      "Sat,Sun 10:00-16:00", at: "2026-11-28T16:00:00+01:00", open: false, until: "2026-11-29T10:00:00+01:00"),
    Case("Sat 10:00-16:00", at: "2026-11-28T16:00:00+01:00", open: false, until: "2026-12-05T10:00:00+01:00"),
    Case("08:00-24:00", at: "2026-11-26T23:59:00+01:00", open: true, until: "2026-11-27T00:00:00+01:00"),
    Case("00:00-24:00", at: "2026-11-26T23:59:00+01:00", open: true, until: nil),
    // By the zone, wherever the coordinator is.
    Case(
      "Sat 10:00-16:00", at: "2026-11-28T01:00:00+00:00", open: true, until: "2026-11-28T06:00:00+00:00",
      in: "Australia/Brisbane"),
  ])
  func `a window of days and times`(one: Case) throws { try expect(one) }

  @Test(arguments: [
    Case("22:00-06:00", at: "2026-11-26T21:59:00+01:00", open: false, until: "2026-11-26T22:00:00+01:00"),
    Case("22:00-06:00", at: "2026-11-26T23:00:00+01:00", open: true, until: "2026-11-27T06:00:00+01:00"),
    Case("22:00-06:00", at: "2026-11-27T03:00:00+01:00", open: true, until: "2026-11-27T06:00:00+01:00"),
    // The day is the one on which it opens.
    Case("Fri 22:00-06:00", at: "2026-11-28T03:00:00+01:00", open: true, until: "2026-11-28T06:00:00+01:00"),
    Case("Fri 22:00-06:00", at: "2026-11-27T03:00:00+01:00", open: false, until: "2026-11-27T22:00:00+01:00"),
    Case("Sun 22:00-06:00", at: "2026-11-30T03:00:00+01:00", open: true, until: "2026-11-30T06:00:00+01:00"),
    // Two of them that touch are one.
    Case(
      "Fri-Sun 12:00-12:00".replacingOccurrences(of: "12:00-12:00", with: "12:00-11:59"),
      at: "2026-11-28T03:00:00+01:00", open: true, until: "2026-11-28T11:59:00+01:00"),
  ])
  func `a window over midnight`(one: Case) throws { try expect(one) }

  @Test(arguments: [
    Case(
      "Sat 10:00-16:00", "12:00-20:00", at: "2026-11-28T11:00:00+01:00", open: false,
      until: "2026-11-28T12:00:00+01:00"),
    Case(
      "Sat 10:00-16:00", "12:00-20:00", at: "2026-11-28T13:00:00+01:00", open: true,
      until: "2026-11-28T16:00:00+01:00"),
    Case("Sat 10:00-16:00", "Sun 10:00-16:00", at: "2026-11-28T13:00:00+01:00", open: false, until: nil),
    Case("08:00-12:00", "14:00-18:00", at: "2026-11-28T09:00:00+01:00", open: false, until: nil),
  ])
  func `all windows of a host must be open`(one: Case) throws { try expect(one) }

  @Test(arguments: [
    // The hour that is skipped: the clock goes from 02:00 to 03:00.
    Case("Sun 02:00-04:00", at: "2026-03-29T01:59:59+01:00", open: false, until: "2026-03-29T03:00:00+02:00"),
    Case("Sun 02:00-04:00", at: "2026-03-29T03:00:00+02:00", open: true, until: "2026-03-29T04:00:00+02:00"),
    Case("Sun 00:00-02:30", at: "2026-03-29T01:00:00+01:00", open: true, until: "2026-03-29T03:00:00+02:00"),
    Case("22:00-06:00", at: "2026-03-28T22:00:00+01:00", open: true, until: "2026-03-29T06:00:00+02:00"),
    // It lies in that hour altogether: not on this Sunday.
    Case("Sun 02:00-03:00", at: "2026-03-28T12:00:00+01:00", open: false, until: "2026-04-05T02:00:00+02:00"),
    Case("Sun 02:15-02:45", at: "2026-03-29T01:59:00+01:00", open: false, until: "2026-04-05T02:15:00+02:00"),
    Case("02:15-02:45", at: "2026-03-29T01:59:00+01:00", open: false, until: "2026-03-30T02:15:00+02:00"),
  ])
  func `an hour that daylight saving skips is in no window`(one: Case) throws { try expect(one) }

  @Test(arguments: [
    // The hour that comes twice: the clock goes from 03:00 to 02:00.
    Case("Sun 01:00-05:00", at: "2026-10-25T01:30:00+02:00", open: true, until: "2026-10-25T05:00:00+01:00"),
    Case("Sun 02:00-03:00", at: "2026-10-25T02:30:00+02:00", open: true, until: "2026-10-25T03:00:00+01:00"),
    Case("Sun 02:00-02:30", at: "2026-10-25T02:10:00+02:00", open: true, until: "2026-10-25T02:30:00+02:00"),
    Case("Sun 02:00-02:30", at: "2026-10-25T02:30:00+02:00", open: false, until: "2026-10-25T02:00:00+01:00"),
    Case("Sun 02:00-02:30", at: "2026-10-25T02:10:00+01:00", open: true, until: "2026-10-25T02:30:00+01:00"),
    Case("22:00-02:30", at: "2026-10-25T02:20:00+02:00", open: true, until: "2026-10-25T02:30:00+02:00"),
    Case("22:00-02:30", at: "2026-10-25T02:40:00+02:00", open: false, until: "2026-10-25T02:00:00+01:00"),
    Case("Sun 02:30-06:00", at: "2026-10-25T02:45:00+02:00", open: true, until: "2026-10-25T02:00:00+01:00"),
    Case("22:00-06:00", at: "2026-10-24T23:00:00+02:00", open: true, until: "2026-10-25T06:00:00+01:00"),
  ])
  func `an hour that daylight saving repeats is in a window twice`(one: Case) throws { try expect(one) }

  @Test(arguments: [
    // Lord Howe moves by half an hour: on 2026-04-05 02:00 becomes 01:30, on 2026-10-04 02:00 becomes 02:30.
    Case(
      "01:30-02:00", at: "2026-04-05T01:40:00+11:00", open: true, until: "2026-04-05T02:00:00+10:30",
      in: "Australia/Lord_Howe"),
    Case(
      "02:00-02:30", at: "2026-10-04T01:00:00+10:30", open: false, until: "2026-10-05T02:00:00+11:00",
      in: "Australia/Lord_Howe"),
    // America/Santiago changes at midnight: 2026-09-06 00:00 becomes 01:00.
    Case(
      "Sun 00:00-00:30", at: "2026-09-05T12:00:00-04:00", open: false, until: "2026-09-13T00:00:00-03:00",
      in: "America/Santiago"),
    Case(
      "Sat 22:00-00:30", at: "2026-09-05T22:00:00-04:00", open: true, until: "2026-09-06T01:00:00-03:00",
      in: "America/Santiago"),
    Case(
      "12:00-13:00", at: "2026-07-01T12:30:00+05:45", open: true, until: "2026-07-01T13:00:00+05:45",
      in: "Asia/Kathmandu"),
  ])
  func `other zones have other rules`(one: Case) throws { try expect(one) }

  @Test func `a host without a window is open at any time`() {
    #expect(WindowClock([], zone: "UTC").state(at: 0) == .open(until: nil))
  }

  /// Minute by minute over both changes of a year: what it says is what the wall clock shows.
  @Test(arguments: [
    "Sun 02:00-02:30", "22:00-02:30", "Sat,Sun 10:00-16:00", "Sat 23:30-03:15", "01:59-03:01",
  ])
  func `it is open exactly when the wall clock is within`(text: String) throws {
    let zone = try #require(TimeZone(identifier: "Europe/Berlin"))
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    let window = try Window(text)
    let clock = WindowClock([window], zone: "Europe/Berlin")
    for begin in ["2026-03-28T12:00:00+01:00", "2026-10-24T12:00:00+02:00"] {
      var until: Int64?
      for minute in 0..<(36 * 60) {
        let now = Self.instant(begin) + Int64(minute) * 60_000
        let parts = calendar.dateComponents(
          [.weekday, .hour, .minute], from: Date(timeIntervalSince1970: Double(now) / 1000))
        let weekday = ((parts.weekday ?? 1) + 5) % 7
        let shown = (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
        let today = window.days.contains(Window.Day.allCases[weekday])
        let yesterday = window.days.contains(Window.Day.allCases[(weekday + 6) % 7])
        let isWithin =
          window.closes > window.opens
          ? today && shown >= window.opens && shown < window.closes
          : today && shown >= window.opens || yesterday && shown < window.closes
        #expect(clock.isOpen(at: now) == isWithin, "\(now)")
        // It changes when it said that it would, and not before.
        if let change = until, now < change { continue }
        switch clock.state(at: now) {
        case .open(let next), .closed(let next):
          if let until { #expect(until <= now) }
          until = next
        }
      }
    }
  }
}
