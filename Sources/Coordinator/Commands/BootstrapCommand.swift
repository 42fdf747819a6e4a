internal import ArgumentParser

struct BootstrapCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "bootstrap",
    abstract: "Set hosts up: key, login, agent, units, sudo. Can be repeated.",
    discussion: """
      Shows the host's key and records it, asks once for what is missing (a login password to install \
      your SSH key, a sudo password; stored nowhere), installs the agent, its two units and a sudoers rule \
      for exactly "fleet-agent serve". Whoever holds your SSH key is then as good as root on that host, as \
      with any tool that upgrades it. Afterwards nothing prompts.

      Examples:
        fleet bootstrap
        fleet bootstrap veg
      """)

  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  func run(on bench: Workbench) async throws -> RunExit {
    let session = try Session(bench, common)
    let chosen = try session.select(hosts.patterns)
    return try await SettingUp(session: session).each(chosen) { (host, setup, note) throws(SetupError) in
      try await setup.bootstrap(host, in: session.fleet, prompter: session.prompter, note: note)
    }
  }
}
