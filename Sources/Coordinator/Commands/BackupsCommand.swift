import Driver
import Hosts
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
            time: UTC.text($0.timeMilliseconds), bytes: $0.bytes, note: HostBackups.note($0))
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
    let age = row.time.flatMap { UTC.milliseconds($0) }.map { HostBackups.age(since: $0, now: now) }
    return [
      row.host, row.backup ?? "", row.version ?? "", age ?? "",
      row.bytes.map { sizeText($0) } ?? "", row.problem ?? row.note ?? "",
    ]
  }
}

enum HostBackups {
  struct Trouble: Error, CustomStringConvertible {
    var text: String
    var code: RunExit

    var description: String { text }

    init(_ error: any Error, at host: Host) {
      let reason = (error as? AgentRefusal)?.reason.text
      text = visible((error as? HostError)?.text(at: host.name) ?? reason ?? "\(error)")
      code = (error as? HostError)?.isAway == true ? .unreachable : .failed
    }
  }

  /// What a person should know before going back to it.
  static func note(_ backup: Backup) -> String? {
    let notes = [
      backup.isFromBeforeFleet == true ? "what was there before fleet; kept for good" : nil,
      backup.wasHealthy == false ? "was unwell" : nil,
    ].compactMap { $0 }
    return notes.isEmpty ? nil : notes.joined(separator: "; ")
  }

  /// In the largest whole unit: "3 d". A host's clock may be ahead.
  static func age(since then: Int64, now: Int64) -> String {
    let minutes = max(0, now - then) / 60_000
    return switch minutes {
    case ..<120: "\(minutes) min"
    case ..<2_880: "\(minutes / 60) h"
    default: "\(minutes / 1_440) d"
    }
  }

  /// The newest first. Asks the host which of its profiles applies before.
  static func list(_ host: Host, _ session: Session) async -> Result<[Backup], Trouble> {
    do {
      let profile = try await profile(of: host, session)
      guard case .backups(let list) = try await session.ask(host, .backups(profile.agent)) else {
        throw HostError.protocolFault("the agent listed no backups")
      }
      let known = list.prefix(WireLimits.listEntries)
      return .success(known.sorted { $0.timeMilliseconds > $1.timeMilliseconds })
    } catch {
      return .failure(Trouble(error, at: host))
    }
  }

  /// The profile that fits what is installed, else the first: a broken install has backups too.
  static func profile(of host: Host, _ session: Session) async throws -> Profile {
    guard let first = host.profiles.first else {
      throw UsageError("\(host.name) has no profile")
    }
    guard host.profiles.count > 1 else { return first }
    let reply = try await session.ask(host, .probe(profiles: host.profiles.map(\.agent)))
    guard case .probe(let probe) = reply else { return first }
    return host.installed(in: probe)?.0 ?? first
  }
}
