import Driver
import Text
import Rollout
package import Inventory
import ByteText
import Wire

/// A report for people. Its first line answers "must I get up?", and is the notification's title.
package struct ReportText {
  private let report: Report
  private let zone: String?
  private let width: Int?
  private let hasColor: Bool
  private let typed: TypedFleet
  private let saysWhen: Bool
  /// What has been done since, and is not to be typed again.
  package var since = NextSteps.Since()

  /// - Parameters:
  ///   - timezone: IANA name; nil: this machine's.
  ///   - width: of the terminal, in characters.
  ///   - hasColor: whether outcomes are coloured.
  ///   - typed: how the next commands are typed.
  ///   - saysWhen: whether it is read at another time.
  package init(
    _ report: Report, timezone: String? = nil, width: Int? = nil, hasColor: Bool = false,
    typed: TypedFleet = TypedFleet(), saysWhen: Bool = false
  ) {
    self.saysWhen = saysWhen
    self.report = report
    zone = timezone
    self.width = width
    self.hasColor = hasColor
    self.typed = typed
  }

  package var lines: [String] {
    [title] + whenLines + [releaseLine] + whyLines + table.lines + stoneLines + nextLines + newerLines
  }

  // MARK: The first line

  package var title: String {
    let needsHands = names { $0.outcome == .failed && !since.hasRestored($0) }
    let hands = needsHands.isEmpty ? nil : self.needsHands()
    guard !since.isAtWork else {
      return ["At work now: not finished yet.", hands].compactMap { $0 }.joined(separator: " ")
    }
    if let hands { return hands }
    var parts = [opening]
    let unknown = names(.unknown)
    let gone = names { since.isGone($0) }
    let away = names { $0.outcome == .unreachable && !since.isGone($0) || $0.isLost }
    if !unwell.isEmpty { parts.append("Unwell before anything was done: \(Wording.list(unwell)).") }
    let left = names(where: \.isLeftUnwell)
    if !left.isEmpty { parts.append("Unwell now: \(Wording.list(left)).") }
    if !marked.isEmpty { parts.append("Still marked, and left alone: \(Wording.list(marked)).") }
    if !isAboutUnsettled, report.hosts.contains(where: \.isUnsettled) {
      parts.append("But \(unsettledWords).")
    }
    if !half.isEmpty { parts.append("Not all was put back: \(Wording.list(half)).") }
    if !unknown.isEmpty { parts.append("Unknown: \(Wording.list(unknown)).") }
    if !away.isEmpty {
      parts.append(
        "Not reached: \(Wording.list(away)); look whether \(away.count == 1 ? "it is" : "they are") on.")
    }
    if !gone.isEmpty { parts.append("No more in fleet.yaml: \(Wording.list(gone)).") }
    if claimsThatAllRun {
      let isCalm = gone.isEmpty && unknown.isEmpty && away.isEmpty
      parts.append("Every reached room runs\(isCalm ? "; nothing needs you tonight" : "").")
    }
    return parts.joined(separator: " ")
  }

  /// Said only where something did not go as asked, and where it is so: each of them was looked at, which one that was
  /// marked before is not.
  private var claimsThatAllRun: Bool {
    let isDoubted = report.hosts.contains { $0.reason?.code == .notBelieved }
    let isAllSettled = !report.hosts.contains(where: \.isUnsettled)
    guard unwell.isEmpty, marked.isEmpty, half.isEmpty, isAllSettled, !isDoubted else { return false }
    let reached = report.hosts.filter { $0.now != nil && $0.outcome != .unknown }
    guard !reached.isEmpty, reached.allSatisfy({ $0.now?.healthy == true }) else { return false }
    return report.outcome != .done || !troubled.isEmpty || !names(.unreachable).isEmpty
  }

  private var unwell: [String] { names(where: \.isFoundUnwell) }

  /// The old version runs, and something of it (a path outside of the install, a unit file) is the new one's still.
  private var half: [String] {
    names { $0.outcome == .rolledBack && $0.undoReason != nil && !$0.isUnsettled }
  }

  /// The whole of a good upgrade is about them; else they are one thing among others.
  private var isAboutUnsettled: Bool {
    report.outcome == .done && report.restores == nil && report.hosts.contains(where: \.isUnsettled)
  }

  private var unsettledWords: String {
    let way = report.hosts.first(where: \.isUnsettled)?.recoverCommand ?? ""
    return "not settled: \(Wording.list(names(where: \.isUnsettled))). On the Pi: \(way)"
  }

  private var marked: [String] {
    names { $0.outcome == .refused && $0.reason?.code == .marked }
  }

  private func needsHands() -> String {
    let turned = names { $0.hasTurnedUnwell && !since.hasRestored($0) }
    let hosts = report.hosts.filter {
      $0.outcome == .failed && !$0.hasTurnedUnwell && !since.hasRestored($0)
    }
    var parts: [String] = []
    let down = hosts.filter { !$0.doesNotStop }
    if !down.isEmpty { parts.append(self.down(down)) }
    let stuck = hosts.filter(\.doesNotStop)
    if let first = stuck.first {
      let runs = stuck.count == 1 ? "runs as it was" : "run as they were"
      parts.append(
        "\(Wording.list(Self.shown(stuck))) could not be stopped on the way back, and \(runs) left. "
          + "On the Pi: \(first.recoverCommand)")
    }
    if !turned.isEmpty {
      let back = typed.command("rollback", [turned.count == 1 ? turned[0] : "HOST"])
      parts.append("\(Wording.list(turned)) turned unwell on \(report.release.tag). To go back: \(back)")
    }
    return "NEEDS HANDS: " + parts.joined(separator: ". ")
  }

  private static func shown(_ hosts: [Report.HostInfo]) -> [String] {
    hosts.map { visible($0.host, limit: 60) }
  }

  private func down(_ hosts: [Report.HostInfo]) -> String {
    let since = hosts.count == 1 ? hosts.first?.downSince.flatMap { UTC.milliseconds($0) } : nil
    let now = report.finished.flatMap { UTC.milliseconds($0) }
    let verb = hosts.count == 1 ? "is" : "are"
    let when = since.map { " since \(Wording.localTime($0, zone: zone, now: now))" } ?? ""
    return "\(Wording.list(Self.shown(hosts))) \(verb) down\(when). On the Pi: \(hosts[0].recoverCommand)"
  }

  private var opening: String {
    switch report.outcome {
    case .halted: return "Halted."
    case .interrupted:
      let isBack = report.restores != nil && !names(.restored).isEmpty
      return isBack ? "Interrupted. \(rollbackOpening)" : "Interrupted."
    case .declined: return "Nothing was done."
    case .open: return "Not finished."
    case .done: break
    }
    if report.restores != nil { return rollbackOpening }
    let upgraded = names(.upgraded)
    if isAboutUnsettled { return "Upgraded, but \(unsettledWords)" }
    if !troubled.isEmpty {
      let isSomewhere = report.hosts.contains { $0.outcome == .upgraded }
      return isSomewhere
        ? "Done, but not everywhere: \(Wording.list(troubled))." : "Nothing was upgraded: \(whyNot)."
    }
    if !names(.deferred).isEmpty {
      return "Done for now; for another time: \(Wording.list(names(.deferred)))."
    }
    let staged = names { $0.outcome == .untouched && $0.reason?.code == .staged }
    if upgraded.isEmpty, !staged.isEmpty {
      return "Staged: \(Wording.list(staged)) \(be(staged)) ready for \(report.release.tag)."
    }
    guard upgraded.isEmpty else {
      let isAll =
        names(.unreachable).isEmpty && names(.unknown).isEmpty
        && report.hosts.allSatisfy { $0.now?.healthy != false && !$0.isLost }
      let list = "\(Wording.list(upgraded)) \(be(upgraded)) on \(report.release.tag)."
      guard !isAll else { return "All good: \(list)" }
      let isEverywhere = report.hosts.allSatisfy { $0.outcome == .upgraded || $0.outcome == .current }
      return isEverywhere ? "Upgraded: \(list)" : "Not everywhere yet: \(list)"
    }
    let current = names(.current)
    if report.hosts.contains(where: { $0.now?.healthy == false }) { return "Nothing was upgraded." }
    if let kept {
      return "Nothing was upgraded: \(visible(kept.text, limit: 300))."
    }
    guard names(.unknown).isEmpty, names(.unreachable).isEmpty else {
      return current.isEmpty
        ? "Not everywhere yet." : "Not everywhere yet: \(Wording.list(current)) \(be(current)) current."
    }
    return current.isEmpty
      ? "Nothing to do." : "Nothing to do: \(Wording.list(current)) \(be(current)) current."
  }

  /// What kept some from going, where nothing else did.
  private var kept: Cause? { report.hosts.first(where: \.isKeptBack)?.reason }

  private var rollbackOpening: String {
    let back = names(.restored)
    let names = Wording.list(self.names { _ in true })
    guard self.names(.unknown).isEmpty else { return "How it ended is not known." }
    return back.isEmpty
      ? "Not restored: \(names)." : "Back: \(names) \(be(back)) on \(version(report.release.version))."
  }

  /// What became of them, where none has the release.
  private var whyNot: String {
    let parts: [(Outcome, String)] = [
      (.rolledBack, "went back"), (.interrupted, "was cut short"), (.refused, "was refused"),
    ]
    return parts.compactMap { outcome, words in
      let hosts = names(outcome)
      guard !hosts.isEmpty else { return nil }
      return "\(Wording.list(hosts)) \(hosts.count == 1 ? words : words.replacing("was ", with: "were "))"
    }.joined(separator: "; ")
  }

  private func be(_ names: [String]) -> String { names.count == 1 ? "is" : "are" }

  /// What went wrong and yet left every app running.
  private var troubled: [String] {
    names { [.rolledBack, .refused, .interrupted].contains($0.outcome) }
  }

  private func names(_ outcome: Outcome) -> [String] { names { $0.outcome == outcome } }

  private func names(where fits: (Report.HostInfo) -> Bool) -> [String] {
    report.hosts.filter(fits).map { visible($0.host, limit: 60) }
  }

  // MARK: The release and the table

  var releaseLine: String {
    let release = report.release
    if let backup = report.restores { return "\(report.app) \(release.version)   from the backup \(backup)" }
    // Where no host let a release be named.
    guard release.tag != report.track else {
      return report.track == "none" ? report.app : "\(report.app), track \(visible(report.track, limit: 60))"
    }
    var parts = ["\(report.app) \(release.tag) (track \(report.track))"]
    if let commit = release.commit { parts.append("commit \(commit.prefix(7))") }
    if !release.verified.isEmpty {
      parts.append("verified: \(release.verified.joined(separator: ", "))")
    }
    return visible(parts.joined(separator: "   "))
  }

  /// When it was: what is installed now, `fleet status` says.
  private var whenLines: [String] {
    guard saysWhen else { return [] }
    guard !since.isAtWork else { return [] }
    guard let finished = report.finished.flatMap({ UTC.milliseconds($0) }) else {
      return ["It has no end yet."]
    }
    return ["This was at \(Wording.localTime(finished, zone: zone, now: nil))."]
  }

  /// Why it halted, where the table does not show it; and that it is over.
  private var whyLines: [String] {
    let closed =
      report.closed
      ? ["Given up since: nobody goes on with it."]
      : since.isAborted ? ["Given up in another terminal: nobody goes on with it."] : []
    let lines = closed + restoredLines
    let shown: [Outcome] = [.failed, .rolledBack, .refused]
    guard let why = report.why, !report.hosts.contains(where: { shown.contains($0.outcome) }) else {
      return lines
    }
    return [visible("Why: \(why).")] + lines
  }

  /// What is in the table is no longer so.
  var restoredLines: [String] {
    report.hosts.compactMap { host in
      since.restored[host.host].map {
        "Since then \(visible(host.host, limit: 60)) went back to \(version($0)), by hand."
      }
    }
  }

  private var table: Table {
    Table(
      header: ["HOST", "FROM", "NOW", "OUTCOME", "DOWNTIME", "TIME", "SENT", "NOTE"],
      rows: report.hosts.map { host in
        let worked = host.workMilliseconds
        let wasTried = host.downtimeMs != nil || host.outcome == .upgraded
        return [
          visible(host.host, limit: 60), version(host.from),
          host.outcome == .unknown ? "unknown" : version(host.now?.version),
          Wording.outcome(host.outcome), host.downtimeMs.map { Wording.seconds($0) } ?? "",
          wasTried || host.outcome == .refused && worked > 0 ? Wording.clock(worked) : "",
          host.bytesSent > 0 ? sizeText(host.bytesSent) : "", note(host),
        ]
      }, width: width, hasColor: hasColor, optional: ["SENT", "TIME"])
  }

  private func version(_ text: String?) -> String { text.map { visible($0, limit: 40) } ?? "" }

  /// What there is to say of a host, in one line.
  func note(_ host: Report.HostInfo) -> String {
    var parts: [String] = []
    // What was staged was thrown away when it was given up; of a rollback nothing is kept.
    if let reason = host.reason, !report.closed && report.restores == nil || reason.code != .staged {
      parts.append(isToldBefore(reason, of: host) ? Wording.waitsForCanary : Wording.sentence(reason))
    }
    if let undo = host.undoReason {
      parts.append((host.isUnsettled ? "not settled: " : "and on the way back: ") + Wording.sentence(undo))
    }
    if host.now?.healthy == true, !since.hasRestored(host), let back = Wording.parity(host.parity) {
      parts.append(back)
    }
    if !host.leftBehind.isEmpty {
      let shown = host.leftBehind.prefix(3).joined(separator: ", ")
      let more = host.leftBehind.count > 3 ? " and \(host.leftBehind.count - 3) more" : ""
      parts.append("would be left behind: \(shown)\(more)")
    }
    if let backup = host.leftIn {
      parts.append(Wording.leftIn(backup, from: host.outcome == .restored ? host.from : host.target))
    }
    if let lost = lost(host) { parts.append(lost) }
    if let earlier = earlier(host) { parts.append(earlier) }
    parts += host.warnings
    if parts.isEmpty, host.outcome == .interrupted {
      parts.append("cut short on the host" + (host.now?.healthy == true ? ", and put right there" : ""))
    }
    if parts.isEmpty, host.outcome == .upgraded, host.now?.healthy == false { parts.append("unwell") }
    return visible(typed.words(parts.joined(separator: "; ")), limit: 400)
  }

  /// Why the canary does not go is told once: in the first line, or of the first that waits for it.
  private func isToldBefore(_ reason: Cause, of host: Report.HostInfo) -> Bool {
    guard reason.code == .canary else { return false }
    let isFirst = report.hosts.first { $0.reason == reason }?.host == host.host
    return !isFirst || opening.holds(visible(reason.text, limit: 300))
  }

  /// What the new version had written when it was undone: the running app does not have it.
  private func lost(_ host: Report.HostInfo) -> String? {
    guard let rows = host.rowsDiscarded, rows > 0 else { return nil }
    let count =
      rows == 1 ? "1 row that \(host.target) wrote is" : "\(rows) rows that \(host.target) wrote are"
    let kept = host.replacedIn.map { ", but for what lay outside of it and is in \($0)" } ?? ""
    return "\(count) gone with it\(kept)"
  }

  /// What it came to in this rollout before.
  private func earlier(_ host: Report.HostInfo) -> String? {
    guard let last = host.earlier.last else { return nil }
    let times = host.earlier.count == 1 ? "before" : "before, \(host.earlier.count) times"
    let why = last.reason.map { ", \(Wording.sentence($0))" } ?? ""
    return "\(times): \(Wording.outcome(last.outcome))\(why)"
  }

  private var stoneLines: [String] {
    guard let goal = report.goal, report.hosts.contains(where: { $0.outcome == .upgraded }) else { return [] }
    return [visible("\(report.release.tag) is a stepping stone on the way to \(goal).")]
  }

  // MARK: What to do next

  private var nextLines: [String] { NextSteps.table(NextSteps(report, typed: typed, since: since).lines) }

  private var newerLines: [String] {
    report.newer.map {
      visible("v\($0.version) is out on track \($0.track); a major is never crossed by itself.")
    }
  }
}
