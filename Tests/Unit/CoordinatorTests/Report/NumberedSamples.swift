import CoordinatorSupport
import Testing
import Wire

@testable import Report
@testable import Rollout
@testable import Driver
@testable import Coordinator

/// One of each reply and of each line of a log, with a number wherever there can be one.
enum NumberedSamples {
  static let result: JobResult = {
    var result = SampleRecord.result(.upgraded, now: "4.2.0", downtime: 2_140, steps: [310, 35_000])
    (result.rehearsalMilliseconds, result.forecastMilliseconds, result.rowsDiscarded) = (900, 2_000, 3)
    result.parity = [ParityRecord(name: "inputs", compare: "lines", before: 14, after: 14)]
    return result
  }()

  static let event = JobEvent(
    seq: 7, timeMilliseconds: 1_795_342_500_000, event: .stepProgress, step: .receive, ok: true,
    milliseconds: 12, done: 5, total: 9, text: "word", result: result)

  private static let claim = Claim(
    rollout: "r", who: "me", inventory: "/i", sinceMilliseconds: 1_795_342_500_000, lifetimeSeconds: 1_800)

  private static let status: HostStatus = {
    var status = HostStatus(app: "growroom", state: .idle)
    (status.installedVersion, status.installedSecondsAgo) = ("4.1.0", 60)
    (status.claim, status.last, status.freeBytes, status.backups) = (claim, result, 9_000, 2)
    (status.ended, status.upgradeDowntimeMilliseconds) = (result, 2_140)
    let reason = Cause(code: .prove, step: .prove, text: "why")
    status.mark = Mark(job: "j", tag: "v4.0.0", reason: reason, timeMilliseconds: 5, logPath: "/log")
    return status
  }()

  static var replies: [Reply] {
    let names: [JobEvent.Name] = [
      .stepStarted, .stepProgress, .stepEnded, .note, .down, .up, .rested, .heartbeat,
    ]
    let events = names.map { name -> Reply in
      var event = event
      event.event = name
      return .event(event)
    }
    let reason = Cause(code: .prove, step: .prove, text: "why")
    return events + [
      .hello(
        HostHello(
          wire: 1, version: "0.1.0", architecture: "x", bootID: "b", systemd: true, user: "u", system: "s")),
      .probe(Probe(findings: [.init(version: "4.1.0", problem: nil)], status: status)), .claimed(claim),
      .send(from: 5), .status(status), .health(problem: reason), .refused(reason),
      .backups([Backup(name: "old", version: "4.0.0", tag: "v4.0.0", timeMilliseconds: 5, bytes: 6)]),
    ]
  }

  /// Numbers that are not set in a sample could not be replaced in it.
  static func findMissing(in value: Any, _ path: String = "") {
    let mirror = Mirror(reflecting: value)
    for child in mirror.children {
      let name = "\(path).\(child.label ?? "")"
      let type = type(of: child.value)
      if type == Int?.self || type == Int64?.self, Mirror(reflecting: child.value).children.isEmpty {
        Issue.record("\(Swift.type(of: value))\(name) is not set in the sample")
      }
      findMissing(in: child.value, name)
    }
  }

  // MARK: A log

  static var lines: [EventLine] {
    let header = SampleRecord.header(["a", "b"]) { header in
      header.policy.confirmWithinSeconds = 60
      header.policy.batches = [.hosts(1), .percent(50)]
      header.policy.canaryForSeconds = 3_600
    }
    var profile = EventLineSamples.profile
    (profile.backupsBytes, profile.downtimeBudgetSeconds) = (5, 6)
    profile.guards = [
      Guard(run: Run(command: .shell("true"), undo: .shell("true")), why: "why", waitSeconds: 5)
    ]
    profile.health.checks += [
      .tcp(host: "localhost", port: 80), .run(Run(command: .shell("x")), expect: nil),
    ]
    profile.parity = [
      ParityCheck(name: "errors", run: Run(command: .shell("x")), compare: .atMost, margin: 2)
    ]
    profile.services = .commands(
      start: Run(command: .shell("a")), stop: Run(command: .shell("b")), status: Run(command: .shell("c")))
    var probed = EventLine(.hostProbed("a", SampleRecord.goes))
    probed.profile = profile
    var uploaded = SampleRecord.uploaded("a")
    uploaded.total = 9
    var began = EventLine(name: .stageBegan, host: "a")
    began.text = "r"
    var soaking = EventLine(name: .soaking)
    soaking.total = 5
    var staged = SampleRecord.result(nil, now: "4.1.16", downtime: 5, steps: [1, 2])
    (staged.rehearsalMilliseconds, staged.forecastMilliseconds, staged.rowsDiscarded) = (1, 2, 3)
    var lines = [
      EventLine(header), EventLine(.begun), probed, EventLine(.hostProbed("b", SampleRecord.goes)),
      EventLine(.planApproved), began, uploaded, EventLine(event, host: "a"),
    ]
    for name in [JobEvent.Name.down, .up, .stepStarted, .stepEnded, .note] {
      var event = event
      event.event = name
      lines.append(EventLine(event, host: "a"))
    }
    lines += [
      EventLine(.staged("a", staged)), EventLine(.staged("b", staged)),
      EventLine(.cleared("a", lifetimeSeconds: 90)), EventLine(.cutoverRested("a", result)), soaking,
      EventLine(.wentBack("a", result)), EventLine(name: .finished),
    ]
    for index in lines.indices {
      lines[index].seq = index + 1
      lines[index].time = "2026-11-22T10:15:\(index + 10).000Z"
    }
    return lines
  }

  // MARK: What is made of it

  static func show(_ record: RolloutRecord, _ lines: [EventLine]) throws {
    let report = Report(record)
    #expect(try Report(decoding: report.encoded()) == report)
    #expect(!ReportText(report, timezone: "UTC", width: 100).lines.isEmpty)
    #expect(!ReportPage(report: report, timeline: Timeline(lines), timezone: "UTC").html.isEmpty)
    _ = (NextSteps(report).lines, record.isOpen)
    var live = LiveState(record)
    for line in lines {
      _ = EventSentence.sentence(line, verbose: true)
      _ = try line.encoded()
      live.apply(line, now: 1_795_342_500_000)
      let style = LiveStyle(environment: [:])
      #expect(!live.frame(width: 100, height: 30, style: style, now: 1_795_342_501_000).isEmpty)
    }
  }

  /// As a coordinator does that takes it up: the next line's number, gates and waits, and what comes next.
  static func goOn(with record: RolloutRecord) throws {
    var record = record
    var line = EventLine(.resumed(nil))
    line.seq = record.lastSeq + 1
    line.time = "2026-11-23T10:15:00.000Z"
    var actions = record.add(line)
    let now: Int64 = 1_795_428_900_000
    for host in record.header.hosts {
      let policy = record.header.policy
      _ = CutoverGate(zone: "UTC").ask(TestFleet.host(host), in: record, now: now)
      guard let profile = record.facts[host]?.profile else { continue }
      let seconds = HostWorker.cutoverSeconds(
        profile, lifetimeSeconds: policy.orderLifetimeSeconds,
        confirmSeconds: policy.confirmWithinSeconds ?? 0)
      _ = RetryBackoff(.system, seconds: seconds)
    }
    // Whatever it asks for comes to its end.
    for _ in 0..<50 {
      guard let action = actions.first else { break }
      actions.removeFirst()
      actions += record.add(answer(action, record.rollout))
    }
  }

  private static func answer(_ action: Rollout.Action, _ rollout: Rollout) -> EventLine {
    switch action {
    case .probe(let host): EventLine(.hostProbed(host, SampleRecord.goes))
    case .askPlan: EventLine(.planApproved)
    case .stage(let host): EventLine(.staged(host, SampleRecord.result(nil, now: "4.1.16")))
    case .mayGo(let host): EventLine(.cleared(host, lifetimeSeconds: rollout.policy.orderLifetimeSeconds))
    case .cutover(let host, _), .follow(let host), .cancel(let host), .goBack(let host, _):
      EventLine(.cutoverRested(host, SampleRecord.result(.upgraded, now: "4.2.0")))
    case .soak(let seconds, _): soaked(seconds)
    case .finish: EventLine(name: .finished)
    }
  }

  private static func soaked(_ seconds: Int) -> EventLine {
    var soak = Soak(seconds: seconds, began: 0)
    _ = soak.pause(now: 5)
    return EventLine(.soaked)
  }
}
