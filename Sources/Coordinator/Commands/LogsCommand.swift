import Hosts
import Inventory
import Report
import ArgumentParser
import Wire

struct LogsCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Show the end of a job's log on hosts.",
    discussion: """
      Looks at the app's health that were alike but for their numbers are one line, which says how many they were; \
      --verbose shows each. Of several hosts each log stands under its host's name.

      Examples:
        fleet logs flower-1
        fleet logs flower-1 veg --lines 500
        fleet logs flower-1 --job 20261122-101500-v4.2.0
      """)

  @Argument(help: ArgumentHelp("Hosts or groups; at least one.", valueName: "host"))
  var hosts: [String]
  @Option(name: .long, help: ArgumentHelp("Of another job than the last one.", valueName: "id"))
  var job: String?
  @Option(name: [.customShort("n"), .long], help: "How many lines, 1 to 2000.")
  var lines = 100
  @OptionGroup var common: CommonOptions

  struct Value: Encodable, Sendable {
    var host: String
    var path: String?
    var lines: [String]?
    /// Why there are none.
    var problem: String?
  }

  func validate() throws {
    guard (Self.least...Self.most).contains(lines) else { throw ValidationError("--lines takes 1 to 2000.") }
  }

  private static let least = 1
  private static let most = 2000

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let chosen = try session.select(hosts)
    let answers = await session.each(chosen) { host -> Result<Value, any Error> in
      do { return .success(try await read(host, session)) } catch { return .failure(error) }
    }
    if answers.count == 1, case .failure(let error) = answers[0].answer { throw error }
    var codes: [RunExit] = []
    for (index, (host, answer)) in answers.enumerated() {
      let value: Value
      switch answer {
      case .success(let read): value = read
      case .failure(let error):
        let trouble = HostBackups.Trouble(error, at: host)
        codes.append(trouble.code)
        value = Value(host: host.name, problem: trouble.text)
      }
      try session.show(value) {
        if answers.count > 1 { session.print((index > 0 ? "\n" : "") + "\(host.name):") }
        if let problem = value.problem { return session.print("  \(problem)") }
        LogText.lines(value.lines ?? [], folds: folds(session)).suffix(lines).forEach(session.print)
        session.aside("\(value.path ?? "") on \(host.name)")
      }
    }
    return RunExit.worst(codes)
  }

  private func folds(_ session: Session) -> Bool { session.output == .text && !session.verbose }

  private func read(_ host: Host, _ session: Session) async throws -> Value {
    // Many lines may be shown as one.
    let wanted = folds(session) ? Self.most : lines
    let request = Request.logs(app: host.key(of: session.fleet.app), job: job, lines: wanted)
    guard case .logs(let found, let path) = try await session.ask(host, request) else {
      throw HostError.protocolFault("the agent gave no log")
    }
    return Value(
      host: host.name, path: visible(path), lines: found.prefix(wanted).map { visible($0) })
  }
}
