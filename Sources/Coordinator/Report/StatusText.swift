import Hosts
import Text
import Rollout
package import Inventory
package import Driver
import Release
package import Wire

/// What is known of a host, for programs.
package struct StatusRow: Encodable {
  package struct Upgrade: Encodable, Equatable {
    /// UTC; from the job's name.
    package var time: String?
    package var outcome: Outcome
    package var from: String?
    package var target: String
    /// Where it did not end well: the first cause, and in which step.
    package var reason: String?

    /// A rollback by hand, or a downgrade that was asked for.
    package var wentBack: Bool {
      guard outcome == .upgraded, let from = from.flatMap({ Version($0) }), let to = Version(target) else {
        return false
      }
      return to < from
    }
  }

  package var host: String
  package var version: String?
  package var tag: String?
  /// The release that an upgrade would go to; nil where it is there already, or nobody knows.
  package var available: String?
  package var track: String?
  package var newerMajors: [RolloutHeader.NewerRelease] = []
  package var agent: String?
  /// How its app is; nil where nobody knows.
  package var healthy: Bool?
  /// What is not well.
  package var unwell: String?
  package var state: String?
  package var marked: String?
  package var held: String?
  package var openJob: String?
  package var claimedBy: String?
  /// That nobody is behind it any more: the next run takes it.
  package var claimLeft: Bool?
  package var lastUpgrade: Upgrade?
  package var freeBytes: Int64?
  package var backups: Int?
  package var problem: String?

  /// - Parameter clash: with another entry of the inventory that leads to the same machine.
  package init(
    _ host: Host, _ answer: SurveyAnswer, agent: String?, in plan: Plan?, clash: Cause? = nil
  ) {
    self.host = host.name
    self.agent = agent.map { visible($0, limit: 40) }
    let leg = plan?.legs.first { $0.entries.contains { $0.host.name == host.name } }
    switch answer {
    case .notAsked: break
    case .error(let error): problem = error.text(at: host.name)
    case .probe(let probe, let health):
      take(probe.status)
      healthy = health.isWell
      if case .unwell(let cause) = health { unwell = visible(cause.text, limit: 300) }
      guard let (_, installed) = host.installed(in: probe) else {
        version = probe.findings.compactMap(\.version).first.map { visible($0, limit: 40) }
        problem = visible(host.problem(in: probe))
        return
      }
      version = "\(installed)"
      problem = clash?.text
      guard let leg else { return }
      track = "\(leg.track)"
      if leg.tag.version > installed { available = "\(leg.tag.version)" }
      newerMajors = leg.newer.map { .init(version: "\($0.version)", track: "\($0.track)") }
    }
  }

  private mutating func take(_ status: HostStatus) {
    tag = status.installedTag.map { visible($0, limit: 80) }
    state = visible(status.state, limit: 40)
    marked = status.mark.map { visible("\($0.tag): \($0.reason.text)", limit: 400) }
    held = status.heldTag.map { visible($0, limit: 80) }
    openJob = status.openJob.map { visible($0, limit: 200) }
    claimedBy = status.claim.map { visible("\($0.who), \($0.rollout)", limit: 300) }
    freeBytes = status.freeBytes
    backups = status.backups
    guard let last = status.lastEnded, let outcome = last.outcome else { return }
    lastUpgrade = Upgrade(
      time: UTC.time(ofJob: last.job).map { UTC.text($0) }, outcome: outcome,
      from: last.from.map { visible($0, limit: 40) }, target: visible(last.target, limit: 40),
      reason: last.reason.map { visible(Wording.sentence($0), limit: 400) })
  }
}

/// The same for people.
package struct StatusText {
  package let header = [
    "HOST", "VERSION", "HEALTH", "AVAILABLE", "TRACK", "AGENT", "LAST UPGRADE", "FREE", "BACKUPS", "NOTE",
  ]
  package let rows: [[String]]
  /// What a narrow terminal leaves out, the least needed first.
  package static let optional = ["AGENT", "BACKUPS", "FREE", "TRACK", "LAST UPGRADE"]

  /// - Parameters:
  ///   - newestAgent: of this fleet; another one is shown.
  ///   - typed: how what to do next is typed.
  package init(_ rows: [StatusRow], timezone: String?, newestAgent: String, typed: TypedFleet = TypedFleet())
  {
    self.rows = rows.map { row in
      [
        row.host, row.version ?? "", row.healthy.map { $0 ? "well" : "UNWELL" } ?? "",
        row.available ?? (row.track == nil ? "" : "-"), row.track ?? "", row.agent ?? "",
        Self.last(row.lastUpgrade, timezone), row.freeBytes.map { sizeText($0) } ?? "",
        row.backups.map { "\($0)" } ?? "", Self.note(row, newestAgent, typed),
      ]
    }
  }

  private static func last(_ upgrade: StatusRow.Upgrade?, _ zone: String?) -> String {
    guard let upgrade else { return "" }
    let day = upgrade.time.flatMap { UTC.milliseconds($0) }.map {
      String(Wording.localTime($0, zone: zone).prefix(10)) + " "
    }
    let words = upgrade.wentBack ? "back to \(upgrade.target)" : Wording.outcome(upgrade.outcome)
    return (day ?? "") + words
  }

  private static func open(_ job: String, _ row: StatusRow, _ typed: TypedFleet) -> String {
    switch row.state.flatMap({ JobState(rawValue: $0) }) {
    case .staged: return "staged: \(job)"
    case .begin: return "being staged: \(job)"
    default:
      let isFollowed = row.claimedBy != nil && row.claimLeft != true
      return "in its cutover (\(row.state ?? "unknown")): \(job)"
        + (isFollowed ? "" : ", \(typed.command("resume")) follows it")
    }
  }

  private static func note(_ row: StatusRow, _ newestAgent: String, _ typed: TypedFleet) -> String {
    var parts: [String] = []
    if let problem = row.problem { parts.append(typed.words(problem)) }
    if let unwell = row.unwell { parts.append(unwell) }
    if let marked = row.marked { parts.append("marked by \(marked)") }
    if row.marked == nil, row.openJob == nil, let last = row.lastUpgrade, let reason = last.reason {
      parts.append("\(last.target) \(Wording.outcome(last.outcome)): \(reason)")
    }
    if let held = row.held { parts.append("\(held) is held back") }
    if let job = row.openJob { parts.append(open(job, row, typed)) }
    if let who = row.claimedBy {
      parts.append(
        row.claimLeft == true ? "left claimed by \(who): the next run takes it" : "claimed by \(who)")
    }
    if let agent = row.agent.flatMap({ Version($0) }), let newest = Version(newestAgent), agent < newest {
      parts.append("the next upgrade brings agent \(newestAgent)")
    }
    return visible(parts.joined(separator: "; "), limit: 600)
  }
}

extension UTC {
  /// When a job or rollout was begun, as its name says: `20261122-101500-v4.2.0`. Milliseconds since 1970.
  static func time(ofJob id: String) -> Int64? {
    let text = Array(id.utf8.prefix(15))
    guard text.count == 15, text[8] == UInt8(ascii: "-") else { return nil }
    func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
    let date = "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))"
    return milliseconds("\(date)T\(part(9..<11)):\(part(11..<13)):\(part(13..<15)).000Z")
  }
}

extension HostStatus {
  /// How the last job that came to its end went, whatever is staged there since.
  var lastEnded: JobResult? {
    if let last, let outcome = last.outcome, outcome != .deferred || ended == nil { return last }
    return ended
  }

  /// How long the app was down in the last upgrade that stayed, in milliseconds.
  var lastUpgradeDowntime: Int? {
    if let upgradeDowntimeMilliseconds { return upgradeDowntimeMilliseconds }
    return last.flatMap { $0.outcome == .upgraded ? $0.downtimeMilliseconds : nil }
  }
}
