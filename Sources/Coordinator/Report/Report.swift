package import Rollout
package import Driver
import ByteText
import Release
package import Wire

/// What a rollout came to: `fleet.report/1`, the same for people, programs and the notification.
package struct Report: Codable, Equatable, Sendable {
  package static let schema = "fleet.report/1"

  package struct ReleaseInfo: Codable, Equatable, Sendable {
    package var version: String
    package var tag: String
    package var commit: String?
    package var tree: String?
    package var sha256: String?
    package var verified: [String]
  }

  /// A host as it was last seen.
  package struct Sighting: Codable, Equatable, Sendable {
    package var version: String?
    package var healthy: Bool?
    package var seen: String
  }

  package struct StepInfo: Codable, Equatable, Sendable {
    package var step: Step
    package var ms: Int
    package var ok: Bool
  }

  package struct HostInfo: Codable, Equatable, Sendable {
    package var host: String
    package var outcome: Outcome
    package var from: String?
    package var target: String
    package var now: Sighting?
    package var downtimeMs: Int?
    package var rehearsalMs: Int?
    package var bytesSent: Int64
    package var backup: String?
    /// The backup, by its path where that is known, that holds what the version that was left had written: the app that
    /// was put back does not have it.
    package var leftIn: String?
    package var reason: Cause?
    /// What went wrong in the rollback; the first cause stays in `reason`.
    package var undoReason: Cause?
    /// True: what was put there runs and stays, but the job could not be brought to its end. What ran before is no
    /// backup yet, and until it is the host takes no other job. Why stands in `undoReason`.
    package var unsettled: Bool?
    package var rowsDiscarded: Int?
    package var leftBehind: [String]
    package var warnings: [String]
    /// What the app said of itself before the stop, and was proved to say again.
    package var parity: [ParityRecord]
    /// Since when its app is known to be down, UTC.
    package var downSince: String?
    package var log: String?
    package var steps: [StepInfo]
    /// Where the agent keeps what the new version left at paths outside of the install, where an undo replaced it.
    package var replacedIn: String?
    /// What it came to in this rollout before, the oldest first; its downtime is in `downtimeMs`, too.
    package var earlier: [EarlierTry]
  }

  package struct EarlierTry: Codable, Equatable, Sendable {
    package var outcome: Outcome
    package var reason: Cause?
    package var downtimeMs: Int?
  }

  package enum Ending: String, Codable, Sendable {
    case done, halted, interrupted, declined
    /// Read while it is under way, or after its coordinator died.
    case open
  }

  package var schema = Self.schema
  package var rollout: String
  package var app: String
  package var track: String
  package var release: ReleaseInfo
  /// The backup that was put back by hand; nil: an upgrade.
  package var restores: String?
  package var outcome: Ending
  /// Given up, or taken over by a newer one: nobody goes on with it.
  package var closed: Bool
  /// Why it halted.
  package var why: String?
  package var exitCode: Int32
  package var started: String
  package var finished: String?
  package var newer: [RolloutHeader.NewerRelease]
  /// The tag of the release that lies behind, where this one is a stepping stone for some of its hosts.
  package var goal: String?
  /// What is new in the releases that it crosses.
  package var notes: ReleaseNotes
  package var hosts: [HostInfo]
}

extension Report {
  /// Pure: the same record gives the same report.
  package init(_ record: RolloutRecord) {
    let header = record.header
    rollout = header.rollout
    app = header.name
    track = header.track
    release = ReleaseInfo(
      version: header.version, tag: header.tag,
      commit: header.release?.commit, tree: header.release?.tree, sha256: header.release?.sha256,
      verified: header.verified)
    why = nil
    switch record.rollout.ending {
    case .done: outcome = .done
    case .halted(let reason):
      outcome = .halted
      why = reason
    case .interrupted: outcome = .interrupted
    case .declined: outcome = .declined
    case nil: outcome = .open
    }
    restores = header.restores.map { visible($0, limit: 200) }
    closed = record.isClosed
    started = record.started
    finished = record.finished
    newer = header.newer
    goal = header.goal.map { visible($0, limit: 60) }
    notes = header.notes ?? ReleaseNotes()
    let target = release.version
    hosts = record.rollout.members.map {
      HostInfo($0, facts: record.facts[$0.name] ?? RolloutRecord.HostFacts(), target: target)
    }
    exitCode = Self.exit(outcome, hosts).rawValue
  }

  /// What a run that came to this ends with.
  static func exit(_ ending: Ending, _ hosts: [HostInfo]) -> RunExit {
    let isAmiss = hosts.contains { $0.isUnsettled || $0.now?.healthy == false || $0.isKeptBack }
    let isLost = hosts.contains(where: \.isLost)
    return RunExit.worst([
      RunExit.of(ending, hosts.map(\.outcome)), isAmiss ? .failed : .good, isLost ? .unreachable : .good,
    ])
  }

}

extension Report {
  /// Nobody was asked, and nobody has said no: fleet itself goes no further.
  package mutating func halt(_ refusal: String) {
    (outcome, why) = (.halted, refusal)
    exitCode = Self.exit(outcome, hosts).rawValue
  }

  /// How a host was seen to be after all that the log tells: an app that was well then may not be now. One that
  /// failed is told as that.
  ///
  /// - Parameter health: nil: it was not reached.
  package mutating func see(_ health: AppHealth?, on name: String) {
    guard let index = hosts.firstIndex(where: { $0.host == name && $0.now != nil && $0.outcome != .failed })
    else { return }
    if let health {
      if let isWell = health.isWell { hosts[index].now?.healthy = isWell }
    } else if hosts[index].outcome == .upgraded {
      hosts[index].now = nil
    }
    exitCode = Self.exit(outcome, hosts).rawValue
  }

  /// The hosts that have the release now, where all of it went well; else none.
  package var allUpgraded: Set<String> {
    exitCode == RunExit.good.rawValue ? Set(hosts.filter { $0.outcome == .upgraded }.map(\.host)) : []
  }

  /// Of downtimes; nil where none is known.
  static func sum(_ milliseconds: [Int?]) -> Int? {
    let known = milliseconds.compactMap { $0 }
    guard !known.isEmpty else { return nil }
    return known.reduce(0) { Int(clamping: Figure.duration.sum(Int64($0), Int64($1))) }
  }
}

extension Report.EarlierTry {
  init(_ past: Rollout.Try) {
    outcome = past.outcome
    reason = past.cause
    downtimeMs = Report.sum([past.result, past.rollbackResult].map { $0?.downtimeMilliseconds })
  }
}

extension Report.HostInfo {
  init(_ member: Rollout.Member, facts: RolloutRecord.HostFacts, target: String) {
    let result = member.result
    host = member.name
    // A host whose way was never ended (the coordinator died) is not guessed about.
    outcome = member.outcome ?? (member.place.isInCutover ? .unknown : .untouched)
    from = member.from
    self.target = target
    let last = member.rollbackResult ?? result
    let isDoubted = member.cause?.code == .notBelieved
    let said = last?.now ?? (outcome == .failed ? nil : member.from)
    // What it was when it was staged is no news of it.
    let isKnown = outcome != .unknown && !isDoubted
    let version = isKnown ? said : nil
    // Where no job looked at it, it is as it was when the host was asked.
    let found = result == nil && outcome.isRest ? facts.healthy : nil
    let saidHealthy =
      member.rollbackResult?.healthy ?? (member.unwell == nil ? result?.healthy ?? found : false)
    let healthy = isDoubted ? nil : saidHealthy
    now = facts.seen.map { Report.Sighting(version: version, healthy: healthy, seen: $0) }
    earlier = member.tries.map { Report.EarlierTry($0) }
    let believed = isDoubted ? [] : [result, member.rollbackResult]
    downtimeMs = Report.sum(
      believed.map { $0?.downtimeMilliseconds } + earlier.map(\.downtimeMs))
    rehearsalMs = result?.rehearsalMilliseconds
    bytesSent = facts.bytesSent
    backup = result?.backup
    let left = member.rollbackResult ?? (outcome == .restored ? result : nil)
    leftIn = left.flatMap { $0.outcome?.isCommitted == true ? $0.backup : nil }.map { name in
      visible(facts.profile.map { "\($0.backups)/\(name)" } ?? name, limit: 300)
    }
    reason = member.cause
    let unsettledBy = last?.outcome?.isCommitted == true ? last?.undoReason : nil
    undoReason = unsettledBy ?? member.rollbackTrouble ?? result?.undoReason
    unsettled = unsettledBy == nil ? nil : true
    rowsDiscarded = result?.rowsDiscarded
    leftBehind = (result?.leftBehind ?? []).prefix(WireLimits.listEntries).map { visible($0) }
    warnings = (result?.warnings ?? []).prefix(WireLimits.listEntries).map { visible($0) }
    // What was proved of a version that is there no more says nothing.
    let isThere = outcome == .upgraded && !isDoubted
    parity = isThere ? result?.parity ?? [] : []
    downSince = outcome == .failed ? facts.downSince : nil
    log = result?.logPath.map { visible($0) }
    let keepsReplaced =
      outcome == .rolledBack && result?.outcome == .rolledBack && facts.profile?.outside.isEmpty == false
    replacedIn =
      keepsReplaced ? log.flatMap { $0.cut(atLast: "/") }.map { "\($0.before)/saved/replaced" } : nil
    steps = (result?.steps ?? []).map { Report.StepInfo(step: $0.step, ms: $0.milliseconds, ok: $0.ok) }
  }

  /// Its app was stopped for the release, and that did not end well.
  package var hasFailed: Bool { outcome == .failed || outcome == .rolledBack }

  /// It was proved on the new version, turned unwell while it was watched, and still has that version: its app
  /// was not stopped, so there is nothing to recover.
  var hasTurnedUnwell: Bool {
    outcome == .failed && reason?.code == .turnedUnwell
      && (now?.version).map { Version.isSame($0, target) } ?? false
  }

  /// What runs there would not stop on the way back, and no tree was taken from under it.
  var doesNotStop: Bool { outcome == .failed && undoReason?.code == .holders }

  var isUnsettled: Bool { unsettled == true }

  /// It has the release, and was not reached when it was to be seen how it is.
  var isLost: Bool { outcome == .upgraded && now == nil }

  /// It would go, but for what became of another: its canary, or the release elsewhere.
  var isKeptBack: Bool {
    outcome == .untouched && reason?.keepsBack == true
  }

  /// Nothing was done to it, and its app is not well.
  var isFoundUnwell: Bool {
    outcome == .refused && reason?.code == .unhealthy
      || outcome.isRest && now?.healthy == false
  }

  /// Whatever was done, it is seen not to be well, and is not the one that failed.
  var isLeftUnwell: Bool { outcome != .failed && now?.healthy == false && !isFoundUnwell }

  /// Of a rollback: nothing of it is under way. What may be staged there is of no use to anybody, since a rollback is
  /// staged anew.
  package var wasNotBegun: Bool {
    switch outcome {
    case .refused, .deferred, .untouched, .unreachable, .interrupted: true
    case .upgraded, .restored, .rolledBack, .failed, .current, .unknown: false
    }
  }

  /// What a person types at the Pi to have an open job ended. Root's agent keeps its logs where root alone writes.
  var recoverCommand: String {
    let isRoots = log.map { $0.utf8.starts(with: "/var/lib/fleet-agent/".utf8) } ?? true
    return isRoots ? "sudo fleet-agent recover" : "fleet-agent recover"
  }

  /// All that was done on the host, whatever it waited for in between.
  var workMilliseconds: Int { steps.reduce(0) { $0 + $1.ms } }
}

extension Cause {
  /// Of a host that nothing was done to: it is because of others.
  package var keepsBack: Bool { [.canary, .failedElsewhere].contains(code) }
}

extension Outcome {
  /// Its app runs, or does not, as it did before.
  fileprivate var isRest: Bool {
    switch self {
    case .current, .refused, .deferred, .untouched: true
    case .upgraded, .restored, .rolledBack, .failed, .unreachable, .unknown, .interrupted: false
    }
  }
}
