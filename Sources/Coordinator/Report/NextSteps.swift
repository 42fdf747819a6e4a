internal import Wire

/// The commands that a report leads to, each with its reason.
struct NextSteps {
  struct Line: Equatable {
    var command: String
    var why: String
  }

  private var report: Report

  init(_ report: Report) { self.report = report }

  /// Of one host alone.
  init(_ report: Report, host: Report.HostInfo) {
    self.report = report
    self.report.hosts = [host]
  }

  var lines: [Line] {
    var lines: [Line] = []
    func add(_ verb: String, _ hosts: [String], _ why: String) {
      guard !hosts.isEmpty else { return }
      lines.append(Line(command: "fleet \(verb) \(hosts.joined(separator: " "))", why: why))
    }
    let failed = hosts { [.failed, .rolledBack].contains($0.outcome) }
    add("logs", failed + hosts { isStageRefusal($0) || $0.isUnsettled }, "what failed there")
    for host in report.hosts where host.hasTurnedUnwell {
      let version = host.from.map { visible($0, limit: 40) } ?? "its backup"
      add("rollback", [visible(host.host, limit: 60)], "back to \(version), with the data of then")
    }
    let clearWhy = "once it is mended;  or skip \(report.release.version) in fleet.yaml"
    let left = hosts { [.failed, .rolledBack].contains($0.outcome) && !$0.hasTurnedUnwell }
    add("clear", left + hosts { code($0) == "marked" }, clearWhy)
    add(
      "doctor", hosts { $0.outcome == .refused && isUnanswered($0) }, "what an upgrade will need there")
    add("upgrade --retry", hosts { code($0) == "refused_before" }, "tries it again all the same")
    add(
      "plan --adopt", hosts { ["left_behind", "data_left_behind"].contains(code($0)) },
      "proposes lines of fleet.yaml for those files")
    add(
      "upgrade --leave", hosts { code($0) == "left_behind" },
      "leaves those files in the backup;  or carry or ignore them")
    add("upgrade --repair", hosts { code($0) == "unhealthy" }, "although the app is unwell now")
    add(
      "doctor", hosts { $0.isLeftUnwell || $0.isFoundUnwell && code($0) != "unhealthy" },
      "what is not well there")
    add(
      "status", hosts { Self.clashes.contains(code($0)) },
      "which hosts are one machine;  fleet.yaml says what they are")
    add(
      "bootstrap", hosts { ["no_agent", "no_privilege", Rollout.Cause.hostKeyUnknown].contains(code($0)) },
      "sets the host up")
    add(
      "status", hosts { code($0) == Rollout.Cause.notBelieved },
      "what it says now;  and look at the host itself: its agent is not to be believed")
    add("trust --replace", hosts { code($0) == "host_key" }, "if its key changed for a good reason")
    let waiting = waiting
    if !waiting.isEmpty {
      lines.append(Line(command: "fleet resume", why: "go on with \(Wording.list(waiting))"))
    }
    return lines
  }

  /// Whether going on would do anything, as far as the rollout's own log tells.
  var canResume: Bool { report.outcome == .open || !waiting.isEmpty }

  private var waiting: [String] { hosts { isWaiting($0) } }

  private func hosts(where fits: (Report.HostInfo) -> Bool) -> [String] {
    report.hosts.filter(fits).map { visible($0.host, limit: 60) }
  }

  private func code(_ host: Report.HostInfo) -> String { host.reason?.code ?? "" }

  private func isStageRefusal(_ host: Report.HostInfo) -> Bool {
    host.outcome == .refused && [.prepare, .rehearse, .complete].contains(host.reason?.step)
  }

  private static let clashes = [
    Rollout.Cause.sameInstall, Rollout.Cause.sameInstance, Rollout.Cause.samePart,
  ]

  /// What stands in the way is of the host, and no other line here is about it.
  private func isUnanswered(_ host: Report.HostInfo) -> Bool {
    let answered = [
      "marked", "refused_before", "left_behind", "unhealthy", "no_agent", "no_privilege", "host_key",
      Rollout.Cause.hostKeyUnknown, Rollout.Cause.notBelieved,
    ]
    let isOfHost = host.reason?.step != nil || ["install", "incompatible", "protocol"].contains(code(host))
    return isOfHost && !isStageRefusal(host) && !answered.contains(code(host))
  }

  private func isWaiting(_ host: Report.HostInfo) -> Bool {
    switch host.outcome {
    case .unreachable, .unknown, .deferred, .interrupted: true
    case .untouched: host.reason == nil || code(host) == "staged"
    case .upgraded, .restored, .current, .rolledBack, .failed, .refused: false
    }
  }
}
