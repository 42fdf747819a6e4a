import Testing
import Wire

@testable import Coordinator

/// One of each line that a log or `--output json` can hold.
enum EventLineSamples {
  static let profile = AppProfile(
    app: "mycodo", name: "Mycodo", install: "/opt/Mycodo", backups: "/var/Mycodo-backups",
    version: Reading(file: "config.py", match: "'([^']+)'"), services: .units(["mycodo.service"]),
    carry: [Carry(kind: .sqlite, path: "databases/*.db")],
    steps: Steps(migrate: [Run(command: .shell("alembic upgrade head"))]),
    health: Health(checks: [.http(HTTPCheck(url: "http://localhost/", headers: ["X-Camel-Case": "a_b"]))]),
    vars: ["SOME_NAME": "x", "camelCase": "y"])

  static var events: [Rollout.Event] {
    let cause = Rollout.Cause(code: "unreachable", step: .prove, text: "gone", logTail: ["one"])
    var result = JobResult(job: "r", outcome: .rolledBack, from: "4.1.16", target: "4.2.0")
    result.reason = Reason(code: .leftBehind, step: .carryEarly, text: "because", logTail: ["line"])
    result.undoReason = Reason(code: .undo, step: .undo, text: "and then")
    result.steps = [StepRecord(step: .rehearse, milliseconds: 5, ok: false)]
    result.rowsDiscarded = 3
    return [
      .begun, .hostProbed("a", .goes(from: "4.1.16")), .hostProbed("a", .goes(from: nil)),
      .hostProbed("a", .rests(.current, from: "4.2.0", nil)),
      .hostProbed("a", .rests(.refused, from: nil, cause)), .hostUnreachable("a", cause), .planApproved,
      .planDeclined, .staged("a", result), .stageFailed("a", cause), .cutoverRested("a", result),
      .connectionLost("a"), .heardFrom("a"), .orderExpired("a"), .soaked, .cleared("a", lifetimeSeconds: 90),
      .notNow("a", cause), .turnedUnwell("a", cause), .foundGoingBack("a"), .wentBack("a", result),
      .staysUpgraded("a", cause),
      .interrupted, .resumed(nil),
      .resumed(["a", "b"], stageOnly: true),
    ]
  }

  static var all: [EventLine] {
    var probed = EventLine(.hostProbed("a", .goes(from: "4.1.16")))
    probed.profile = profile
    probed.listing = "v4.1.16"
    probed.since = "2026-11-21T10:15:00.000Z"
    var finished = EventLine(EventLine.finished)
    finished.ending = .halted(why: "1 failed (a), 0 allowed")
    var job = JobEvent(seq: 4, event: .stepProgress, step: .receive)
    job.done = 5
    job.total = 9
    let plain = [
      EventLine.stageBegan, EventLine.uploading, EventLine.uploaded, EventLine.cutoverOrdered,
      EventLine.following, EventLine.soaking, EventLine.goingBack, EventLine.closed,
    ].map { EventLine($0, host: "a") }
    var lines = [EventLine(SampleRecord.header(["a", "b"])), probed, finished, EventLine(job, host: "a")]
    lines += events.map { EventLine($0) } + plain
    for index in lines.indices {
      lines[index].seq = index + 1
      lines[index].time = "2026-11-22T10:15:00.000Z"
    }
    return lines
  }
}

@Suite struct EventLineTests {
  @Test func `every event of the rollout comes back out of its line`() throws {
    for event in EventLineSamples.events {
      let line = EventLine(event)
      #expect(line.rolloutEvent == event)
      #expect(try EventLine(decoding: line.encoded()).rolloutEvent == event)
    }
  }

  @Test func `every line is read back as it was written, names of variables and headers too`() throws {
    for line in EventLineSamples.all {
      #expect(try EventLine(decoding: line.encoded()) == line)
    }
  }

  @Test func `a line is one line, with its keys in snake case`() throws {
    for line in EventLineSamples.all {
      let text = String(decoding: try line.encoded(), as: UTF8.self)
      #expect(!text.contains("\n"))
      #expect(!text.contains("\"jobSeq\"") && !text.contains("\"logTail\""))
    }
  }

  @Test func `times are UTC and come back`() {
    #expect(UTC.text(0) == "1970-01-01T00:00:00.000Z")
    #expect(UTC.text(951_782_399_999) == "2000-02-28T23:59:59.999Z")
    #expect(UTC.text(951_868_799_000) == "2000-02-29T23:59:59.000Z")
    #expect(UTC.text(4_107_542_400_000) == "2100-03-01T00:00:00.000Z")
    #expect(UTC.rolloutID(1_795_342_500_000, tag: "v4.2.0") == "20261122-101500-v4.2.0")
    for milliseconds: Int64 in [0, 1_795_342_500_123, 951_782_400_000, 4_107_542_399_999] {
      #expect(UTC.milliseconds(UTC.text(milliseconds)) == milliseconds)
    }
    for wrong in ["", "2026-11-22", "2026-13-22T10:15:00.000Z", "2026-11-22T10:15:00.000+01"] {
      #expect(UTC.milliseconds(wrong) == nil)
    }
  }
}
