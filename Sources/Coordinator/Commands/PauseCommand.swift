import Driver
import Inventory
import Report
import ArgumentParser

struct PauseCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Stop the rollout that is at work, before the next host.",
    discussion: """
      What one Ctrl-C does where it is driven, from anywhere else on this machine: a cutover that has begun is \
      finished, nothing new begins, and the rollout stays open. What is staged stays staged; fleet resume goes on \
      with it, and fleet abort gives it up.

      Example:
        fleet pause
      """)

  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    guard let open = try session.records().first(where: \.isOpen) else {
      session.aside("There is no open rollout.")
      return .good
    }
    let id = open.header.rollout
    guard session.store.isDriven(id) else {
      session.aside(
        "\(id) is at rest: nobody on this machine drives it. Next: \(session.typed.command("resume"))")
      return .good
    }
    try await session.stopDriver(of: id, .pause)
    let isOpen = try session.store.record(id)?.isOpen == true
    session.aside(
      isOpen
        ? "\(id) is at rest. Next: \(session.typed.command("resume")), or: \(session.typed.command("abort"))"
        : "\(id) had come to its end.")
    return .good
  }
}
