import Inventory
import Rollout
import Driver
import Store
import Text
import Report
import ArgumentParser

struct AbortCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "abort",
    abstract: "Give the open rollout up: take back what is staged, and the claims.",
    discussion: """
      A cutover that has stopped its app is not cut short: its agent ends it, one way or the other. Where another \
      fleet on this machine drives the rollout, that one is told first: it finishes what is in its cutover, begins \
      nothing new and ends. Marks stay; it says which. Without an open rollout it takes back what one that is over, \
      or whose log is lost, has left on the hosts: what is staged, and the claims.

      Example:
        fleet abort
      """)

  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    guard let open = try session.records().first(where: \.isOpen) else {
      return try await StaleStageCleanup(session: session, connector: try context.connector(session.fleet))
        .takeBack()
    }
    guard try await session.prompter.confirm("Give \(open.header.rollout) up?") else { return .interrupted }
    let connector = try context.connector(session.fleet)
    try await session.stopDriver(of: open.header.rollout, .abort)
    let closing = Closing(session: session, connector: connector)
    let closed = try await closing.close(open)
    session.aside("\(open.header.rollout) is closed.")
    if !closed.marked.isEmpty {
      let clear = session.typed.command("clear", closed.marked)
      session.aside("Still marked: \(Wording.list(closed.marked)). Once mended: \(clear)")
    }
    closing.say(missed: closed.missed)
    return session.tell(closed.fault) ?? (closed.missed.isEmpty ? .good : .unreachable)
  }
}
