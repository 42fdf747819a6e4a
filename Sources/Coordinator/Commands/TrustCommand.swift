import Inventory
import Hosts
import Report
import ArgumentParser

struct TrustCommand: EachAppVerb {
  static let configuration = CommandConfiguration(
    commandName: "trust",
    abstract: "Record the SSH key that a host shows.",
    discussion: """
      Keys stand in known_hosts beside the inventory, under the inventory's names. A host whose key changed is \
      refused until --replace says that this is right: both fingerprints are shown. A host that was never seen wants \
      fleet bootstrap, which does this, too.

      Examples:
        fleet trust veg
        fleet trust --replace tent5
      """)

  @Argument(help: ArgumentHelp("Hosts or groups; at least one.", valueName: "host"))
  var hosts: [String]
  @Flag(name: .long, help: "Also in place of another key.")
  var replace = false
  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let chosen = try session.select(hosts)
    return try await HostBatch(session: session).each(chosen, next: next) {
      (host, setup, note) throws(SetupError) in
      let fingerprint = try await setup.trust(
        host, in: session.fleet, replace: replace, prompter: session.prompter)
      note(SetupNote(text: fingerprint, changed: true))
    }
  }

  private func next(done: [String], left: [String], in session: Session) -> [NextSteps.Line] {
    guard !done.isEmpty else { return [] }
    return [
      NextSteps.Line(
        command: session.typed.command("bootstrap", done),
        why: "sets up what is missing there; changes nothing else")
    ]
  }
}
