internal import ArgumentParser
internal import Wire

struct StatusCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what is on the hosts now.",
    discussion: """
      Examples:
        fleet status
        fleet status flower -o json
      """)

  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  struct Row: Encodable {
    var host: String
    var version: String?
    var tag: String?
    var state: String?
    var marked: String?
    var held: String?
    var openJob: String?
    var claimedBy: String?
    var freeBytes: Int64?
    var backups: Int?
    var problem: String?
  }

  func run(on bench: Workbench) async throws -> RunExit {
    let session = try Session(bench, common)
    let chosen = try session.select(hosts.patterns)
    let connector = try bench.connector(session.fleet)
    let answers = await Survey.ask(chosen, over: connector, includeHeld: true)
    let rows = answers.map { row($0.host, $0.answer) }
    try session.show(rows) {
      session.table(
        ["HOST", "VERSION", "STATE", "FREE", "BACKUPS", "NOTE"],
        rows.map { row in
          [
            row.host, row.version ?? "", row.state ?? "", row.freeBytes.map { Wording.bytes($0) } ?? "",
            row.backups.map { "\($0)" } ?? "", note(row),
          ]
        })
    }
    return RunExit.worst(answers.map { code($0.answer) })
  }

  private func code(_ answer: SurveyAnswer) -> RunExit {
    switch answer {
    case .probe(let probe): probe.status.mark == nil ? .good : .failed
    case .error(let error): error.isAway ? .unreachable : .failed
    case .notAsked: .good
    }
  }

  private func row(_ host: Host, _ answer: SurveyAnswer) -> Row {
    var row = Row(host: host.name)
    switch answer {
    case .notAsked: break
    case .error(let error): row.problem = error.text(at: host.name)
    case .probe(let probe):
      let status = probe.status
      if let (_, version) = Plan.installed(host, probe) {
        row.version = "\(version)"
      } else {
        row.problem = probe.findings.compactMap(\.problem).first.map { visible($0) }
      }
      row.tag = status.installedTag.map { visible($0, limit: 80) }
      row.state = visible(status.state, limit: 40)
      row.marked = status.mark.map { "\($0.tag): \($0.reason.text)" }
      row.held = status.heldTag
      row.openJob = status.openJob
      row.claimedBy = status.claim.map { "\($0.who), \($0.rollout)" }
      row.freeBytes = status.freeBytes
      row.backups = status.backups
    }
    return row
  }

  private func note(_ row: Row) -> String {
    var parts: [String] = []
    if let problem = row.problem { parts.append(problem) }
    if let marked = row.marked { parts.append("marked by \(marked)") }
    if let held = row.held { parts.append("\(held) is held back") }
    if let job = row.openJob { parts.append("job \(job)") }
    if let who = row.claimedBy { parts.append("claimed by \(who)") }
    return visible(parts.joined(separator: "; "), limit: 400)
  }
}
