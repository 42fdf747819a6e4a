import Store
import Catalogue
import Inventory
import Text
import Hosts
import Report
import ByteText
import Archive
import ArgumentParser
import Wire

/// The root of the command line.
struct FleetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fleet",
    abstract: "Upgrades a self-hosted app on many Raspberry Pis over SSH, one safe step at a time.",
    discussion: """
      The usual way:
        fleet init veg=192.168.1.21 flower=me@flower.local
        fleet bootstrap
        fleet upgrade --track v4

      upgrade fetches and verifies the newest release once, tries all that can fail on every host while \
      the old version runs on, and only then cuts over: a canary first, then batch by batch. A host whose \
      new version does not prove well gets its old one back. It can always be repeated.

      Exit codes: 0 all as asked, 1 fleet's own fault, 2 a host failed, was rolled back or refused, \
      3 inventory, 4 unreachable or unknown hosts, 5 deferred, 6 release not found or refused, 64 usage, \
      130 interrupted.
      """,
    version: "",
    groupedSubcommands: [
      CommandGroup(
        name: "Set up",
        subcommands: [
          InitCommand.self, TryCommand.self, BootstrapCommand.self, TrustCommand.self, DoctorCommand.self,
          RemoveCommand.self, ProfileCommand.self,
        ]),
      CommandGroup(
        name: "Look", subcommands: [ReleasesCommand.self, PlanCommand.self, FetchCommand.self]),
      CommandGroup(
        name: "Act",
        subcommands: [
          StageCommand.self, UpgradeCommand.self, PauseCommand.self, ResumeCommand.self, AbortCommand.self,
          ServeCommand.self,
        ]),
      CommandGroup(
        name: "See",
        subcommands: [
          StatusCommand.self, ReportCommand.self, HistoryCommand.self, LogsCommand.self, WordsCommand.self,
        ]),
      CommandGroup(
        name: "Mend",
        subcommands: [RollbackCommand.self, BackupsCommand.self, ClearCommand.self]),
    ])

  @Flag(name: .customLong("version"), help: "fleet's own version.")
  var showsVersion = false
}

/// What the executable calls: parses, runs, and says in words what went wrong.
package enum FleetProgram {
  /// - Parameter arguments: without the program's name.
  /// - Returns: the exit code.
  package static func run(_ arguments: [String], on context: CommandContext) async -> Int32 {
    ArchiveLocale.set()
    let arguments = CommonOptions.behindCommand(arguments, of: verbs, parts: parts)
    do {
      if let unknown = unknownVerb(arguments) { throw unknown }
      let command = try FleetCommand.parseAsRoot(arguments)
      if let verb = command as? any Verb { return try await run(verb, on: context).rawValue }
      if let root = command as? FleetCommand, root.showsVersion {
        context.terminal.write("fleet \(context.version)\n")
        return RunExit.good.rawValue
      }
      var other = command
      try other.run()
      return RunExit.good.rawValue
    } catch {
      let code = explain(error, context)
      if code == RunExit.usage.rawValue, let right = verbFirst(arguments) {
        context.terminal.writeError("The command comes first: \(right)\n")
      }
      return code
    }
  }

  /// Runs a command; where the inventory is of several apps and none is named, for each of them, or not at all.
  private static func run(_ verb: any Verb, on context: CommandContext) async throws -> RunExit {
    do { return try await verb.run(on: context) } catch let error as InventoryErrors {
      let apps = error.appsToChooseFrom
      guard !apps.isEmpty else { throw error }
      guard let each = verb as? any EachAppVerb, verb.common.output == .text else {
        throw UsageError(choose(among: apps, for: verb))
      }
      return try await run(each, of: apps, on: context)
    }
  }

  private static func run(
    _ verb: any EachAppVerb, of apps: [String], on context: CommandContext
  ) async throws -> RunExit {
    var verb = verb
    var codes: [RunExit] = []
    var passedOver: HostPatternError?
    for app in apps {
      if !verb.common.quiet { context.terminal.tell(app == apps.first ? "== \(app)" : "\n== \(app)") }
      verb.common.app = app
      do { codes.append(try await verb.run(on: context)) } catch let error as HostPatternError {
        // The hosts that are meant run another of the apps.
        guard error.isOfOtherApps else { throw error }
        if !verb.common.quiet { context.terminal.tell("none of these hosts") }
        passedOver = error
      }
    }
    if codes.isEmpty, let passedOver { throw passedOver }
    return RunExit.worst(codes)
  }

  private static func choose(among apps: [String], for verb: any Verb) -> String {
    let name = type(of: verb).configuration.commandName ?? ""
    let words = parts.first { $0.value.contains(name) }.map { "\($0.key) \(name)" } ?? name
    let commands = apps.map { TypedFleet(inventory: verb.common.inventory, app: $0).command(words) }
    return "the inventory is of \(Wording.list(apps)). Which one? \(commands.joined(separator: ", or: "))"
  }

  /// What was meant, where an option of some commands stands before the command.
  private static func verbFirst(_ arguments: [String]) -> String? {
    let names = Set(verbs)
    guard let first = arguments.first, first.begins(with: "-"),
      let place = arguments.firstIndex(where: names.contains)
    else { return nil }
    var words = arguments
    words.insert(words.remove(at: place), at: 0)
    return visible(CommandWord.typed(["fleet"] + words), limit: 400)
  }

  static var verbs: [String] {
    FleetCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  /// The second words of the commands that have some.
  static var parts: [String: [String]] {
    FleetCommand.configuration.subcommands.reduce(into: [:]) { parts, command in
      let names = command.configuration.subcommands.compactMap { $0.configuration.commandName }
      if let name = command.configuration.commandName, !names.isEmpty { parts[name] = names }
    }
  }

  /// What is wrong with the first word, or with the second of a command that has some, where it is to be one and is
  /// none.
  private static func unknownVerb(_ arguments: [String]) -> UsageError? {
    let place = arguments.first?.isSpelled("help") == true ? 1 : 0
    guard arguments.indices.contains(place) else { return nil }
    let word = arguments[place]
    guard !word.begins(with: "-"), word != "help", !verbs.contains(word) else {
      return unknownPart(of: word, arguments.dropFirst(place + 1).first)
    }
    let meant = otherWords[word.asciiLowercase] ?? nearest(to: word, among: verbs)
    return UsageError(
      "there is no command \"\(word.leading(scalars: 60))\"; "
        + (meant.map { "did you mean \"fleet \($0)\"?" } ?? "\"fleet --help\" lists them"))
  }

  private static func unknownPart(of verb: String, _ word: String?) -> UsageError? {
    guard let names = parts[verb], let word, !word.begins(with: "-"), !names.contains(word) else {
      return nil
    }
    let meant = nearest(to: word, among: names)
    return UsageError(
      "there is no command \"\(verb) \(word.leading(scalars: 60))\"; "
        + (meant.map { "did you mean \"fleet \(verb) \($0)\"?" } ?? "\"fleet \(verb) --help\" lists them"))
  }

  /// What the same thing is called elsewhere.
  private static let otherWords = [
    "setup": "bootstrap", "install": "bootstrap", "check": "doctor", "uninstall": "remove",
    "delete": "remove",
    "list": "status", "ls": "status", "ps": "status", "update": "upgrade", "deploy": "upgrade",
    "continue": "resume", "cancel": "abort", "log": "logs", "undo": "rollback", "restore": "rollback",
    "downgrade": "rollback", "versions": "releases", "version": "--version",
  ]

  private static func explain(_ error: any Error, _ context: CommandContext) -> Int32 {
    if let code = code(of: error) {
      context.terminal.writeError("fleet: \(visible("\(error)", limit: 20_000, lines: true))\n")
      return code.rawValue
    }
    let text = FleetCommand.fullMessage(for: error)
    let code = FleetCommand.exitCode(for: error)
    // Asked for, help is a result.
    if code.isSuccess { context.terminal.tell(text) } else { context.terminal.writeError(text + "\n") }
    return code.rawValue
  }

  /// nil for what ArgumentParser explains itself.
  private static func code(of error: any Error) -> RunExit? {
    switch error {
    case is InventoryErrors: .configuration
    case is CatalogueError: .release
    case is HostPatternError, is UsageError: .usage
    case is StoreError, is FrameError: .fault
    case let error as PromptError: error == .interrupted ? .interrupted : .usage
    case let error as SetupError: code(ofSetup: error)
    case let error as HostError: error.isAway ? .unreachable : .failed
    case let error as HostBackups.Trouble: error.code
    case is AgentRefusal: .failed
    case is ValidationError, is CleanExit, is ArgumentParser.ExitCode: nil
    case let error where FleetCommand.exitCode(for: error) == .failure: .fault
    default: nil
    }
  }

  static func code(ofSetup error: SetupError) -> RunExit {
    switch error {
    case .host(let error): error.isAway ? .unreachable : .failed
    case .prompt(.nobody): .usage
    case .prompt(.interrupted), .declined: .interrupted
    case .failed: .failed
    case .local: .fault
    case .inventory: .configuration
    }
  }
}
