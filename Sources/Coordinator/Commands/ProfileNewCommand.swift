import ArgumentParser
import ByteText
import Driver
import FoundationEssentials
import Hosts
import Inventory
import Report
import Store
import SystemPackage
import Text
import Wire

struct ProfileNewCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Write an app's first profile.",
    discussion: """
      Asks a person a few questions, and writes apps/APP.yaml beside the inventory (where there is none, where init \
      would write it), never over one that is there. Every question has an option, which answers it; without a \
      terminal, or with --yes, what was not said has its default. "none" leaves something out. Every other key stands \
      in the file as a comment.

      Examples:
        fleet profile new
        fleet profile new growroom --source growers/growroom --version-file VERSION
      """)

  @Argument(help: ArgumentHelp("The app's key, as in app: of fleet.yaml.", valueName: "app"))
  var app: String?
  @Option(
    help: ArgumentHelp("The directory on the hosts that is upgraded. Default: /opt/APP.", valueName: "path"))
  var install: String?
  @Option(
    help: ArgumentHelp(
      """
      Where releases come from: OWNER/NAME at GitHub, "OWNER/NAME FILE" for a file beside each release, pypi:PROJECT, \
      the address of another repository or of a releases.json, or a directory of archives.
      """,
      valueName: "source"))
  var source: String?
  @Option(help: ArgumentHelp("The file of the app that says which version it is.", valueName: "file"))
  var versionFile: String?
  @Option(
    help: ArgumentHelp(
      "The line of it, as it is now: VERSION = '4.0.26'. Default: the version alone.", valueName: "line"))
  var versionLine: String?
  @Option(
    help: ArgumentHelp(
      "The systemd units that run it, in start order: daemon,web. Default: APP.service.", valueName: "units"))
  var services: String?
  @Option(
    help: ArgumentHelp("Its SQLite databases, as in databases/*.db. Default: none.", valueName: "pattern"))
  var database: String?
  @Option(
    help: ArgumentHelp("The command that brings them to a new version. Default: none.", valueName: "command"))
  var migrate: String?
  @Option(
    help: ArgumentHelp("A URL that answers on the host while it is well. Default: none.", valueName: "url"))
  var health: String?
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let app, !Values.isPlainName(app, bytes: 64) { throw ValidationError("\"\(app)\" is no app's name.") }
    var template = ProfileTemplate(app: app ?? "app")
    do throws(Wrong) { try takeOptions(into: &template) } catch {
      throw ValidationError(Self.text(error))
    }
  }

  func run(on context: CommandContext) async throws -> RunExit {
    let location = try? context.findInventory(common.inventory)
    let apps = location.map { ProfileSheet.apps(ofInventory: $0) } ?? []
    let named = common.app ?? (apps.count == 1 ? apps.first : nil)
    let key = try key(named, context)
    let inventory = location?.file ?? context.newInventory(common.inventory)
    let file = inventory.removingLastComponent().appending("apps").appending("\(key).yaml")
    try refuseOther(key, file, location ?? context.futureInventory())
    let template = try answered(key, context)
    if let complaints = template.complaints { throw UsageError("that makes no profile:\n\(complaints)") }
    guard try NewFile.write(template.text, to: file) else { throw isThere(file, key) }
    guard !common.quiet else { return .good }
    guard common.output == .text else {
      let written = Written(app: key, file: file.string)
      context.terminal.write(String(decoding: try SnakeJSON.encoder.encode(written), as: UTF8.self) + "\n")
      return .good
    }
    context.terminal.tell("\(file) is written: how \(key) is upgraded")
    NextSteps.table(next(key, file, location, apps)).forEach { context.terminal.tell($0) }
    return .good
  }

  private struct Written: Encodable {
    var app: String
    var file: String
  }

  // MARK: Where

  private func key(_ named: String?, _ context: CommandContext) throws -> String {
    if let app { return app }
    guard canAsk(context) else {
      if let named { return named }
      throw UsageError(ProfileQuestions.missing([.source, .versionFile], app: nil))
    }
    while true {
      let standard = named.map { "[\($0)] " } ?? ""
      guard let answer = context.terminal.ask("What is the app called, in one word? \(standard)") else {
        throw PromptError.interrupted
      }
      let word = answer.trimmed.isEmpty ? named ?? "" : String(answer.trimmed)
      if Values.isPlainName(word, bytes: 64) { return word }
      context.terminal.writeError(
        "letters, digits, dots, _ and -, first a letter or digit, at most 64: it names directories on the hosts\n"
      )
    }
  }

  /// Nobody is asked for what will not be written.
  private func refuseOther(_ key: String, _ file: FilePath, _ location: InventoryLocation) throws {
    guard !NewFile.isThere(file) else { throw isThere(file, key) }
    guard let shipped = ProfileSheet.file(of: key, in: location),
      ProfileSheet.isShipped(shipped, in: location)
    else { return }
    throw UsageError(
      "fleet has a profile for \(key): \(shipped). profile: in fleet.yaml changes single keys of it; for one of your "
        + "own: cp \(CommandWord.typed(shipped.string)) \(CommandWord.typed(file.string))")
  }

  private func isThere(_ file: FilePath, _ key: String) -> UsageError {
    UsageError(
      "\(file) is there already, and is not overwritten; fleet profile check \(key) tells what it says")
  }

  // MARK: Answers

  private func canAsk(_ context: CommandContext) -> Bool { context.terminal.canAsk && !common.yes }

  private func option(_ part: ProfileTemplate.Part) -> String? {
    switch part {
    case .install: install
    case .source: source
    case .versionFile: versionFile
    case .versionLine: versionLine
    case .services: services
    case .database: database
    case .migrate: migrate
    case .health: health
    }
  }

  private func takeOptions(into template: inout ProfileTemplate) throws(Wrong) {
    for part in ProfileTemplate.Part.allCases {
      guard let answer = option(part) else { continue }
      do throws(Wrong) { try template.take(answer, as: part) } catch {
        throw Wrong("--\(part.rawValue): \(error.message)", hint: error.hint)
      }
    }
  }

  private func answered(_ key: String, _ context: CommandContext) throws -> ProfileTemplate {
    var template = ProfileTemplate(app: key)
    do throws(Wrong) { try takeOptions(into: &template) } catch { throw UsageError(Self.text(error)) }
    guard canAsk(context) else {
      guard template.missing.isEmpty else {
        throw UsageError(ProfileQuestions.missing(template.missing, app: key))
      }
      return template
    }
    for question in ProfileQuestions.all(template) where option(question.part) == nil {
      // What brings databases to a new version is nothing without one.
      guard question.part != .migrate || template.database != nil else { continue }
      try ask(question, &template, context.terminal)
    }
    return template
  }

  private func ask(
    _ question: ProfileQuestions.Question, _ template: inout ProfileTemplate, _ terminal: Terminal
  ) throws {
    while true {
      guard let typed = terminal.ask(question.line) else { throw PromptError.interrupted }
      let answer = typed.trimmed.isEmpty ? question.standard ?? "" : typed
      do throws(Wrong) {
        try template.take(answer, as: question.part)
        return
      } catch {
        terminal.writeError(visible(Self.text(error), lines: true) + "\n")
      }
    }
  }

  private static func text(_ wrong: Wrong) -> String {
    wrong.message + (wrong.hint.map { "; \($0)" } ?? "")
  }

  // MARK: What comes next

  private func next(
    _ key: String, _ file: FilePath, _ location: InventoryLocation?, _ apps: [String]
  ) -> [NextSteps.Line] {
    let typed = location?.typed ?? TypedFleet(inventory: nil)
    // An inventory that is not there yet cannot be named to a command that reads it.
    let word = location == nil && common.inventory != nil ? file.string : key
    var lines = [
      NextSteps.Line(
        command: typed.command("profile check", [word]), why: "tells it in plain words, and what it lacks")
    ]
    if location == nil {
      lines.append(
        NextSteps.Line(
          command: TypedFleet(inventory: common.inventory).command("init", ["--app", key]),
          why: "writes the inventory for it"))
    } else if apps.count > 1, !apps.contains(key) {
      lines.append(NextSteps.Line(command: "\(key):", why: "below apps: in fleet.yaml"))
    } else if apps.count <= 1, apps.first != key {
      lines.append(
        NextSteps.Line(
          command: "app: \(key)", why: "in fleet.yaml" + (apps.first.map { ", which is for \($0) now" } ?? "")
        ))
    }
    return lines
  }
}
