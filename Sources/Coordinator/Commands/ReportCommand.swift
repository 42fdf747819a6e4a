import ByteText
import Inventory
import Rollout
import Store
import Driver
import Report
import ArgumentParser
import SystemPackage
import Wire

struct ReportCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show the report of a rollout again.",
    discussion: """
      Of the last upgrade, or of the one that is named; exits with the rollout's own code. The first line answers \
      "must I get up?", the second says when that was, others what is no longer so. --html writes it as one page \
      that needs nothing else; the page of each rollout is also kept beside its log, as report.html.

      Examples:
        fleet report
        fleet report 20261122-101500-v4.2.0 -o json
        fleet report --html last-night.html
        fleet report --html - | mail -s fleet me@example.org
      """)

  @Argument(help: ArgumentHelp("A rollout's id, or last.", valueName: "rollout"))
  var rollout = "last"
  @Option(
    name: .long, help: ArgumentHelp("Write it as an HTML page; - is standard output.", valueName: "path"))
  var html: String?
  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    guard let record = try record(session) else {
      throw UsageError(
        rollout == "last"
          ? "there was no rollout yet"
          : "there is no rollout \"\(rollout)\"; \(session.typed.command("history")) lists them")
    }
    let report = Report(record)
    let typed = session.typed(for: record.header, isReadHere: html == nil)
    let later = try changes(since: record, session.store)
    let since = NextSteps.Since(
      isAtWork: session.store.isAtWork(record), restored: later.restored, goneOn: later.upgraded,
      present: record.header.inventory == session.fleet.folder.string
        ? Set(session.fleet.hosts.map(\.name)) : nil)
    guard let html else {
      return try session.end(with: report, typed: typed, saysWhen: true, since: since)
    }
    let page = try session.page(report, typed: typed, since: since)
    if html == "-" {
      context.terminal.write(page)
    } else {
      try StateFiles.write(Array(page.utf8), to: FilePath(html))
      session.aside("written to \(html)")
    }
    return RunExit(rawValue: report.exitCode) ?? .fault
  }

  /// The first change of each host since: where a rollback by hand has led, and who has been upgraded. A rollout that
  /// was gone on with may have come to a host after changes that began later than it.
  private func changes(
    since record: RolloutRecord, _ store: RolloutStore
  ) throws -> (restored: [String: String], upgraded: Set<String>) {
    var restored: [String: String] = [:]
    var upgraded: Set<String> = []
    var changed: Set<String> = []
    for id in try store.ids() where id > record.header.rollout {
      guard let next = try? store.record(id), next.header.inventory == record.header.inventory,
        next.header.app.isSpelled(record.header.app)
      else { continue }
      for member in next.rollout.members where member.outcome == .upgraded || member.outcome == .restored {
        let own = record.facts[member.name]
        if let came = own?.atReleaseSince ?? own?.seen, next.started < came { continue }
        guard changed.insert(member.name).inserted else { continue }
        if next.isRollback { restored[member.name] = next.header.tag } else { upgraded.insert(member.name) }
      }
    }
    return (restored, upgraded)
  }

  private func record(_ session: Session) throws -> RolloutRecord? {
    guard rollout != "last" else { return try session.lastUpgrade() }
    guard RolloutStore.isID(rollout), try session.store.ids().contains(rollout) else { return nil }
    return try session.store.record(rollout)
  }
}
