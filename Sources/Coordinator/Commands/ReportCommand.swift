internal import ArgumentParser
internal import SystemPackage

struct ReportCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show the report of a rollout again.",
    discussion: """
      Exits with the rollout's own code.

      Examples:
        fleet report
        fleet report 20261122-101500-v4.2.0 -o json
      """)

  @Argument(help: ArgumentHelp("A rollout's id, or last.", valueName: "rollout"))
  var rollout = "last"
  @OptionGroup var common: CommonOptions

  func run(on bench: Workbench) async throws -> RunExit {
    let session = try Session(bench, common)
    guard let record = try record(session.store, session.fleet.folder) else {
      throw UsageError(
        rollout == "last"
          ? "there was no rollout yet" : "there is no rollout \"\(rollout)\"; fleet history lists them")
    }
    return try session.end(with: Report(record))
  }

  private func record(_ store: RolloutStore, _ inventory: FilePath) throws -> RolloutRecord? {
    guard rollout != "last" else { return try store.records(inventory: inventory, limit: 1).first }
    guard RolloutStore.isID(rollout), try store.ids().contains(rollout) else { return nil }
    return try store.record(rollout)
  }
}
