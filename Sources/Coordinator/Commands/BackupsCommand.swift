import Driver
import Text
import Inventory
import Report
import ArgumentParser
import Wire

struct BackupsCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "backups",
    abstract: "List the backups that fleet keeps on hosts.",
    discussion: """
      With their version, age and size. Each upgrade prunes them at its end (keep_backups and backups_size in the \
      profile). Where room is short before that, "sudo rm -r" on the host takes one away; fleet does not mind.

      Examples:
        fleet backups
        fleet backups veg -o json
      """)

  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  struct Row: Encodable {
    var host: String
    var backup: String?
    var version: String?
    var time: String?
    var bytes: Int64?
    var note: String?
    var problem: String?
  }

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let chosen = try session.select(hosts.patterns)
    let answers = await session.each(chosen) { host in await HostBackups.list(host, session) }
    var rows: [Row] = []
    var codes: [RunExit] = []
    for (host, answer) in answers {
      switch answer {
      case .success(let list):
        rows += list.map {
          Row(
            host: host.name, backup: visible($0.name), version: visible($0.version, limit: 40),
            time: UTC.text($0.timeMilliseconds), bytes: $0.bytes, note: $0.note)
        }
      case .failure(let trouble):
        rows.append(Row(host: host.name, problem: trouble.text))
        codes.append(trouble.code)
      }
    }
    let now = context.time.nowMilliseconds()
    let without = chosen.map(\.name).filter { name in !rows.contains { $0.host == name } }
    try session.show(rows) {
      if !rows.isEmpty {
        session.table(
          ["HOST", "BACKUP", "VERSION", "AGE", "SIZE", "NOTE"], rows.map { text($0, now: now) },
          optional: ["SIZE"])
      }
      if !without.isEmpty { session.print("No backups yet: \(visible(Wording.list(without), limit: 600)).") }
    }
    return RunExit.worst(codes)
  }

  private func text(_ row: Row, now: Int64) -> [String] {
    let age = row.time.flatMap { UTC.milliseconds($0) }.map { ageText(since: $0, now: now) }
    return [
      row.host, row.backup ?? "", row.version ?? "", age ?? "",
      row.bytes.map { sizeText($0) } ?? "", row.problem ?? row.note ?? "",
    ]
  }
}
