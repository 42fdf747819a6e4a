package import Wire

@testable package import Driver
@testable package import Rollout

@testable import Coordinator

/// One of each line that a log or `--output json` can hold.
package enum EventLineSamples {
  package static let profile = AppProfile(
    app: "mycodo", name: "Mycodo", install: "/opt/Mycodo", backups: "/var/Mycodo-backups",
    version: Reading(file: "config.py", match: "'([^']+)'"), services: .units(["mycodo.service"]),
    carry: [Carry(kind: .sqlite, path: "databases/*.db")],
    steps: Steps(migrate: [Run(command: .shell("alembic upgrade head"))]),
    health: Health(checks: [.http(HTTPCheck(url: "http://localhost/", headers: ["X-Camel-Case": "a_b"]))]),
    vars: ["SOME_NAME": "x", "camelCase": "y"])

  package static var events: [Rollout.Event] {
    let cause = Cause(code: .unreachable, step: .prove, text: "gone", logTail: ["one"])
    var result = JobResult(job: "r", outcome: .rolledBack, from: "4.1.16", target: "4.2.0")
    result.reason = Cause(code: .leftBehind, step: .carryEarly, text: "because", logTail: ["line"])
    result.undoReason = Cause(code: .undo, step: .undo, text: "and then")
    result.steps = [StepRecord(step: .rehearse, milliseconds: 5, ok: false)]
    result.rowsDiscarded = 3
    return [
      .begun, .hostProbed("a", .goes(from: "4.1.16")), .hostProbed("a", .goes(from: nil)),
      .hostProbed("a", .rests(.current, from: "4.2.0", nil)),
      .hostProbed("a", .rests(.refused, from: nil, cause)), .hostUnreachable("a", cause), .planApproved,
      .planDeclined, .staged("a", result), .stageFailed("a", cause), .cutoverRested("a", result),
      .connectionLost("a"), .notBelieved("a", cause), .heardFrom("a"), .orderExpired("a"), .soaked,
      .cleared("a", lifetimeSeconds: 90),
      .notNow("a", cause), .turnedUnwell("a", cause), .foundGoingBack("a"), .wentBack("a", result),
      .staysUpgraded("a", cause),
      .interrupted, .resumed(nil),
      .resumed(["a", "b"], stageOnly: true),
    ]
  }

  package static var all: [EventLine] {
    var probed = EventLine(.hostProbed("a", .goes(from: "4.1.16")))
    probed.profile = profile
    probed.listing = "v4.1.16"
    probed.since = "2026-11-21T10:15:00.000Z"
    var finished = EventLine(name: .finished)
    finished.ending = .halted(why: "1 failed (a), 0 allowed")
    var job = JobEvent(seq: 4, event: .stepProgress, step: .receive)
    job.done = 5
    job.total = 9
    let plain = [
      .stageBegan, .uploading, .uploaded, .cutoverOrdered,
      .following, .soaking, .suspected, .goingBack, .closed,
    ].map { EventLine(name: $0, host: "a") }
    var lines = [EventLine(SampleRecord.header(["a", "b"])), probed, finished, EventLine(job, host: "a")]
    lines += events.map { EventLine($0) } + plain
    for index in lines.indices {
      lines[index].seq = index + 1
      lines[index].time = "2026-11-22T10:15:00.000Z"
    }
    return lines
  }
}

/// What is written in a log is a contract: tests name it as it stands there.
extension EventName: ExpressibleByStringLiteral {
  package init(stringLiteral value: String) { self.init(rawValue: value) }
}

/// A test names a cause as it stands in reports.
extension Cause.Code: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { self.init(rawValue: value) }
}
