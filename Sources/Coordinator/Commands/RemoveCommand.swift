import Inventory
import Hosts
import Text
import Report
import ArgumentParser

struct RemoveCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Take fleet away from hosts again; the app and its backups stay.",
    discussion: """
      Takes away all that fleet has put there. Then take their lines out of fleet.yaml.

      Example:
        fleet remove veg
      """)

  @Argument(help: ArgumentHelp("Hosts or groups; at least one.", valueName: "host"))
  var hosts: [String]
  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let chosen = try session.select(hosts)
    let names = Wording.list(chosen.map(\.name))
    guard try await session.prompter.confirm("Take fleet away from \(names)?") else { return .interrupted }
    return try await HostBatch(session: session).each(chosen, next: next) {
      (host, setup, note) throws(SetupError) in
      try await setup.remove(host, in: session.fleet, prompter: session.prompter, note: note)
    }
  }

  private func next(done: [String], left: [String], in session: Session) -> [NextSteps.Line] {
    var lines: [NextSteps.Line] = []
    if !left.isEmpty {
      lines.append(NextSteps.Line(command: session.typed.command("remove", left), why: "once that is mended"))
    }
    if !done.isEmpty {
      let file = session.location.map { $0.shown($0.file) } ?? "fleet.yaml"
      lines.append(
        NextSteps.Line(
          command: "take \(Wording.list(done)) out of \(file)",
          why: "else each run asks there, and is refused"))
    }
    return lines
  }
}
