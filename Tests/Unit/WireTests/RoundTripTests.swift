import Testing
@testable import Wire

/// What is sent is what arrives, for each kind of message.
@Suite struct RoundTripTests {
  private func roundTrip<T: Codable & Equatable>(_ value: T) throws {
    let bytes = try JSON.encode(value)
    #expect(try JSON.decode(T.self, from: bytes) == value)
    #expect(try JSON.encode(JSON.decode(T.self, from: bytes)) == bytes)
  }

  private static let reason = Cause(code: .notNow, step: .ask, text: "not now", logTail: ["a", "b"])

  private static var result: JobResult {
    var result = JobResult(job: "j", outcome: .rolledBack, from: "4.0.0", target: "4.1.0")
    result.now = "4.0.0"
    result.healthy = true
    result.downtimeMilliseconds = 2_140
    result.backup = "App-backup"
    result.reason = reason
    result.undoReason = Cause(code: .undo, step: .undo, text: "and that too")
    result.rowsDiscarded = 3
    result.leftBehind = ["notes.txt"]
    result.parity = [ParityRecord(name: "inputs", compare: "lines", before: 14, after: 15)]
    result.steps = [StepRecord(step: .carryEarly, milliseconds: 5, ok: true)]
    return result
  }

  private static var status: HostStatus {
    var status = HostStatus(app: "app", state: .idle)
    status.installedTag = "v4.0.0"
    status.mark = Mark(
      job: "j", tag: "v4.1.0", reason: reason, timeMilliseconds: 1, logPath: "/var/log/x", sha256: "00")
    (status.ended, status.upgradeDowntimeMilliseconds) = (result, 2_140)
    status.refusals = [Refusal(tag: "v4.1.0", sha256: "00", reason: reason)]
    status.last = result
    return status
  }

  static var profile: AppProfile {
    AppProfile(
      app: "app", name: "App", install: "/opt/App", backups: "/opt/backups", keepBackups: 2,
      version: Reading(file: "v", match: "(.+)"),
      services: .commands(
        start: Run(command: .shell("a")), stop: Run(command: .arguments(["b"])),
        status: Run(command: .shell("c"))),
      units: [UnitFile(file: "u", unit: "u.service")], outside: ["/etc/x"], packages: ["gcc"],
      installPackages: true, owner: Owner(user: "u", group: "g"),
      carry: [
        Carry(
          kind: .sqlite, path: "*.db", required: true,
          revision: Revision(table: "t", wanted: Reading(file: "f", match: "(m)")))
      ],
      ignore: ["*.log"],
      steps: Steps(
        prepare: [Run(command: .shell("p"), directory: "d", timeoutSeconds: 5, user: "root")],
        finish: [Run(command: .shell("f"), undo: .shell("u"))]),
      guards: [Guard(run: Run(command: .shell("g")), why: "w", waitSeconds: 9)],
      health: Health(
        healthyForSeconds: 1, deadlineSeconds: 2,
        checks: [
          .http(HTTPCheck(url: "http://x", headers: ["a": "b"], body: "c", unix: "/s")),
          .tcp(host: "h", port: 1), .run(Run(command: .shell("h")), expect: "GOOD"),
        ]),
      parity: [
        ParityCheck(name: "inputs", run: Run(command: .shell("i"))),
        ParityCheck(name: "errors", run: Run(command: .shell("e")), compare: .atMost, margin: 4),
      ], forewarn: [Run(command: .shell("w"))], downtimeBudgetSeconds: 3, vars: ["A": "b"])
  }

  @Test func `requests`() throws {
    let release = ReleaseName(
      version: "4.1.0", tag: "v4.1.0", commit: "c", tree: nil, sha256: "00", size: 1 << 40)
    let claim = Claim(
      rollout: "r", who: "me@here", inventory: "/home/me/rooms", sinceMilliseconds: 5, lifetimeSeconds: 60)
    let requests: [Request] = [
      .hello(Hello(version: "1")), .probe(profiles: [Self.profile]), .claim(app: "a", claim),
      .unclaim(app: "a", rollout: "r"), .upload(app: "a", sha256: "00", size: 7),
      .stage(
        StageOrder(
          job: "j", release: release, unpackedBytes: 9, installedListing: Artifact(sha256: "0", size: 1),
          profile: Self.profile, retry: true)),
      .cutover(CutoverOrder(app: "a", job: "j", lifetimeSeconds: 300)), .cancel(app: "a", job: "j"),
      .cutover(CutoverOrder(app: "a", job: "j", lifetimeSeconds: 300, confirmWithinSeconds: 60)),
      .confirm(app: "a", job: "j"),
      .follow(app: "a", job: "j", after: 17), .status(app: "a"), .logs(app: "a", job: "j", lines: 9),
      .clear(app: "a"), .backups(Self.profile), .forewarn(Self.profile),
      .account(AccountOrder(profile: Self.profile, installedListing: Artifact(sha256: "0", size: 1))),
      .delta(
        DeltaOrder(
          profile: Self.profile, release: release, delta: Artifact(sha256: "1", size: 2),
          content: Artifact(sha256: "3", size: 4), shape: DeltaShape(topDirectory: "a-1", modifiedSeconds: 5),
          referenceBytes: 6, unpackedBytes: 7, installedListing: nil)),
      .rollback(RollbackOrder(job: "j", backup: nil, profile: Self.profile)),
    ]
    for request in requests { try roundTrip(request) }
  }

  @Test func `replies`() throws {
    let hello = HostHello(
      wire: 1, version: "1", architecture: "x86_64", bootID: "b", systemd: true, user: "root",
      system: "Debian 12")
    let replies: [Reply] = [
      .hello(hello), .ok,
      .claimed(Claim(rollout: "r", who: "w", inventory: nil, sinceMilliseconds: 1, lifetimeSeconds: 2)),
      .send(from: 9), .event(JobEvent(seq: 1, event: .rested, result: Self.result)),
      .status(Self.status), .logs(lines: ["a\u{1B}"], path: "/l"),
      .backups([Backup(name: "n", version: "4", tag: nil, timeMilliseconds: 1, bytes: 2)]),
      .refused(Self.reason), .unsupported("what?"), .forewarned(["heater off"]),
      .account([
        FileGroup(kind: .picture, place: .folder("a"), count: 2, bytes: 3, examples: ["b", nil]),
        FileGroup(kind: FileGroup.Kind(rawValue: "new"), place: .names("*~")),
        FileGroup(kind: .database, place: .files(in: "")),
      ]),
    ]
    for reply in replies { try roundTrip(reply) }
  }

  @Test func `events`() throws {
    try roundTrip(
      JobEvent(
        seq: 2, timeMilliseconds: 3, event: .stepProgress, step: .receive, ok: nil, milliseconds: 4,
        done: 5, total: 6, text: "t"))
    for step in Step.allCases { try roundTrip(JobEvent(event: .stepStarted, step: step)) }
    for outcome in Outcome.allCases { try roundTrip(JobResult(job: "j", outcome: outcome, target: "4")) }
  }

  @Test func `an event of a newer agent is still an event`() throws {
    let text = #"{"event":"moon_phase","seq":9,"timeMilliseconds":1,"shine":0.5}"#
    let event = try JSON.decode(JobEvent.self, from: Array(text.utf8))
    #expect(event.event == JobEvent.Name(rawValue: "moon_phase"))
    #expect(event.seq == 9)
    try roundTrip(event)
  }

  @Test func `a request that this version does not know is malformed, not a crash`() {
    let text = #"{"teleport":{"app":"a"}}"#
    #expect(throws: FrameError.self) { try JSON.decode(Request.self, from: Array(text.utf8)) }
  }

  @Test func `equal values are equal bytes`() throws {
    let one = HTTPCheck(url: "u", headers: ["a": "1", "b": "2", "c": "3"])
    let other = HTTPCheck(url: "u", headers: ["c": "3", "b": "2", "a": "1"])
    #expect(try JSON.encode(one) == JSON.encode(other))
  }

  @Test func `shell text goes to sh, a list stays a list`() {
    #expect(Command.shell("a b").words == ["/bin/sh", "-c", "a b"])
    #expect(Command.arguments(["a", "b c"]).words == ["a", "b c"])
  }
}
