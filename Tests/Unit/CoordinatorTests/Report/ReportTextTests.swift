import CoordinatorSupport
import Testing
import Wire

@testable import Rollout
@testable import Text
@testable import Report
@testable import Driver
@testable import Coordinator

@Suite struct ReportTextTests {
  private func text(_ record: RolloutRecord) -> [String] {
    ReportText(Report(record), timezone: "UTC").lines
  }

  private func record(
    _ outcomes: [(String, EventLine?)], change: (inout RolloutHeader) -> Void = { _ in }
  ) -> RolloutRecord {
    let names = outcomes.map(\.0)
    var lines = [EventLine(.begun)] + names.map { EventLine(.hostProbed($0, SampleRecord.goes)) }
    lines.append(EventLine(.planApproved))
    lines += names.map { EventLine(.staged($0, SampleRecord.result(nil, now: "4.1.16"))) }
    lines += outcomes.compactMap(\.1) + [EventLine(name: .finished)]
    return SampleRecord.record(
      SampleRecord.header(names) {
        $0.newer = []
        $0.policy.maxParallel = 9
        $0.policy.canary = .first(0)
        $0.policy.batches = [.hosts(9)]
        change(&$0)
      }, lines)
  }

  @Test func `a halted run reads as the manual shows it`() {
    #expect(
      text(SampleRecord.halted()) == [
        "Halted. Not reached: drying; look whether it is on. Every reached room runs.",
        "Mycodo v4.2.0 (track v4)   commit 3f2a91c   verified: tls, commit, tree",
        "HOST      FROM    NOW     OUTCOME      DOWNTIME  TIME  SENT   NOTE",
        "veg-1     4.1.16  4.2.0   upgraded     2.1 s     0:41  36 kB",
        "flower-1  4.1.16  4.1.16  rolled back  3.0 s     0:52  36 kB  health: \"Error: Output controller\"",
        "flower-2  4.1.16  4.1.16  untouched                    36 kB  staged, ready",
        "drying                    unreachable                         no route to host",
        "next: fleet logs flower-1     what failed there",
        "      fleet clear flower-1    once it is mended;  4.2.0 again only with --retry",
        "      fleet resume            go on with flower-2 and drying",
        "v5.0.0 is out on track v5; a major is never crossed by itself.",
      ])
  }

  @Test func `what the new version wrote is told as gone, with where a copy of some of it lies`() {
    func note(_ rows: Int, outside: [String] = []) -> String {
      var result = SampleRecord.result(.rolledBack, now: "4.1.16", downtime: 900)
      result.rowsDiscarded = rows
      result.logPath = "/var/lib/fleet-agent/growroom/jobs/j/log"
      var lines = [
        EventLine(.begun), EventLine(.hostProbed("veg", SampleRecord.goes)), EventLine(.planApproved),
      ]
      var profile = EventLineSamples.profile
      profile.outside = outside
      lines[1].profile = profile
      lines += [
        EventLine(.staged("veg", SampleRecord.result(nil, now: "4.1.16"))),
        EventLine(.cleared("veg", lifetimeSeconds: 900)), EventLine(.cutoverRested("veg", result)),
        EventLine(name: .finished),
      ]
      let report = Report(SampleRecord.record(SampleRecord.header(["veg"]), lines))
      return ReportText(report).note(report.hosts[0])
    }
    #expect(note(1137) == "1137 rows that 4.2.0 wrote are gone with it")
    #expect(note(1) == "1 row that 4.2.0 wrote is gone with it")
    #expect(note(0) == "")
    #expect(
      note(5, outside: ["/srv/data"])
        == "5 rows that 4.2.0 wrote are gone with it, but for what lay outside of it and is in "
        + "/var/lib/fleet-agent/growroom/jobs/j/saved/replaced")
  }

  @Test func `what a host that went back with the others had written lies in a backup`() {
    var back = JobResult(job: "r.back", outcome: .restored, from: "4.2.0", target: "4.1.16")
    (back.now, back.healthy, back.backup) = ("4.1.16", true, "App-backup-4.2.0")
    let text = unwell([EventLine(.wentBack("veg", back))], rollsBack: true)
    #expect(
      text.contains {
        $0.contains(
          "what 4.2.0 wrote into the install lies in App-backup-4.2.0, and the running app does not have it")
      },
      "\(text)")
    // It is not marked: what keeps the release away from it is to stay.
    #expect(!text.contains { $0.contains("fleet clear") })
    #expect(text.contains { $0.hasPrefix("      fleet abort ") })
  }

  @Test func `a good run says so in its first line`() {
    let good = EventLine(.cutoverRested("veg", SampleRecord.result(.upgraded, now: "4.2.0", downtime: 900)))
    #expect(text(record([("veg", good)])).first == "All good: veg is on v4.2.0.")
  }

  @Test func `a settle that fails is told, in every place and in the exit code`() {
    var result = SampleRecord.result(.upgraded, now: "4.2.0", downtime: 900)
    result.undoReason = Cause(code: .io, step: .settle, text: "the backups' folder cannot be written")
    let record = record([("veg", EventLine(.cutoverRested("veg", result)))])
    let lines = text(record)
    #expect(lines[0] == "Upgraded, but not settled: veg. On the Pi: sudo fleet-agent recover")
    #expect(lines[3].contains("upgraded") && lines[3].contains("not settled: settle: the backups' folder"))
    #expect(lines[4] == "next: fleet logs veg    what failed there")
    #expect(Report(record).exitCode == RunExit.failed.rawValue)
  }

  @Test func `a host whose power was cut says so, though it has no cause to tell`() {
    let cut = EventLine(.cutoverRested("veg", SampleRecord.result(.interrupted, now: "4.1.16")))
    let lines = text(record([("veg", cut)]))
    #expect(
      lines.contains {
        $0.contains("interrupted") && $0.hasSuffix("cut short on the host, and put right there")
      })
  }

  @Test func `a host that is down is the first thing said, with the time and the command`() {
    var down = EventLine(JobEvent(seq: 9, event: .down, step: .stop), host: "flower-1")
    down.jobSeq = 9
    let reason = Cause(code: .restart, step: .restart, text: "exit status 1")
    var result = SampleRecord.result(.failed, now: "4.1.16", reason: reason)
    result.undoReason = Cause(code: .undo, step: .undo, text: "no space left on device")
    let lines = [
      EventLine(.begun), EventLine(.hostProbed("flower-1", SampleRecord.goes)), EventLine(.planApproved),
      EventLine(.staged("flower-1", SampleRecord.result(nil, now: "4.1.16"))), down,
      EventLine(.cutoverRested("flower-1", result)), EventLine(name: .finished),
    ]
    let text = text(SampleRecord.record(SampleRecord.header(["flower-1"]), lines))
    #expect(
      text.first == "NEEDS HANDS: flower-1 is down since 10:15. On the Pi: sudo fleet-agent recover")
    #expect(
      text[3].hasSuffix("restart: exit status 1; and on the way back: undo: no space left on device"))
  }

  @Test(arguments: [1, 2])
  func `what could not be stopped on the way back is not called down`(count: Int) {
    let names = Array(["flower-1", "veg"].prefix(count))
    var result = SampleRecord.result(
      .failed, now: "4.2.0", reason: Cause(code: .prove, step: .prove, text: "exit status 1"))
    result.undoReason = Cause(code: .holders, step: .undo, text: "the app does not stop")
    var lines = [EventLine(.begun)] + names.map { EventLine(.hostProbed($0, SampleRecord.goes)) }
    lines.append(EventLine(.planApproved))
    lines += names.map { EventLine(.staged($0, SampleRecord.result(nil, now: "4.1.16"))) }
    lines += names.map { EventLine(.cleared($0, lifetimeSeconds: 900)) }
    lines += names.map { EventLine(.cutoverRested($0, result)) }
    let header = SampleRecord.header(names) {
      $0.policy.batches = [.hosts(2)]
      $0.policy.maxParallel = 2
    }
    let text = text(SampleRecord.record(header, lines + [EventLine(name: .finished)]))
    let words =
      count == 1
      ? "flower-1 could not be stopped on the way back, and runs as it was left."
      : "flower-1 and veg could not be stopped on the way back, and run as they were left."
    #expect(text.first == "NEEDS HANDS: \(words) On the Pi: sudo fleet-agent recover")
  }

  /// Up to where the first of two hosts was upgraded, and what is heard of it then.
  private func unwell(_ more: [EventLine], rollsBack: Bool = false) -> [String] {
    let names = ["veg", "dry"]
    let good = SampleRecord.result(.upgraded, now: "4.2.0", downtime: 900)
    let cause = Cause(code: .unhealthy, step: .prove, text: "/status answers 503, not 200")
    var lines = [EventLine(.begun)] + names.map { EventLine(.hostProbed($0, SampleRecord.goes)) }
    lines.append(EventLine(.planApproved))
    lines += names.map { EventLine(.staged($0, SampleRecord.result(nil, now: "4.1.16"))) }
    lines += [
      EventLine(.cleared("veg", lifetimeSeconds: 900)), EventLine(.cutoverRested("veg", good)),
      EventLine(.turnedUnwell("veg", cause)),
    ]
    let header = SampleRecord.header(names) {
      $0.newer = []
      $0.policy.soakSeconds = 60
      $0.policy.rollsBack = rollsBack
    }
    return text(SampleRecord.record(header, lines + more + [EventLine(name: .finished)]))
  }

  @Test func `a host that turned unwell is not called down, and the way back is named`() {
    let text = unwell([])
    #expect(text.first == "NEEDS HANDS: veg turned unwell on v4.2.0. To go back: fleet rollback veg")
    #expect(
      text[3].contains("4.2.0   failed") && text[3].hasSuffix("turned unwell: /status answers 503, not 200"))
    #expect(
      text.suffix(3) == [
        "next: fleet logs veg        what failed there",
        "      fleet rollback veg    back to 4.1.16, with the data of then",
        "      fleet abort           gives 4.2.0 up;  in fleet.yaml: skip: [\"4.2.0\"]",
      ])
  }

  @Test func `one that went back and is not whole keeps nobody calm`() {
    var result = SampleRecord.result(.rolledBack, now: "4.1.16", downtime: 1100)
    result.undoReason = Cause(code: .io, step: .undo, text: "/etc/app.conf: No space left on device")
    let header = SampleRecord.header(["veg"]) { $0.newer = [] }
    let lines = [
      EventLine(.begun), EventLine(.hostProbed("veg", SampleRecord.goes)), EventLine(.planApproved),
      EventLine(.staged("veg", SampleRecord.result(nil, now: "4.1.16"))),
      EventLine(.cleared("veg", lifetimeSeconds: 900)), EventLine(.cutoverRested("veg", result)),
      EventLine(name: .finished),
    ]
    let title = text(SampleRecord.record(header, lines)).first
    #expect(title == "Nothing was upgraded: veg went back. Not all was put back: veg.")
  }

  @Test func `one that turned unwell and went back says why it did`() {
    let text = unwell(
      [EventLine(.wentBack("veg", SampleRecord.result(.upgraded, now: "4.1.16", downtime: 1100)))],
      rollsBack: true)
    #expect(text.first == "Halted. Every reached room runs; nothing needs you tonight.")
    #expect(text[3].hasPrefix("veg   4.1.16  4.1.16  rolled back"))
    #expect(text[3].hasSuffix("turned unwell: /status answers 503, not 200"))
  }

  @Test func `a rollback that is not settled is told, in every place and in the exit code`() {
    var back = SampleRecord.result(.restored, now: "4.1.16", downtime: 1100)
    back.undoReason = Cause(code: .io, step: .settle, text: "the backups' folder cannot be written")
    let words = "not settled: veg. On the Pi: sudo fleet-agent recover"
    let halted = unwell([EventLine(.wentBack("veg", back))], rollsBack: true)
    #expect(halted[0] == "Halted. But \(words).")
    #expect(halted[3].contains("rolled back") && halted[3].contains("not settled: settle: the backups'"))
    #expect(halted.contains { $0.hasPrefix("next: fleet logs veg  ") }, "named once: \(halted)")

    let record = record([("veg", EventLine(.cutoverRested("veg", back)))]) { $0.restores = "App-backup" }
    let lines = text(record)
    #expect(lines[0].hasPrefix("Back: veg is on") && lines[0].hasSuffix(" But \(words)."))
    #expect(Report(record).exitCode == RunExit.failed.rawValue)
  }

  @Test func `one that turned unwell and is down after its way back is called down`() {
    var down = SampleRecord.result(
      .failed, now: "4.1.16", reason: Cause(code: .restart, step: .restart, text: "x"))
    down.now = nil
    #expect(unwell([EventLine(.wentBack("veg", down))], rollsBack: true)[0].contains("veg is down"))
  }

  @Test func `one that turned unwell and cannot go back says both`() {
    let room = Cause(code: .space, step: .check, text: "no room")
    let text = unwell([EventLine(.staysUpgraded("veg", room))], rollsBack: true)
    #expect(text[0].contains("turned unwell on v4.2.0"))
    #expect(text[3].hasSuffix("not 200; and on the way back: check: no room"))
  }

  @Test func `nothing to do is said as that`() {
    let lines = [
      EventLine(.begun), EventLine(.hostProbed("veg", .rests(.current, from: "4.2.0", nil))),
      EventLine(name: .finished),
    ]
    #expect(
      text(SampleRecord.record(SampleRecord.header(["veg"]), lines)).first
        == "Nothing to do: veg is current.")
  }

  // MARK: What is back

  private func parity(_ name: String, _ before: Int64, _ after: Int64, _ compare: String = "lines")
    -> ParityRecord
  {
    ParityRecord(name: name, compare: compare, before: before, after: after)
  }

  @Test func `what is back is told in one sentence`() {
    #expect(
      Wording.parity([parity("inputs", 14, 15), parity("outputs", 6, 6), parity("PIDs", 2, 2)])
        == "all 14 inputs, 6 outputs and 2 PIDs are back")
    #expect(
      Wording.parity([parity("inputs", 3, 3), parity("PIDs", 1, 1), parity("functions", 0, 0)])
        == "all 3 inputs and 1 PID are back")
    #expect(Wording.parity([parity("inputs", 1, 1)]) == "1 input is back")
    #expect(
      Wording.parity([parity("sensors", 4, 5, "at_least"), parity("errors a minute", 0, 1, "at_most")])
        == "all 4 sensors are back; errors a minute: 1 (0 before)")
    #expect(Wording.parity([parity("sensors", 4, 3, "at_least")]) == "sensors: 3 (4 before)")
    #expect(Wording.parity([parity("moons", 1, 2, "of_a_newer_agent")]) == "moons: 2 (1 before)")
    #expect(Wording.parity([]) == nil && Wording.parity([parity("inputs", 0, 3)]) == nil)
  }

  @Test func `what is back is told of a host that is upgraded and well, and of no other`() throws {
    func told(_ outcome: Outcome, _ change: (inout Report) -> Void = { _ in }) throws -> (
      lines: String, page: String
    ) {
      var result = SampleRecord.result(outcome, now: outcome == .upgraded ? "4.2.0" : "4.1.16")
      result.parity = [parity("inputs", 14, 14)]
      var report = Report(record([("veg", EventLine(.cutoverRested("veg", result)))]))
      change(&report)
      let page = ReportPage(report: report, timeline: Timeline([]), timezone: "UTC").html
      return (ReportText(report, timezone: "UTC").lines.joined(separator: "\n"), page)
    }
    let sentence = "all 14 inputs are back"
    let good = try told(.upgraded)
    #expect(good.lines.contains(sentence) && good.page.contains(sentence))
    for outcome in [Outcome.rolledBack, .failed, .refused, .deferred, .interrupted] {
      let other = try told(outcome)
      #expect(!other.lines.contains(sentence), "\(outcome)")
      #expect(!other.page.contains(sentence), "\(outcome)")
    }
    let unwell = try told(.upgraded) {
      $0.see(AppHealth.unwell(Cause(code: .unhealthy, text: "down")), on: "veg")
    }
    #expect(!unwell.lines.contains(sentence))
  }

  @Test func `what a host sends cannot draw on the terminal`() {
    let reason = Cause(code: .prove, step: .prove, text: "\u{1B}[2J\u{202E}gone")
    var result = SampleRecord.result(.rolledBack, now: "4.1\u{7}", reason: reason)
    result.leftBehind = ["a\u{1B}b"]
    let lines = text(record([("veg", EventLine(.cutoverRested("veg", result)))]))
    #expect(!lines.joined().unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
  }

  @Test(arguments: [
    (Cause.Code.leftBehind, "fleet upgrade --leave veg"),
    (.refusedBefore, "fleet upgrade --retry veg"),
    (.unhealthy, "fleet upgrade --repair veg"),
    (.prepare, "fleet logs veg"),
  ])
  func `a refusal names the command that helps`(code: Cause.Code, command: String) {
    let reason = Cause(code: code, step: code == .prepare ? .prepare : .check, text: "because")
    let lines = [
      EventLine(.begun), EventLine(.hostProbed("veg", SampleRecord.goes)), EventLine(.planApproved),
      EventLine(.staged("veg", SampleRecord.result(.refused, now: "4.1.16", reason: reason))),
      EventLine(name: .finished),
    ]
    let text = text(SampleRecord.record(SampleRecord.header(["veg"]), lines))
    #expect(text.contains { $0.contains(command) })
  }

  @Test func `on a narrow terminal nothing is lost: the note goes on below`() {
    let lines = ReportText(Report(SampleRecord.halted()), timezone: "UTC", width: 70).lines
    #expect(
      lines[4...5] == [
        "flower-1  4.1.16  4.1.16  rolled back  3.0 s     0:52  36 kB",
        "          health: \"Error: Output controller\"",
      ])
    #expect(lines.dropFirst(2).prefix(8).allSatisfy { $0.count <= 70 })
  }

  @Test func `a run that only staged says that`() {
    var lines = [
      EventLine(.begun), EventLine(.hostProbed("veg", SampleRecord.goes)), EventLine(.planApproved),
    ]
    lines += [
      EventLine(.staged("veg", SampleRecord.result(nil, now: "4.1.16"))), EventLine(name: .finished),
    ]
    let header = SampleRecord.header(["veg"]) { $0.policy.stageOnly = true }
    #expect(text(SampleRecord.record(header, lines)).first == "Staged: veg is ready for v4.2.0.")
  }

  @Test(arguments: [
    (Cause.Code.unhealthy, "Nothing was upgraded: veg was refused. Unwell before anything was done: veg."),
    (.marked, "Nothing was upgraded: veg was refused. Still marked, and left alone: veg."),
    (.space, "Nothing was upgraded: veg was refused. Every reached room runs; nothing needs you tonight."),
  ])
  func `it is not claimed that a room runs which was found unwell`(code: Cause.Code, title: String) {
    let reason = Cause(code: code, step: .check, text: "because")
    let lines = [
      EventLine(.begun), EventLine(.hostProbed("veg", SampleRecord.goes)), EventLine(.planApproved),
      EventLine(.staged("veg", SampleRecord.result(.refused, now: "4.1.16", reason: reason))),
      EventLine(name: .finished),
    ]
    #expect(text(SampleRecord.record(SampleRecord.header(["veg"]), lines)).first == title)
  }

  @Test func `not all good where a host was not reached`() {
    let away = Cause(code: .unreachable, text: "no route to host")
    let good = SampleRecord.result(.upgraded, now: "4.2.0", downtime: 900)
    let lines = [
      EventLine(.begun), EventLine(.hostProbed("veg", SampleRecord.goes)),
      EventLine(.hostUnreachable("dry", away)), EventLine(.planApproved),
      EventLine(.staged("veg", SampleRecord.result(nil, now: "4.1.16"))),
      EventLine(.cutoverRested("veg", good)), EventLine(name: .finished),
    ]
    #expect(
      text(SampleRecord.record(SampleRecord.header(["veg", "dry"]), lines)).first
        == "Not everywhere yet: veg is on v4.2.0. Not reached: dry; look whether it is on. "
        + "Every reached room runs.")
  }

  @Test func `why it halted is said where no host shows it`() {
    let away = Cause(code: .unreachable, text: "no route to host")
    let lines = [
      EventLine(.begun), EventLine(.hostProbed("veg", SampleRecord.goes)),
      EventLine(.hostUnreachable("dry", away)),
    ]
    let header = SampleRecord.header(["veg", "dry"]) { $0.policy.haltOnUnreachable = true }
    #expect(text(SampleRecord.record(header, lines))[2] == "Why: dry is unreachable.")
  }
}
