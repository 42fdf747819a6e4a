import ArgumentParser
import ByteText
import Driver
import FoundationEssentials
import Hosts
import Inventory
import Report
import SystemPackage
import Text
import Wire

struct ProfileCheckCommand: EachAppVerb {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say in plain words what a profile does, and what is wrong in it or missing.",
    discussion: """
      Reads the inventory's profile, or the one that is named first: a file (for which no inventory is needed), or an \
      app. Says all that is wrong in it, with lines, and ends with 3; else what is where, where releases come from, \
      what is carried over, which commands run when and as whom, what proves that it is well, what an undo does, and \
      what a careful person would add. Where hosts are named it also looks there whether it fits, as doctor does, and \
      changes nothing: with 2 where it does not, 4 where a host's app could not be looked at.

      Examples:
        fleet profile check
        fleet profile check apps/growroom.yaml
        fleet profile check mycodo veg flower
      """)

  @Argument(
    help: ArgumentHelp(
      "The profile's file (something.yaml) or app, then hosts or groups, as patterns.",
      valueName: "profile-or-host"))
  var words: [String] = []
  @Option(help: ArgumentHelp("Hosts or groups, as an option.", valueName: "pattern"))
  var hosts: [String] = []
  @OptionGroup var common: CommonOptions

  func run(on context: CommandContext) async throws -> RunExit {
    let subject: Subject
    do { subject = try self.subject(context) } catch let error as InventoryErrors {
      guard !error.isForWantOfOne, error.appsToChooseFrom.isEmpty else { throw error }
      return try tell(error, context)
    }
    var context = context
    context.loadFleet = { _ in subject.loaded }
    let session = try Session(context, common)
    let chosen = subject.patterns.isEmpty ? [] : try select(subject.patterns, session)
    let fits = try await examine(chosen, session)
    var account = ProfileAccount(subject.sheet)
    account.hosts = fits.flatMap { host, fit in
      fit.found.map { DiagnosisRow($0, of: host, typed: session.typed) }
    }
    let exit = RunExit.worst(fits.map(\.fit.exit))
    try session.show(account) {
      if !session.quiet { account.lines.forEach { session.print(session.typed.words($0)) } }
      guard !chosen.isEmpty, !session.quiet || exit != .good else { return }
      session.table(account.hosts)
      fits.forEach { session.print($0.fit.headline) }
    }
    if session.output == .text, !session.quiet {
      NextSteps.table(next(subject, chosen, exit, session)).forEach { session.print($0) }
    }
    return exit
  }

  // MARK: Which profile

  private struct Subject {
    var sheet: ProfileSheet
    /// Whose hosts it is held against.
    var loaded: LoadedFleet
    var patterns: [String]
    /// Whether it is the one by which the inventory's hosts are upgraded.
    var isInventorys: Bool
    /// How it was named.
    var word: String?
  }

  private func subject(_ context: CommandContext) throws -> Subject {
    guard let first = words.first else {
      return try inventorys(context, app: common.app, patterns: hosts, word: nil)
    }
    let patterns = words.dropFirst() + hosts
    if first.holds("/") || first.ends(with: ".yaml") || first.ends(with: ".yml") {
      let here = context.futureInventory()
      let file = localPath(first, folder: here.currentFolder, home: here.home)
      return try other(try Self.read(file, here), context, patterns: Array(patterns), word: first)
    }
    if Values.isPlainName(first, bytes: 64) {
      let location =
        common.inventory == nil
        ? (try? context.findInventory(nil)) ?? context.futureInventory()
        : try context.findInventory(common.inventory)
      let apps = ProfileSheet.apps(ofInventory: location)
      if apps.contains(where: { $0.isSpelled(first) }) {
        let app = apps.count > 1 ? first : common.app
        return try inventorys(context, app: app, patterns: Array(patterns), word: first)
      }
      if let file = ProfileSheet.file(of: first, in: location) {
        let sheet = try ProfileSheet.read(file, app: first, in: location)
        return try other(sheet, context, patterns: Array(patterns), word: first)
      }
    }
    return try inventorys(context, app: common.app, patterns: words + hosts, word: nil)
  }

  /// The inventory's own profile.
  private func inventorys(
    _ context: CommandContext, app: String?, patterns: [String], word: String?
  ) throws -> Subject {
    let loaded = try context.loadFleet(InventoryChoice(inventory: common.inventory, app: app))
    let sheet =
      loaded.location.map { ProfileSheet(loaded.fleet, in: $0) }
      ?? ProfileSheet(
        app: loaded.fleet.app, file: "apps/\(loaded.fleet.app).yaml", profiles: loaded.fleet.profiles)
    return Subject(sheet: sheet, loaded: loaded, patterns: patterns, isInventorys: true, word: word)
  }

  /// One that is not the inventory's, for the inventory's hosts where some are named.
  private func other(
    _ sheet: ProfileSheet, _ context: CommandContext, patterns: [String], word: String
  ) throws -> Subject {
    let origin = "profile: \(sheet.file)"
    var loaded = LoadedFleet(fleet: Fleet(sheet), origin: origin)
    if !patterns.isEmpty {
      loaded = try context.loadFleet(common.choice)
      loaded.fleet = loaded.fleet.upgraded(by: sheet)
      loaded.origin += ", \(origin)"
    }
    return Subject(sheet: sheet, loaded: loaded, patterns: patterns, isInventorys: false, word: word)
  }

  /// A file that was named by its path.
  private static func read(_ file: FilePath, _ here: InventoryLocation) throws(InventoryErrors)
    -> ProfileSheet
  {
    let folder = file.removingLastComponent()
    // What is relative in it starts from the folder that the inventory is in, or would be.
    let isInApps = folder.lastComponent?.string.isSpelled("apps") == true
    let location = InventoryLocation(
      file: (isInApps ? folder.removingLastComponent() : folder).appending("fleet.yaml"), home: here.home,
      currentFolder: here.currentFolder)
    guard let app = ProfileSheet.app(of: file) else {
      throw InventoryErrors([
        InventoryError(
          file: location.shown(file), message: "is not called as a profile is",
          hint: "apps/APP.yaml: APP of letters, digits, dots, _ and -, first a letter or digit, at most 64")
      ])
    }
    return try ProfileSheet.read(file, app: app, in: location)
  }

  // MARK: What is told

  private func select(_ patterns: [String], _ session: Session) throws -> [Host] {
    do { return try session.select(patterns) } catch let error as HostPatternError {
      guard case .matchesNothing(let term, _) = error, words.first?.isSpelled(term) == true else {
        throw error
      }
      throw UsageError("\(error); and no app of that name has a profile")
    }
  }

  private func examine(_ hosts: [Host], _ session: Session) async throws -> [(host: Host, fit: ProfileFit)] {
    guard !hosts.isEmpty else { return [] }
    let setup = try session.context.setup(session.fleet)
    return await session.each(hosts) { ProfileFit($0.name, await setup.examine($0, in: session.fleet)) }
      .map { ($0.host, $0.answer) }
  }

  private func tell(_ error: InventoryErrors, _ context: CommandContext) throws -> RunExit {
    let terminal = context.terminal
    guard common.output == .text else {
      terminal.write(
        String(decoding: try SnakeJSON.encoder.encode(ProfileAccount(error)), as: UTF8.self) + "\n")
      return .configuration
    }
    terminal.write("\(error)\n")
    guard !common.quiet else { return .configuration }
    terminal.tell(ProfileAccount.sum(error))
    let typed = TypedFleet(inventory: common.inventory)
    let step = NextSteps.Line(command: typed.command("profile check", typedWords), why: "once that is mended")
    NextSteps.table([step]).forEach { terminal.tell($0) }
    return .configuration
  }

  private var typedWords: [String] { words + hosts.flatMap { ["--hosts", $0] } }

  private func next(_ subject: Subject, _ chosen: [Host], _ exit: RunExit, _ session: Session) -> [NextSteps
    .Line]
  {
    guard exit == .good else {
      return [
        NextSteps.Line(
          command: session.typed.command("profile check", typedWords), why: "once that is mended")
      ]
    }
    guard subject.isInventorys else { return [] }
    guard chosen.isEmpty else {
      return [
        NextSteps.Line(
          command: session.typed.command("plan", subject.patterns),
          why: "what an upgrade would do, host by host")
      ]
    }
    let words = (subject.word.map { [$0] } ?? []) + ["all"]
    return [
      NextSteps.Line(
        command: session.typed.command("profile check", words), why: "looks whether it fits the hosts")
    ]
  }
}
