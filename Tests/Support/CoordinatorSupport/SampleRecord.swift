@testable package import Wire

@testable import Text
@testable package import Rollout
@testable package import Driver

@testable import Coordinator

/// Rollouts as their logs tell them, for reports.
package enum SampleRecord {
  package static let release = ReleaseName(
    version: "4.2.0", tag: "v4.2.0", commit: "3f2a91c0d4e5f60718293a4b5c6d7e8f90123456",
    tree: "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
    sha256: String(repeating: "5a", count: 32), size: 6_800_000)

  package static func header(_ hosts: [String], change: (inout RolloutHeader) -> Void = { _ in })
    -> RolloutHeader
  {
    var policy = Rollout.Policy()
    policy.soakSeconds = 0
    var header = RolloutHeader(
      rollout: "20261122-101500-v4.2.0", app: "mycodo", name: "Mycodo", track: "v4", tag: "v4.2.0",
      release: release, verified: ["tls", "commit", "tree"], policy: policy, hosts: hosts,
      inventory: "/home/me/.config/fleet", who: "me@laptop")
    header.newer = [RolloutHeader.NewerRelease(version: "5.0.0", track: "v5")]
    change(&header)
    return header
  }

  package static func result(
    _ outcome: Outcome?, now: String, downtime: Int? = nil, reason: Cause? = nil, steps: [Int] = []
  ) -> JobResult {
    var result = JobResult(
      job: "20261122-101500-v4.2.0", outcome: outcome, from: "4.1.16", target: "4.2.0")
    result.now = now
    result.healthy = outcome == .failed ? false : true
    result.downtimeMilliseconds = downtime
    result.reason = reason
    result.steps = zip([Step.extract, .prepare, .migrate, .prove], steps).map {
      StepRecord(step: $0, milliseconds: $1, ok: true)
    }
    return result
  }

  /// Lines get their numbers and times: one each second from 10:15:00.
  package static func record(_ header: RolloutHeader, _ lines: [EventLine]) -> RolloutRecord {
    var all = [EventLine(header)] + lines
    for index in all.indices {
      all[index].seq = index + 1
      all[index].time = UTC.text(1_795_342_500_000 + Int64(index) * 1000)
    }
    return RolloutRecord(lines: all) ?? RolloutRecord(header, at: "")
  }

  package static func uploaded(_ host: String) -> EventLine {
    var line = EventLine(name: .uploaded, host: host)
    line.done = 36_035
    return line
  }

  package static let goes = Rollout.Verdict.goes(from: "4.1.16")

  /// One upgraded, one rolled back, one untouched, one not reached.
  package static func halted() -> RolloutRecord {
    let broken = Cause(code: .prove, step: .prove, text: "\"Error: Output controller\"")
    let away = Cause(code: .unreachable, text: "no route to host")
    let hosts = ["veg-1", "flower-1", "flower-2"]
    var lines = [EventLine(.begun)]
    lines += hosts.map { EventLine(.hostProbed($0, goes)) }
    lines += [EventLine(.hostUnreachable("drying", away)), EventLine(.planApproved)]
    lines += hosts.flatMap { [uploaded($0), EventLine(.staged($0, result(nil, now: "4.1.16")))] }
    lines += [
      EventLine(
        .cutoverRested(
          "veg-1", result(.upgraded, now: "4.2.0", downtime: 2140, steps: [310, 35_000, 1_000, 5_000]))),
      EventLine(
        .cutoverRested(
          "flower-1",
          result(
            .rolledBack, now: "4.1.16", downtime: 3010, reason: broken, steps: [310, 40_000, 12_000]))),
      EventLine(name: .finished),
    ]
    return record(header(hosts + ["drying"]), lines)
  }
}
