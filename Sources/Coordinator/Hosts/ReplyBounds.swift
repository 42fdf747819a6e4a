internal import Wire

/// What a host sends is data: texts are cut and made visible, lists are cut, before anybody sees them.
extension Reply {
  var bounded: Reply {
    switch self {
    case .hello(let hello): .hello(hello.bounded)
    case .probe(var probe):
      {
        probe.findings = probe.findings.prefix(WireLimits.listEntries).map {
          Probe.Finding(version: $0.version?.short, problem: $0.problem.map { visible($0) })
        }
        probe.status = probe.status.bounded
        return .probe(probe)
      }()
    case .ok, .send: self
    case .claimed(let claim): .claimed(claim.bounded)
    case .event(let event): .event(event.bounded)
    case .status(let status): .status(status.bounded)
    case .health(let problem): .health(problem: problem?.bounded)
    case .logs(let lines, let path):
      .logs(lines: lines.suffix(WireLimits.logLines).map { visible($0) }, path: visible(path))
    case .backups(let backups):
      .backups(
        backups.prefix(WireLimits.listEntries).map {
          Backup(
            name: $0.name.short, version: $0.version.short, tag: $0.tag?.short,
            timeMilliseconds: $0.timeMilliseconds, bytes: $0.bytes,
            wasHealthy: $0.wasHealthy, isFromBeforeFleet: $0.isFromBeforeFleet)
        })
    case .refused(let reason): .refused(reason.bounded)
    case .unsupported(let text): .unsupported(visible(text))
    }
  }
}

extension WireLimits {
  /// Lines of a log that a person asked for.
  static let logLines = 10_000
}

extension String {
  /// A name, a version, a tag.
  fileprivate var short: String { visible(self, limit: 200) }
}

extension HostHello {
  fileprivate var bounded: HostHello {
    HostHello(
      wire: wire, version: version.short, architecture: architecture.short, bootID: bootID.short,
      systemd: systemd, user: user.short, system: system.short)
  }
}

extension Claim {
  fileprivate var bounded: Claim {
    var claim = self
    claim.rollout = rollout.short
    claim.who = who.short
    claim.inventory = inventory?.short
    return claim
  }
}

extension Reason {
  /// Its initializer does it.
  fileprivate var bounded: Reason { Reason(code: code, step: step, text: text, logTail: logTail) }
}

extension JobEvent {
  fileprivate var bounded: JobEvent {
    var event = self
    event.event = Name(rawValue: self.event.rawValue.short)
    event.text = text.map { visible($0) }
    event.result = result?.bounded
    return event
  }
}

extension JobResult {
  fileprivate var bounded: JobResult {
    var result = self
    result.job = job.short
    result.from = from?.short
    result.target = target.short
    result.now = now?.short
    result.backup = backup?.short
    result.reason = reason?.bounded
    result.undoReason = undoReason?.bounded
    result.leftBehind = leftBehind.prefix(WireLimits.listEntries).map { visible($0) }
    result.steps = Array(steps.prefix(WireLimits.listEntries))
    result.logPath = logPath.map { visible($0) }
    return result
  }
}

extension HostStatus {
  fileprivate var bounded: HostStatus {
    var status = self
    status.app = app.short
    status.installedTag = installedTag?.short
    status.installedVersion = installedVersion?.short
    status.heldTag = heldTag?.short
    // Of no use further back, and a multiple of it must not run over.
    status.installedSecondsAgo = installedSecondsAgo.map { min(max(0, $0), 10 * 366 * 86_400) }
    status.openJob = openJob?.short
    status.state = state.short
    status.claim = claim?.bounded
    status.last = last?.bounded
    status.refusals = refusals.prefix(WireLimits.listEntries).map {
      Refusal(tag: $0.tag.short, sha256: $0.sha256.short, reason: $0.reason.bounded)
    }
    status.mark = mark.map {
      Mark(
        job: $0.job.short, tag: $0.tag.short, reason: $0.reason.bounded,
        timeMilliseconds: $0.timeMilliseconds, logPath: visible($0.logPath))
    }
    return status
  }
}
