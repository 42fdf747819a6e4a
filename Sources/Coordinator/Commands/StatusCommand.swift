import Rollout
import Hosts
import Catalogue
import Inventory
import Driver
import Report
import ArgumentParser
import Release
import Wire

struct StatusCommand: EachAppVerb {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what is on the hosts now, and what they could go to.",
    discussion: """
      Shows what is installed, how the app is now (by its services and health checks), what is available on the \
      host's track and whether there is a newer major, the agent, the last upgrade that came to its end (whatever is \
      staged since) and why it did not go well, free space, backups, marks, claims, what is staged and what is in \
      its cutover.

      Exits with 2 where a host is marked, its app is not well, or two entries of the inventory clash on one \
      machine, with 4 where one cannot be reached. Where the source of releases cannot be read, that is said, and \
      the rest is shown.

      Examples:
        fleet status
        fleet status flower -o json
      """)

  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let chosen = try session.select(hosts.patterns)
    let connector = try session.connector()
    let catalogue = try context.catalogue(session.fleet)
    let asked = await session.each(chosen) { await Survey.meet($0, over: connector) }
    let look = await StatusLook.take(asked, catalogue, session)
    let rows = look.rows
    if let trouble = look.sourceTrouble { session.aside("which releases there are is not known: \(trouble)") }
    let text = StatusText(
      rows, timezone: session.fleet.timezone, newestAgent: context.version, typed: session.typed)
    try session.show(rows) {
      session.table(text.header, text.rows, optional: StatusText.optional)
      PlanText.newerLines(look.plan).forEach(session.print)
      if rows.allSatisfy({ $0.available == nil }) { look.tags.doubtfullyPassedOver.forEach(session.print) }
    }
    return RunExit.worst(look.answers.map { code($0.answer) } + [look.clashing.isEmpty ? .good : .failed])
  }

  /// An install that is not there is not well, either.
  private func code(_ answer: SurveyAnswer) -> RunExit {
    switch answer {
    case .probe(let probe, let health):
      probe.status.mark == nil && health.isWell != false && probe.findings.contains { $0.version != nil }
        ? .good : .failed
    case .error(let error): error.isAway ? .unreachable : .failed
    case .notAsked: .good
    }
  }
}
