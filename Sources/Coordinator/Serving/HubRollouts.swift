import ByteText
import Driver
import Inventory
import Report
import SystemPackage
import Text

/// The rollouts of the fleet and their reports, as `fleet history` and `fleet report --html` have them.
struct HubRollouts: Sendable {
  private static let most = 20

  let context: CommandContext
  let common: CommonOptions

  /// The newest first.
  func list() -> [(id: String, words: String)] {
    guard let session = try? session, let records = try? session.records(limit: Self.most) else { return [] }
    return records.map { record in
      let report = Report(record)
      let at = UTC.milliseconds(report.started).map { Wording.localTime($0, zone: session.fleet.timezone) }
      return (
        record.header.rollout, [at, ReportText(report).title].compactMap { $0 }.joined(separator: ": ")
      )
    }
  }

  /// nil where it is none of this fleet's.
  func page(of id: String) -> String? {
    guard let session = try? session, let record = try? session.store.record(id),
      record.header.inventory == session.fleet.folder.string,
      session.fleet.namedApp.map({ record.header.app.isSpelled($0) }) ?? true
    else { return nil }
    let since = NextSteps.Since(
      isAtWork: session.store.isAtWork(record), present: Set(session.fleet.hosts.map(\.name)))
    return try? session.page(Report(record), typed: session.typedAnywhere, since: since)
  }

  private var session: Session {
    get throws { try Session(context.quiet, common) }
  }
}
