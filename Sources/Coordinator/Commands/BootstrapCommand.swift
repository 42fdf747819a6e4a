import Inventory
import Hosts
import Report
import ArgumentParser

struct BootstrapCommand: EachAppVerb {
  static let configuration = CommandConfiguration(
    commandName: "bootstrap",
    abstract: "Set hosts up: key, login, agent, units, sudo. Can be repeated.",
    discussion: """
      Shows the host's key and records it, asks once for what is missing (a login password to install your SSH key, \
      a sudo password; three tries each, stored nowhere), installs the agent, its two units and a sudoers rule for \
      exactly "fleet-agent serve". Whoever holds your SSH key is then as good as root on that host, as with any tool \
      that upgrades it. Afterwards nothing prompts.

      Where you have no SSH key for these hosts, it offers to make one. A host whose key you do not accept is left \
      out: nothing is sent to it.

      Examples:
        fleet bootstrap
        fleet bootstrap veg
      """)

  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let chosen = try session.select(hosts.patterns)
    let setup = try context.setup(session.fleet)
    try await setup.ensureKey(for: chosen, prompter: session.prompter)
    return try await HostBatch(session: session).each(chosen, next: next) {
      (host, setup, note) throws(SetupError) in
      try await setup.bootstrap(host, in: session.fleet, prompter: session.prompter, note: note)
    }
  }

  private func next(done: [String], left: [String], in session: Session) -> [NextSteps.Line] {
    var lines: [NextSteps.Line] = []
    if !left.isEmpty {
      lines.append(
        NextSteps.Line(
          command: session.typed.command("bootstrap", left),
          why: "once that is mended; what is done stays done"))
    }
    if !done.isEmpty {
      lines.append(
        NextSteps.Line(command: session.typed.command("plan"), why: "what an upgrade would do, host by host"))
    }
    return lines
  }
}
