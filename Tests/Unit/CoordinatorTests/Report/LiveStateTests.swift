import CoordinatorSupport
import Testing
import Wire

@testable import Text
@testable import Rollout
@testable import Driver
@testable import Report
@testable import Coordinator

@Suite struct LiveStateTests {
  private let plain = LiveStyle(color: false, unicode: false)

  private func state(_ lines: [EventLine], of hosts: [String] = ["veg", "flower-1"]) -> LiveState {
    var state = LiveState()
    state.apply(EventLine(SampleRecord.header(hosts)), now: 0)
    for (index, line) in lines.enumerated() { state.apply(line, now: Int64(index) * 100) }
    return state
  }

  private func step(_ host: String, _ step: Step) -> EventLine {
    EventLine(JobEvent(seq: 2, event: .stepStarted, step: step), host: host)
  }

  private func sending(_ host: String) -> EventLine {
    var line = EventLine(name: .uploading, host: host)
    (line.done, line.total) = (1_700_000, 6_800_000)
    return line
  }

  /// Up to where the first host is down, with the others staged.
  private func cuttingOver(_ hosts: [String]) -> [EventLine] {
    var lines = [EventLine(.begun)] + hosts.map { EventLine(.hostProbed($0, SampleRecord.goes)) }
    lines.append(EventLine(.planApproved))
    lines += hosts.map { EventLine(.staged($0, SampleRecord.result(nil, now: "4.1.16"))) }
    lines.append(EventLine(name: .cutoverOrdered, host: hosts[0]))
    lines.append(EventLine(JobEvent(seq: 1, event: .down), host: hosts[0]))
    return lines + [step(hosts[0], .migrate)]
  }

  @Test func `a host shows its step, its bytes and the clock of its downtime`() {
    let down = EventLine(JobEvent(seq: 1, event: .down), host: "flower-1")
    let frame = state([sending("veg"), down, step("flower-1", .migrate)])
      .frame(width: 80, height: 20, style: plain, now: 1_100)
    #expect(
      frame == [
        "Mycodo v4.2.0 (track v4)   0 of 2 done   0:01",
        "| veg       sending           1.7 MB of 6.8 MB, 25 %",
        "| flower-1  cutover: migrate  down 1.0 s",
      ])
  }

  @Test func `while it is proved the check speaks, and the clock of downtime stops where all holds`() {
    func wait(ok: Bool, done: Int64, of total: Int64, _ text: String? = nil) -> EventLine {
      EventLine(
        JobEvent(event: .stepProgress, step: .prove, ok: ok, done: done, total: total, text: text),
        host: "veg")
    }
    var state = state([EventLine(JobEvent(event: .down), host: "veg"), step("veg", .prove)])
    func row(_ now: Int64) -> String { state.frame(width: 100, height: 20, style: plain, now: now)[1] }
    state.apply(wait(ok: false, done: 0, of: 50, "/status answers 503"), now: 2_000)
    #expect(
      row(26_000).hasSuffix("cutover: prove  down 26.0 s  24 of 50 s, then it goes back: /status answers 503")
    )
    state.apply(wait(ok: true, done: 0, of: 30), now: 27_500)
    #expect(row(40_000).hasSuffix("cutover: prove  was down 27.5 s  well for 12 of 30 s"))
    // It did not hold: it has been down all the time.
    state.apply(wait(ok: false, done: 40, of: 50, "no answer"), now: 41_000)
    #expect(row(42_000).hasSuffix("cutover: prove  down 42.0 s  41 of 50 s, then it goes back: no answer"))
    state.apply(step("veg", .undo), now: 51_000)
    #expect(row(51_000).hasSuffix("going back  down 51.0 s"))
  }

  @Test func `a wide terminal has room for a bar`() {
    let frame = state([sending("veg")]).frame(width: 200, height: 20, style: plain, now: 0)
    #expect(frame[1] == "| veg       sending  #####...............  1.7 MB of 6.8 MB, 25 %")
  }

  @Test func `the batch, and what comes next, are said`() {
    let hosts = ["veg", "flower-1", "flower-2", "dry", "attic"]
    let cutting = state(cuttingOver(hosts), of: hosts)
    var frame = cutting.frame(width: 80, height: 20, style: plain, now: 60_000)
    #expect(frame.first == "Mycodo v4.2.0 (track v4)   canary   0 of 5 done   1:00")
    #expect(frame.last == "next: flower-1, flower-2 and 2 more")
    let good = EventLine(.cutoverRested("veg", SampleRecord.result(.upgraded, now: "4.2.0", downtime: 900)))
    var after = cutting
    after.apply(good, now: 61_000)
    frame = after.frame(width: 80, height: 20, style: plain, now: 61_000)
    #expect(frame.first == "Mycodo v4.2.0 (track v4)   batch 1   1 of 5 done   1:01")
    #expect(frame[1] == "+ veg       upgraded       was down 0.9 s")
    #expect(frame.last == "next: flower-2, dry and attic")
  }

  @Test func `done are those that have the release, and the others are told as what they are`() {
    let hosts = ["veg", "flower-1", "flower-2", "dry", "attic"]
    let away = Cause(code: .unreachable, text: "no route to host")
    let no = Cause(code: .space, text: "too little room")
    let frame = state(
      [
        EventLine(.begun), EventLine(.hostUnreachable("flower-1", away)),
        EventLine(.hostProbed("flower-2", .rests(.refused, from: "4.1.16", no))),
        EventLine(.hostProbed("attic", .rests(.current, from: "4.2.0", nil))),
      ], of: hosts
    ).frame(width: 80, height: 20, style: plain, now: 60_000)
    #expect(frame.first == "Mycodo v4.2.0 (track v4)   1 of 5 done, 1 refused, 1 unreachable   1:00")
  }

  @Test func `the pause between batches counts down`() {
    let hosts = ["veg", "dry"]
    var state = LiveState()
    state.apply(EventLine(SampleRecord.header(hosts) { $0.policy.soakSeconds = 120 }), now: 0)
    for line in cuttingOver(hosts) { state.apply(line, now: 0) }
    state.apply(
      EventLine(.cutoverRested("veg", SampleRecord.result(.upgraded, now: "4.2.0", downtime: 900))), now: 0)
    var soak = EventLine(name: .soaking)
    soak.total = 120
    soak.hosts = ["veg"]
    state.apply(soak, now: 0)
    let frame = state.frame(width: 80, height: 20, style: plain, now: 37_000)
    #expect(frame.last == "pause before the next batch, 1:23 left; then dry")
    // It is over, and a host of it is not well.
    func foot(_ suspects: [String]?, at now: Int64) -> String? {
      var state = state
      if let suspects {
        var line = EventLine(name: .suspected)
        line.hosts = suspects
        state.apply(line, now: now)
      }
      return state.frame(width: 100, height: 20, style: plain, now: now).last
    }
    #expect(foot(nil, at: 120_000) == "asking once more how veg is; then dry")
    #expect(foot(["veg"], at: 125_000) == "waiting: veg is not well, and asked once more; then dry")
    #expect(
      foot(["veg"], at: 37_000)
        == "pause before the next batch, 1:23 left; veg is not well, and asked once more; then dry")
    #expect(foot([], at: 37_000) == "pause before the next batch, 1:23 left; then dry")
  }

  @Test func `a failure says why, and that it halts`() {
    let hosts = ["veg", "dry"]
    var state = state(cuttingOver(hosts), of: hosts)
    let reason = Cause(code: .prove, step: .prove, text: "503 \u{1B}[2J\tand more")
    let bad = SampleRecord.result(.rolledBack, now: "4.1.16", downtime: 3000, reason: reason)
    state.apply(EventLine(.cutoverRested("veg", bad)), now: 900)
    let frame = state.frame(width: 80, height: 20, style: plain, now: 1000)
    #expect(frame[1] == "x veg  rolled back    was down 3.0 s  503 \\u{1b}[2J and more")
    #expect(frame.last?.hasPrefix("halting") == true)
  }

  /// Upgraded, watched, and then unwell; a third one went before it.
  private func unwell(rollsBack: Bool) -> LiveState {
    let hosts = ["veg", "dry", "attic"]
    let good = { (host: String) in
      EventLine(.cutoverRested(host, SampleRecord.result(.upgraded, now: "4.2.0", downtime: 900)))
    }
    var state = LiveState()
    let header = SampleRecord.header(hosts) {
      $0.policy.soakSeconds = 120
      $0.policy.rollsBack = rollsBack
    }
    state.apply(EventLine(header), now: 0)
    var soak = EventLine(name: .soaking)
    soak.total = 120
    let cause = Cause(code: .unhealthy, step: .prove, text: "it answers 503")
    let lines =
      cuttingOver(hosts).map {
        $0.event == .cutoverOrdered ? EventLine(.cleared("veg", lifetimeSeconds: 9)) : $0
      }
      + [good("veg"), EventLine(.soaked), EventLine(.cleared("dry", lifetimeSeconds: 9)), good("dry"), soak]
      + [EventLine(.turnedUnwell("dry", cause))]
    for line in lines { state.apply(line, now: 0) }
    return state
  }

  @Test func `a host that turns unwell says so, and no pause is counted down any more`() {
    let frame = unwell(rollsBack: false).frame(width: 80, height: 20, style: plain, now: 0)
    #expect(frame[1] == "+ veg    upgraded       was down 0.9 s")
    #expect(frame[2] == "x dry    turned unwell  was down 0.9 s  it answers 503")
    #expect(frame.last?.hasPrefix("halting") == true)
  }

  @Test func `who goes back, and who goes next, is shown, and how each of them ended`() {
    var state = unwell(rollsBack: true)
    var frame = state.frame(width: 80, height: 20, style: plain, now: 0)
    #expect(frame[2].hasPrefix("| dry    going back"))
    #expect(frame.last == "halted: the hosts that were upgraded go back; next: veg")
    state.apply(EventLine(.wentBack("dry", SampleRecord.result(.upgraded, now: "4.1.16"))), now: 0)
    let room = Cause(code: .space, step: .check, text: "no room")
    state.apply(EventLine(.staysUpgraded("veg", room)), now: 0)
    frame = state.frame(width: 80, height: 20, style: plain, now: 0)
    #expect(frame[1] == "+ veg    upgraded       was down 0.9 s  no room")
    #expect(frame[2].hasPrefix("x dry    rolled back"))
  }

  @Test func `Ctrl-C is answered`() {
    let staging = state([EventLine(.interrupted)]).frame(width: 80, height: 20, style: plain, now: 0)
    #expect(staging.last == "interrupted: nothing is down, and nothing goes down any more")
    let hosts = ["veg", "flower-1"]
    let cutting = state(
      cuttingOver(hosts) + [EventLine(.cleared("veg", lifetimeSeconds: 600)), EventLine(.interrupted)],
      of: hosts)
    let frame = cutting.frame(width: 40, height: 20, style: plain, now: 0)
    #expect(frame.last == "interrupted: finishing what is in its c~")
  }

  @Test func `a rollout that is gone on with shows what its hosts have already`() {
    var state = LiveState(SampleRecord.halted())
    state.apply(EventLine(.resumed(nil)), now: 0)
    let frame = state.frame(width: 80, height: 20, style: plain, now: 0)
    #expect(frame[1] == "+ veg-1     upgraded  was down 2.1 s")
    #expect(frame[2] == "| flower-1  asking")
  }

  @Test func `one host, as in a rollback, is shown too`() {
    let header = SampleRecord.header(["veg"]) { $0.restores = "b" }
    var state = LiveState(RolloutRecord(header, at: "2026-11-22T10:15:00.000Z"))
    state.apply(EventLine(JobEvent(seq: 1, event: .down), host: "veg"), now: 0)
    state.apply(step("veg", .swap), now: 0)
    let frame = state.frame(width: 80, height: 20, style: plain, now: 2000)
    #expect(frame == ["Rolling back to b   0:02", "| veg  cutover: swap  down 2.0 s"])
  }

  @Test(arguments: [1, 3, 60], [20, 40, 80, 200])
  func `no line is wider and no frame higher than the terminal leaves room for`(count: Int, width: Int) {
    let hosts = (1...count).map { "room-\($0)-with-a-rather-long-name" }
    let state = state(cuttingOver(hosts), of: hosts)
    for height in [2, 5, 10, 24, 80] {
      let frame = state.frame(width: width, height: height, style: plain, now: 5000)
      #expect(frame.count < height, "\(count) hosts, \(width) by \(height)")
      #expect(frame.allSatisfy { Columns.count($0) <= width }, "\(count) hosts, \(width) by \(height)")
    }
  }

  @Test func `of 60 hosts those at work are shown, the rest is counted`() {
    let hosts = (1...60).map { "room-\($0)" }
    var lines = cuttingOver(hosts)
    lines.append(step("room-57", .prove))
    let frame = state(lines, of: hosts).frame(width: 80, height: 24, style: plain, now: 5000)
    #expect(frame.count == 23)
    #expect(frame.contains { $0.contains("room-1 ") && $0.contains("down") })
    #expect(frame.contains { $0.contains("room-57") && $0.contains("cutover: prove") })
    #expect(frame[frame.count - 2] == "and 40 more: 40 staged, ready")
    #expect(frame.last == "next: room-2, room-3 and 57 more")
  }

  @Test func `colour and Unicode only where they are wanted`() {
    let good = EventLine(
      .cutoverRested("veg", SampleRecord.result(.upgraded, now: "4.2.0", downtime: 900)))
    let coloured = state([good]).frame(width: 80, height: 20, style: LiveStyle(), now: 0)
    #expect(coloured[1].hasPrefix("\u{1B}[32m✓ veg"))
    var bare = LiveState()
    bare.apply(EventLine(SampleRecord.header(["veg"]) { $0.name = "Grünzeug" }), now: 0)
    bare.apply(good, now: 0)
    let frame = bare.frame(width: 80, height: 20, style: plain, now: 0)
    #expect(frame[0].hasPrefix("Gr?nzeug"))
    #expect(frame.joined().unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) })
    #expect(LiveStyle(environment: ["NO_COLOR": "1", "LANG": "C"]) == plain)
    #expect(LiveStyle(environment: ["LANG": "en_GB.UTF-8"]) == LiveStyle())
    #expect(LiveStyle(environment: ["LANG": "en_GB.UTF-8", "LC_ALL": "POSIX"]).unicode == false)
  }
}
