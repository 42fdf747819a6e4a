internal import ArgumentParser
internal import Wire

struct ClearCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "clear",
    abstract: "Say that a host is mended: takes its mark, holds and remembered refusals away.",
    discussion: """
      Look first: fleet logs HOST. Then fleet resume or fleet upgrade tries the host again.

      Examples:
        fleet clear flower-1
        fleet clear @failed
      """)

  @Argument(help: ArgumentHelp("Hosts or groups; at least one.", valueName: "host"))
  var hosts: [String]
  @OptionGroup var common: CommonOptions

  struct Row: Encodable {
    var host: String
    var cleared: Bool
    var problem: String?
  }

  func run(on bench: Workbench) async throws -> RunExit {
    let session = try Session(bench, common)
    let chosen = try session.select(hosts)
    var codes: [RunExit] = []
    let answers = await session.each(chosen) { host -> Backups.Trouble? in
      do {
        _ = try await session.ask(host, .clear(app: host.key(of: session.fleet.app)))
        return nil
      } catch {
        return Backups.Trouble(error, at: host)
      }
    }
    let rows = answers.map { Row(host: $0.host.name, cleared: $0.answer == nil, problem: $0.answer?.text) }
    codes = answers.compactMap { $0.answer?.code }
    try session.show(rows) {
      for row in rows { session.print("\(row.host): \(row.problem ?? "cleared")") }
    }
    return RunExit.worst(codes)
  }
}
