import Text
import Rollout
package import Inventory
import Wire

/// The commands that a report leads to, each with its reason.
package struct NextSteps {
  package struct Line: Equatable {
    var command: String
    var why: String

    package init(command: String, why: String) {
      self.command = command
      self.why = why
    }
  }

  /// What has been done since the rollout came to what its report says.
  package struct Since: Equatable {
    /// fleet.yaml passes over its release.
    var isSkipped = false
    /// The hosts on which the mark is gone.
    var cleared: Set<String> = []
    /// `fleet abort` ended it from another terminal, and closes it.
    var isAborted = false
    /// A fleet on this machine is at work on it now.
    var isAtWork = false
    /// The hosts that went back to a backup by hand, and the version in it.
    var restored: [String: String] = [:]
    /// The hosts that stand in fleet.yaml now; nil: as the log knows it.
    var present: Set<String>?
    /// The hosts that were upgraded once more, or are by the same command as soon as this is said.
    package var goneOn: Set<String> = []

    package init(
      isSkipped: Bool = false, cleared: Set<String> = [], isAborted: Bool = false, isAtWork: Bool = false,
      restored: [String: String] = [:], goneOn: Set<String> = [],
      present: Set<String>? = nil
    ) {
      self.isSkipped = isSkipped
      self.cleared = cleared
      self.isAborted = isAborted
      self.isAtWork = isAtWork
      self.restored = restored
      self.present = present
      self.goneOn = goneOn
    }
  }

  private let report: Report
  private let since: Since
  private let typed: TypedFleet
  /// Those that the steps are about.
  private let hosts: [Report.HostInfo]

  /// - Parameter host: nil: all of them.
  package init(
    _ report: Report, typed: TypedFleet = TypedFleet(), host: Report.HostInfo? = nil, since: Since = Since()
  ) {
    self.report = report
    self.since = since
    self.typed = typed
    hosts = host.map { [$0] } ?? report.hosts
  }

  package var lines: [Line] {
    // What it will come to, nobody knows yet.
    guard !since.isAtWork else { return [] }
    var lines: [Line] = []
    func add(_ verb: String, _ hosts: [String], _ why: String) {
      guard !hosts.isEmpty else { return }
      lines.append(Line(command: typed.command(verb, hosts), why: why))
    }
    let failed = hosts { $0.hasFailed && code($0) != .onFailure }
    let stopped = hosts { (isStageRefusal($0) || $0.isUnsettled) && !failed.contains($0.host) }
    add("logs", failed + stopped, "what failed there")
    for host in hosts where host.hasTurnedUnwell && !since.hasRestored(host) {
      let version = host.from.map { visible($0, limit: 40) } ?? "its backup"
      add("rollback", [visible(host.host, limit: 60)], "back to \(version), with the data of then")
    }
    // Those that went back by a job of their own are not marked: what keeps the release away is to stay.
    let again = report.restores == nil && !since.isSkipped ? ";  \(version) again only with --retry" : ""
    add("clear", hosts { isLeftMarked($0) && !since.cleared.contains($0.host) }, "once it is mended\(again)")
    add("clear", hosts { code($0) == .marked }, "once it is mended")
    add(
      "doctor", hosts { report.restores == nil && $0.outcome == .refused && isUnanswered($0) },
      "what an upgrade will need there")
    // Its agent remembers that.
    add(
      "upgrade --retry", hosts { $0.outcome == .refused && code($0, isOf: [.prepare, .rehearsal]) },
      "once that is mended")
    let isOfStage = { (host: Report.HostInfo) in host.reason?.step?.isStage ?? true }
    add(
      "upgrade --retry", hosts { code($0) == .refusedBefore && isOfStage($0) },
      "tries it again all the same")
    add(
      "upgrade --retry", hosts { code($0) == .refusedBefore && !isOfStage($0) },
      "asks, and takes it down for \(version) once more;  else \(skipWords)")
    add(
      "plan --adopt", hosts { code($0, isOf: [.leftBehind, .dataLeftBehind]) },
      "proposes lines of fleet.yaml for those files")
    add(
      "upgrade --leave", hosts { code($0) == .leftBehind },
      "leaves those files in the backup;  or carry or ignore them")
    add("upgrade --repair", hosts { code($0) == .unhealthy }, "although the app is unwell now")
    add(
      "doctor", hosts { $0.isLeftUnwell || $0.isFoundUnwell && code($0) != .unhealthy },
      "what is not well there")
    add(
      "status", hosts { code($0, isOf: [.sameInstall, .sameInstance, .samePart]) },
      "which hosts are one machine;  fleet.yaml says what they are")
    let bare = hosts { code($0, isOf: [.noAgent, .noPrivilege, .hostKeyUnknown]) }
    add("bootstrap", bare, bare.count == 1 ? "sets the host up" : "sets the hosts up")
    add(
      "status", hosts { code($0) == .notBelieved },
      "what it says now;  and look at the host itself: its agent is not to be believed")
    add("trust --replace", hosts { code($0) == .hostKey }, "if its key changed for a good reason")
    add("status", hosts { code($0) == .claimed }, "who is at work there")
    add("doctor", hosts { code($0) == .architecture }, "which architecture it is")
    for command in others { lines.append(Line(command: command, why: "then the same again")) }
    add(
      "upgrade", hosts { code($0) == .failedElsewhere },
      "asks before \(version) goes there;  \(skipWords)")
    if let goal = report.goal, !report.closed {
      let here = hosts {
        $0.outcome == .upgraded && !since.goneOn.contains($0.host) && !since.hasRestored($0)
      }
      add("upgrade", here, "on to \(visible(goal, limit: 60))")
    }
    return lines + ending
  }

  /// How the rollout itself goes on, or ends. A release that has failed, and was well nowhere, is not what a person is
  /// led to.
  private var ending: [Line] {
    guard !report.closed, !since.isAborted else { return [] }
    let waiting = waiting
    // Nothing was begun that could be gone on with.
    guard !report.rollout.isEmpty else {
      let away = hosts { $0.outcome == .unreachable }
      guard !away.isEmpty else { return [] }
      let why = "once \(away.count == 1 ? "it answers" : "they answer")"
      return [Line(command: typed.command("upgrade", away), why: why)]
    }
    guard report.restores == nil else {
      if canResume { return [Line(command: typed.command("resume"), why: "follow it to its end")] }
      return hosts { $0.wasNotBegun }.map { Line(command: typed.command("rollback", [$0]), why: "once more") }
    }
    let followed = hosts { $0.outcome == .unknown && code($0) != .notBelieved }
    if hasOnlyFailed, !followed.isEmpty {
      let why = "follow \(Wording.list(followed)); it asks before anything else"
      return [Line(command: typed.command("resume"), why: why)]
    }
    let isWhole = hosts.count == report.hosts.count
    if since.isSkipped, followed.isEmpty {
      return isWhole ? [Line(command: typed.command("abort"), why: "gives \(version) up")] : []
    }
    if hosts.contains(where: \.hasFailed), hasOnlyFailed || waiting.isEmpty {
      return isWhole ? [Line(command: typed.command("abort"), why: "gives \(version) up;  \(skipWords)")] : []
    }
    let gone = hosts { since.isGone($0) }
    if isWhole, waiting.isEmpty, !gone.isEmpty {
      return [Line(command: typed.command("abort"), why: "ends it without \(Wording.list(gone))")]
    }
    return waiting.isEmpty || hasOnlyFailed
      ? [] : [Line(command: typed.command("resume"), why: "go on with \(Wording.list(waiting))")]
  }

  /// What is to be typed that is no command of fleet's, once where several hosts want it.
  private var others: [String] {
    var commands: [String] = []
    for next in hosts.compactMap({ $0.reason?.next }) where !commands.contains(next) { commands.append(next) }
    return commands.map { visible($0, limit: 400) }
  }

  /// As it is to be written.
  private var skipWords: String { "in fleet.yaml: skip: [\"\(version)\"]" }

  private var version: String { visible(report.release.version, limit: 60) }

  /// The release has failed where it was tried, and no host has it.
  package var hasOnlyFailed: Bool {
    report.hosts.contains(where: \.hasFailed)
      && !report.hosts.contains { host in
        guard host.outcome != .upgraded else { return true }
        return host.outcome == .current && host.reason == nil
      }
  }

  /// Whether going on would do anything, as far as the rollout's own log tells.
  package var canResume: Bool {
    if report.outcome == .open { return true }
    // Of a rollback nothing is begun that was not begun before.
    return report.restores == nil ? !waiting.isEmpty : report.hosts.contains { $0.outcome == .unknown }
  }

  private var waiting: [String] { hosts { isWaiting($0) } }

  private func hosts(where fits: (Report.HostInfo) -> Bool) -> [String] {
    hosts.filter(fits).map { visible($0.host, limit: 60) }
  }

  private func code(_ host: Report.HostInfo) -> Cause.Code? { host.reason?.code }

  private func code(_ host: Report.HostInfo, isOf codes: [Cause.Code]) -> Bool {
    host.reason.map { codes.contains($0.code) } ?? false
  }

  private func isStageRefusal(_ host: Report.HostInfo) -> Bool {
    host.outcome == .refused && [.prepare, .rehearse, .complete].contains(host.reason?.step)
  }

  private func isLeftMarked(_ host: Report.HostInfo) -> Bool {
    let wentBack = code(host, isOf: [.onFailure, .turnedUnwell])
    return host.hasFailed && !(host.outcome == .rolledBack && wentBack) && !host.hasTurnedUnwell
  }

  /// What stands in the way is of the host, and no other line here is about it.
  private func isUnanswered(_ host: Report.HostInfo) -> Bool {
    let answered: [Cause.Code] = [
      .marked, .refusedBefore, .leftBehind, .unhealthy, .noAgent, .noPrivilege, .hostKey, .claimed,
      .hostKeyUnknown, .notBelieved,
    ]
    let isOfHost = host.reason?.step != nil || code(host, isOf: [.install, .incompatible, .protocolFault])
    return isOfHost && !isStageRefusal(host) && !code(host, isOf: answered)
  }

  private func isWaiting(_ host: Report.HostInfo) -> Bool {
    switch host.outcome {
    case .unreachable where since.isGone(host): false
    case .unreachable, .unknown, .deferred, .interrupted: true
    case .untouched: host.reason == nil || code(host) == .staged
    case .upgraded, .restored, .current, .rolledBack, .failed, .refused: false
    }
  }
}

extension NextSteps.Since {
  /// It went back by hand: what its report says is to be done there was done.
  func hasRestored(_ host: Report.HostInfo) -> Bool { restored[host.host] != nil }

  /// It was part of the rollout, and stands in fleet.yaml no more.
  package func isGone(_ host: Report.HostInfo) -> Bool {
    host.reason?.code == .gone && present?.contains(host.host) != true
  }
}

extension NextSteps {
  /// `next:` before the first, the reasons below each other.
  package static func table(_ lines: [Line]) -> [String] {
    let wide = (lines.map { Columns.count($0.command) }.max() ?? 0) + 4
    return lines.enumerated().map { index, line in
      let begins = index == 0 ? "next: " : "      "
      return visible(begins + line.command + Columns.spaces(wide - Columns.count(line.command)) + line.why)
    }
  }
}
