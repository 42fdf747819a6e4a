import Text
import Inventory
import Driver
import Report
import ArgumentParser
import Release
import Wire

struct HistoryCommand: EachAppVerb {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "List past rollouts, the newest first.",
    discussion: """
      Rollouts, and rollbacks by hand: when, which release, how it ended, and how many hosts were upgraded. DOWNTIME \
      is the longest of all hosts, of all their tries. What would end one that is open stands beside it, or that \
      another terminal drives it now.

      Examples:
        fleet history
        fleet history --last 100 -o json
      """)

  @Option(name: .long, help: ArgumentHelp("How many at most.", valueName: "count"))
  var last = 20
  @OptionGroup var common: CommonOptions

  struct Row: Encodable {
    var rollout: String
    var release: String
    var started: String
    var finished: String?
    var outcome: Report.Ending
    var exitCode: Int32
    var hosts: Int
    var upgraded: Int
    /// Of all its hosts the longest.
    var longestDowntimeMs: Int?
    /// `fleet resume` goes on with it.
    var open: Bool
    /// A fleet on this machine is at work on it now.
    var atWork: Bool
    /// The backup that was put back by hand; nil: an upgrade.
    var restores: String?
  }

  func validate() throws {
    guard last > 0 else { throw ValidationError("--last takes a number above 0.") }
  }

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let records = try session.records(limit: last)
    let reports = records.map { Report($0) }
    let rows = zip(records, reports).map { row($1, of: $0, session) }
    try session.show(rows) {
      guard !rows.isEmpty else { return session.print("There was no rollout yet.") }
      session.table(
        ["STARTED", "RELEASE", "OUTCOME", "UPGRADED", "DOWNTIME", "TOOK", "ROLLOUT", "NOTE"],
        zip(rows, reports).map { text($0, $1, session) },
        optional: ["TOOK", "DOWNTIME"])
    }
    return .good
  }

  /// Whether `fleet resume` would go on with it.
  private func isOpen(_ record: RolloutRecord, _ session: Session) -> Bool {
    guard record.isOpen, !record.isRollback else { return record.isOpen }
    let isSkipped = TagName(record.header.tag).map { session.skipped.contains($0.version) } ?? false
    return !isSkipped && NextSteps(Report(record), since: since(session)).canResume
  }

  private func since(_ session: Session) -> NextSteps.Since {
    NextSteps.Since(present: Set(session.fleet.hosts.map(\.name)))
  }

  private func row(_ report: Report, of record: RolloutRecord, _ session: Session) -> Row {
    Row(
      rollout: report.rollout, release: report.release.tag, started: report.started,
      finished: report.finished, outcome: report.outcome, exitCode: report.exitCode,
      hosts: report.hosts.count, upgraded: report.hosts.count { $0.outcome == .upgraded },
      longestDowntimeMs: report.hosts.compactMap(\.downtimeMs).max(), open: isOpen(record, session),
      atWork: session.store.isAtWork(record), restores: report.restores)
  }

  private func text(_ row: Row, _ report: Report, _ session: Session) -> [String] {
    let started = UTC.milliseconds(row.started)
    let finished = row.finished.flatMap { UTC.milliseconds($0) }
    let took = started.flatMap { start in finished.map { Wording.clock(Int($0 - start)) } }
    return [
      started.map { String(Wording.localTime($0, zone: session.fleet.timezone).prefix(16)) } ?? row.started,
      visible(row.release, limit: 60), outcome(row, report),
      row.restores == nil ? "\(row.upgraded) of \(row.hosts)" : "",
      row.longestDowntimeMs.map { Wording.seconds($0) } ?? "", took ?? "", row.rollout,
      note(row, report, session),
    ]
  }

  private func note(_ row: Row, _ report: Report, _ session: Session) -> String {
    let typed = session.typed
    let names = Wording.list(report.hosts.map { visible($0.host, limit: 60) })
    let what = report.restores == nil ? nil : "\(names), by hand"
    let way: String? =
      if row.atWork {
        "at work now"
      } else if !row.open {
        // Only abort ends what waits for those that are no more.
        !report.closed && report.hosts.contains(where: since(session).isGone)
          ? "open: \(typed.command("abort"))" : nil
      } else if NextSteps(report).hasOnlyFailed {
        "open: \(typed.command("abort")), or resume"
      } else {
        "open: \(typed.command("resume"))"
      }
    return [what, way].compactMap { $0 }.joined(separator: "; ")
  }

  /// As the report's first line: it went through, and yet a host is not where it should be.
  private func outcome(_ row: Row, _ report: Report) -> String {
    if row.restores != nil, row.outcome == .done || row.outcome == .interrupted {
      if report.hosts.contains(where: { $0.outcome == .unknown }) { return "unknown" }
      return report.hosts.allSatisfy { $0.outcome == .restored } ? "restored" : "not restored"
    }
    switch row.exitCode {
    case _ where row.outcome != .done: return row.outcome.rawValue
    case RunExit.good.rawValue: return row.outcome.rawValue
    case RunExit.deferred.rawValue: return "done for now"
    default: return "not everywhere"
    }
  }
}
