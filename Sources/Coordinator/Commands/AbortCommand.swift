internal import ArgumentParser

struct AbortCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "abort",
    abstract: "Give the open rollout up: take back what is staged, and the claims.",
    discussion: """
      A cutover that has stopped its app is not cut short: its agent ends it, one way or the other.

      Example:
        fleet abort
      """)

  @OptionGroup var common: CommonOptions

  func run(on bench: Workbench) async throws -> RunExit {
    let session = try Session(bench, common)
    guard let open = try session.store.records(inventory: session.fleet.folder).first(where: \.isOpen) else {
      session.aside("There is no open rollout.")
      return .good
    }
    guard try await session.prompter.confirm("Give \(open.header.rollout) up?") else { return .interrupted }
    let connector = try bench.connector(session.fleet)
    let missed = try await Closing(session: session, connector: connector).close(open)
    session.aside("\(open.header.rollout) is closed.")
    guard !missed.isEmpty else { return .good }
    session.warn("Not told, their claims end by themselves within half an hour: \(Wording.list(missed)).")
    return .unreachable
  }
}
