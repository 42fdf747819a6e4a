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
      """)

  @Option(name: .long, help: ArgumentHelp("How many at most.", valueName: "count"))
  var last = 20
  @OptionGroup var common: CommonOptions

  struct Row: Encodable {
    var rollout: String
    var outcome: Report.Ending
    var exitCode: Int32
    var hosts: Int
    var upgraded: Int
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
        rollout: report.rollout, outcome: report.outcome, exitCode: report.exitCode,
        hosts: report.hosts.count, upgraded: report.hosts.count { $0.outcome == .upgraded },
        open: record.isOpen)
    }
    try session.show(rows) {
      session.table(
        ["ROLLOUT", "OUTCOME", "UPGRADED", ""],
        rows.map {
          [
            $0.rollout, $0.outcome.rawValue, "\($0.upgraded) of \($0.hosts)",
            $0.open ? "open: fleet resume" : "",
          ]
        })
    }
    return .good
  }
}
