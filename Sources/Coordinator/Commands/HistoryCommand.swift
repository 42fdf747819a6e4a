internal import ArgumentParser
internal import Wire

struct HistoryCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "List past rollouts, the newest first.",
    discussion: """
      Examples:
        fleet history
        fleet history --last 100 -o json

      DOWNTIME is the longest of all hosts.
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
  }

  func validate() throws {
    guard last > 0 else { throw ValidationError("--last takes a number above 0.") }
  }

  func run(on bench: Workbench) async throws -> RunExit {
    let session = try Session(bench, common)
    let rows = try session.store.records(inventory: session.fleet.folder, limit: last).map { record in
      let report = Report(record)
      return Row(
        rollout: report.rollout, release: report.release.tag, started: report.started,
        finished: report.finished, outcome: report.outcome, exitCode: report.exitCode,
        hosts: report.hosts.count, upgraded: report.hosts.count { $0.outcome == .upgraded },
        longestDowntimeMs: report.hosts.compactMap(\.downtimeMs).max(),
        open: record.isOpen && NextSteps(report).canResume)
    }
    try session.show(rows) {
      guard !rows.isEmpty else { return session.print("There was no rollout yet.") }
      session.table(
        ["STARTED", "RELEASE", "OUTCOME", "UPGRADED", "DOWNTIME", "TOOK", "ROLLOUT", "NOTE"],
        rows.map { text($0, zone: session.fleet.timezone) })
    }
    return .good
  }

  private func text(_ row: Row, zone: String?) -> [String] {
    let started = UTC.milliseconds(row.started)
    let finished = row.finished.flatMap { UTC.milliseconds($0) }
    let took = started.flatMap { start in finished.map { Wording.clock(Int($0 - start)) } }
    return [
      started.map { String(Wording.localTime($0, zone: zone).prefix(16)) } ?? row.started,
      visible(row.release, limit: 60), outcome(row), "\(row.upgraded) of \(row.hosts)",
      row.longestDowntimeMs.map { Wording.seconds($0) } ?? "", took ?? "", row.rollout,
      row.open ? "open: fleet resume" : "",
    ]
  }

  /// As the report's first line: it went through, and yet a host is not where it should be.
  private func outcome(_ row: Row) -> String {
    switch row.exitCode {
    case _ where row.outcome != .done: row.outcome.rawValue
    case RunExit.good.rawValue: row.outcome.rawValue
    case RunExit.deferred.rawValue: "done for now"
    default: "not everywhere"
    }
  }
}
