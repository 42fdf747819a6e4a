import CoordinatorSupport
import Testing
import Wire

@testable import Text
@testable import Rollout
@testable import Inventory
@testable import Driver
@testable import Coordinator

@Suite struct CutoverGateTests {
  private static func host(_ name: String, _ windows: [String] = []) -> Host {
    var host = TestFleet.host(name)
    host.windows = windows
    return host
  }

  private static func at(_ text: String) -> Int64 { WindowClockTests.instant(text) }

  private let berlin = CutoverGate(zone: "Europe/Berlin")

  // MARK: Windows

  @Test func `a host without a window may go at any time, and its order lives as long as any`() {
    let answer = berlin.window(of: Self.host("a"), lifetimeSeconds: 900, now: 0)
    #expect(answer == .open(lifetimeSeconds: 900))
  }

  @Test(arguments: [
    ("2026-11-28T10:00:00+01:00", 900), ("2026-11-28T15:43:59+01:00", 900),
    ("2026-11-28T15:44:01+01:00", 899),
    ("2026-11-28T15:58:59+01:00", 1),
  ])
  func `an order lives no longer than the window, less the time that it may be under way`(
    now: String, seconds: Int
  ) {
    let answer = berlin.window(
      of: Self.host("a", ["Sat 10:00-16:00"]), lifetimeSeconds: 900, now: Self.at(now))
    #expect(answer == .open(lifetimeSeconds: seconds))
  }

  @Test(arguments: [
    ("2026-11-26T12:00:00+01:00", "window opens Sat 10:00"),
    ("2026-11-28T09:59:59+01:00", "window opens Sat 10:00"),
    // Too late for an order to arrive in time: the next one counts.
    ("2026-11-28T15:59:30+01:00", "window opens Sat 2026-12-05 10:00"),
    ("2026-11-28T16:00:00+01:00", "window opens Sat 2026-12-05 10:00"),
  ])
  func `outside it, the note says when it opens`(now: String, text: String) {
    let answer = berlin.window(
      of: Self.host("a", ["Sat 10:00-16:00"]), lifetimeSeconds: 900, now: Self.at(now))
    #expect(answer == .closed(Cause(code: .window, text: text)))
  }

  @Test func `windows that never meet say so`() {
    let host = Self.host("a", ["Sat 10:00-16:00", "Sun 10:00-16:00"])
    let answer = berlin.window(of: host, lifetimeSeconds: 900, now: Self.at("2026-11-28T12:00:00+01:00"))
    #expect(answer == .closed(Cause(code: .window, text: "its windows are never open at once")))
  }

  @Test func `ignored windows are no windows`() {
    let gate = CutoverGate(zone: "Europe/Berlin", ignoresWindows: true)
    let answer = gate.window(of: Self.host("a", ["Sat 10:00-16:00"]), lifetimeSeconds: 900, now: 0)
    #expect(answer == .open(lifetimeSeconds: 900))
  }

  // MARK: Canary

  /// Hosts a (the canary, upgraded 10:15:0N), b and c (staged).
  private func record(_ change: (inout Rollout.Policy) -> Void = { _ in }) -> RolloutRecord {
    let result = JobResult(job: "r", outcome: .upgraded, target: "4.2.0")
    let staged = JobResult(job: "r", target: "4.2.0")
    let header = SampleRecord.header(["a", "b", "c"]) {
      $0.policy.canaryForSeconds = 86_400
      change(&$0.policy)
    }
    let events: [Rollout.Event] =
      [.begun] + ["a", "b", "c"].map { .hostProbed($0, SampleRecord.goes) } + [.planApproved]
      + ["a", "b", "c"].map { .staged($0, staged) } + [
        .cleared("a", lifetimeSeconds: 900), .cutoverRested("a", result),
      ]
    return SampleRecord.record(header, events.map { EventLine($0) })
  }

  @Test func `the others wait until the canary has run it that long`() {
    let record = record()
    let upgraded = UTC.milliseconds(record.facts["a"]?.atReleaseSince ?? "") ?? 0
    let gate = CutoverGate(zone: "UTC")
    let early = gate.ask(Self.host("b"), in: record, now: upgraded + 86_399_999)
    let text = "the canary a runs it first, until Mon 10:15"
    #expect(early == .closed(Cause(code: .canaryFor, text: text)))
    #expect(gate.ask(Self.host("b"), in: record, now: upgraded + 86_400_000) == .open(lifetimeSeconds: 900))
  }

  @Test func `the canary itself waits for nobody, and without canary_for none does`() {
    let now = UTC.milliseconds("2026-11-22T10:16:00.000Z") ?? 0
    let gate = CutoverGate(zone: "UTC")
    #expect(gate.ask(Self.host("a"), in: record(), now: now) == .open(lifetimeSeconds: 900))
    let without = record { $0.canaryForSeconds = 0 }
    #expect(gate.ask(Self.host("b"), in: without, now: now) == .open(lifetimeSeconds: 900))
  }

  @Test func `a canary that was found at the release counts from when its agent got it`() {
    let header = SampleRecord.header(["a", "b"]) {
      $0.policy.canary = .hosts(["a"])
      $0.policy.canaryForSeconds = 86_400
    }
    var found = EventLine(.hostProbed("a", .rests(.current, from: "4.2.0", nil)))
    found.since = "2026-11-21T12:00:00.000Z"
    let record = SampleRecord.record(
      header,
      [
        EventLine(.begun), found, EventLine(.hostProbed("b", SampleRecord.goes)),
        EventLine(.planApproved),
        EventLine(.staged("b", JobResult(job: "r", target: "4.2.0"))),
      ])
    #expect(record.rollout.canaries == ["a"])
    let since = Self.at("2026-11-21T12:00:00Z")
    let gate = CutoverGate(zone: "UTC")
    guard case .closed = gate.ask(Self.host("b"), in: record, now: since + 86_399_000) else {
      Issue.record("b may go too early")
      return
    }
    #expect(gate.ask(Self.host("b"), in: record, now: since + 86_400_000) == .open(lifetimeSeconds: 900))
  }
}
