internal import ArgumentParser

struct RemoveCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Take fleet away from hosts again; the app and its backups stay.",
    discussion: """
      Example:
        fleet remove veg
      """)

  @Argument(help: ArgumentHelp("Hosts or groups; at least one.", valueName: "host"))
  var hosts: [String]
  @OptionGroup var common: CommonOptions

  func run(on bench: Workbench) async throws -> RunExit {
    let session = try Session(bench, common)
    let chosen = try session.select(hosts)
    let names = Wording.list(chosen.map(\.name))
    guard try await session.prompter.confirm("Take fleet away from \(names)?") else { return .interrupted }
    return try await SettingUp(session: session).each(chosen) { (host, setup, note) throws(SetupError) in
      try await setup.remove(host, in: session.fleet, prompter: session.prompter, note: note)
    }
  }
}
