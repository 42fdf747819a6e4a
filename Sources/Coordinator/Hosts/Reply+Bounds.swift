import ByteText
package import Wire

/// What a host sends is data: texts are cut and made visible, lists are cut, numbers are such as can be (``Figure``),
/// before anybody sees them.
extension Reply {
  package var bounded: Reply {
    switch self {
    case .hello(let hello): .hello(hello.bounded)
    case .probe(var probe):
      {
        probe.findings = probe.findings.prefix(WireLimits.listEntries).map {
          Probe.Finding(version: $0.version?.short, problem: $0.problem.map { visible($0) })
        }
        probe.status = probe.status.bounded
        probe.warnings = probe.warnings?.prefix(WireLimits.listEntries).map { visible($0) }
        probe.place = probe.place?.bounded
        return .probe(probe)
      }()
    case .ok: self
    // An offset that cannot be is none in any file: not the nearest, from which something would be sent.
    case .send(let offset): .send(from: Figure.bytes.known(offset) ?? WireLimits.bytes.upperBound)
    case .claimed(let claim): .claimed(claim.bounded)
    case .event(let event): .event(event.bounded)
    case .status(let status): .status(status.bounded)
    case .health(let problem): .health(problem: problem?.bounded)
    case .obstacles(let reasons): .obstacles(reasons.prefix(WireLimits.listEntries).map(\.bounded))
    case .forewarned(let lines):
      .forewarned(lines.prefix(WireLimits.forewarnLines).map { visible($0, limit: 400) })
    case .account(let groups): .account(groups.prefix(WireLimits.fileGroups).map(\.bounded))
    case .logs(let lines, let path):
      .logs(lines: lines.suffix(WireLimits.logLines).map { visible($0) }, path: visible(path))
    case .backups(let backups):
      .backups(
        backups.prefix(WireLimits.listEntries).map {
          Backup(
            name: $0.name.short, version: $0.version.short, tag: $0.tag?.short,
            timeMilliseconds: Figure.moment.nearest($0.timeMilliseconds),
            bytes: Figure.bytes.nearest($0.bytes),
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
      wire: Figure.code.nearest(wire), version: version.short, architecture: architecture.short,
      bootID: bootID.short,
      systemd: systemd, user: user.short, system: system.short)
  }
}

extension InstallPlace {
  fileprivate var bounded: InstallPlace {
    InstallPlace(
      bootID: bootID.short, root: root.short, hostname: hostname.short, path: path.short,
      install: install.short,
      state: visible(state, limit: 400))
  }
}

extension Claim {
  fileprivate var bounded: Claim {
    var claim = self
    claim.rollout = rollout.short
    claim.who = who.short
    claim.inventory = inventory?.short
    claim.host = host?.short
    claim.sinceMilliseconds = Figure.moment.nearest(sinceMilliseconds)
    claim.lifetimeSeconds = Figure.seconds.nearest(lifetimeSeconds)
    return claim
  }
}

extension Cause {
  /// A host says what happened there, and nothing of what becomes of a rollout, or is to be typed here.
  fileprivate var bounded: Cause {
    Cause(
      code: Code.ofAgents.contains(code) ? code : .other, step: step ?? .check, text: text, logTail: logTail)
  }
}

extension FileGroup {
  /// A name that would have to be changed to be shown is none: it goes into fleet.yaml as it stands.
  fileprivate var bounded: FileGroup {
    let place: Place =
      switch place {
      case .folder(let path): path.asName.map { .folder($0) } ?? .files(in: "")
      case .files(let folder): folder.asName.map { .files(in: $0) } ?? .files(in: "")
      case .names(let pattern): pattern.asName.map { .names($0) } ?? .files(in: "")
      }
    let isKept = place == self.place
    return FileGroup(
      kind: Kind(rawValue: kind.rawValue.short), place: place, count: Figure.count.nearest(count),
      bytes: Figure.bytes.nearest(bytes),
      examples: examples.prefix(WireLimits.fileExamples).map { isKept ? $0?.asName : nil })
  }
}

extension String {
  /// nil where it cannot be shown as it is.
  fileprivate var asName: String? {
    let limit = WireLimits.fileNameBytes
    return utf8.count <= limit && isSpelled(visible(self, limit: limit)) && !holds("\t")
      ? self : nil
  }
}

extension JobEvent {
  var bounded: JobEvent {
    var event = self
    event.event = Name(rawValue: self.event.rawValue.short)
    event.seq = Figure.sequence.nearest(seq)
    event.timeMilliseconds = Figure.moment.nearest(timeMilliseconds)
    event.milliseconds = Figure.duration.known(milliseconds)
    (event.done, event.total) = (Figure.bytes.known(done), Figure.bytes.known(total))
    event.text = text.map { visible($0) }
    event.result = result?.bounded
    return event
  }
}

extension JobResult {
  package var bounded: JobResult {
    var result = self
    result.job = job.short
    result.from = from?.short
    result.target = target.short
    result.now = now?.short
    result.backup = backup?.short
    result.reason = reason?.bounded
    result.undoReason = undoReason?.bounded
    result.leftBehind = leftBehind.prefix(WireLimits.listEntries).map { visible($0) }
    result.warnings = warnings?.prefix(WireLimits.listEntries).map { visible($0) }
    result.parity = parity?.prefix(WireLimits.parityChecks).map {
      ParityRecord(
        name: visible($0.name, limit: 100), compare: $0.compare.short,
        before: Figure.count.nearest($0.before),
        after: Figure.count.nearest($0.after))
    }
    result.downtimeMilliseconds = Figure.duration.known(downtimeMilliseconds)
    result.rehearsalMilliseconds = Figure.duration.known(rehearsalMilliseconds)
    result.forecastMilliseconds = Figure.duration.known(forecastMilliseconds)
    result.rowsDiscarded = Figure.count.known(rowsDiscarded)
    result.steps = steps.prefix(WireLimits.listEntries).map {
      StepRecord(step: $0.step, milliseconds: Figure.duration.nearest($0.milliseconds), ok: $0.ok)
    }
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
    status.installedSecondsAgo = Figure.seconds.known(installedSecondsAgo)
    status.freeBytes = Figure.bytes.known(freeBytes)
    status.backups = Figure.count.nearest(backups)
    status.openJob = openJob?.short
    status.state = state.short
    status.claim = claim?.bounded
    status.last = last?.bounded
    status.ended = ended?.bounded
    status.upgradeDowntimeMilliseconds = Figure.duration.known(upgradeDowntimeMilliseconds)
    status.refusals = refusals.prefix(WireLimits.listEntries).map {
      Refusal(tag: $0.tag.short, sha256: $0.sha256.short, reason: $0.reason.bounded)
    }
    status.mark = mark.map {
      Mark(
        job: $0.job.short, tag: $0.tag.short, reason: $0.reason.bounded,
        timeMilliseconds: Figure.moment.nearest($0.timeMilliseconds), logPath: visible($0.logPath),
        sha256: $0.sha256?.short)
    }
    return status
  }
}
