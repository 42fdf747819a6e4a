import ArgumentParser
import ByteText
import Driver
import Hosts
import Inventory
import Report
import Text
import Wire

struct TryCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "try",
    abstract: "Look whether hosts could be upgraded, before anything is set up.",
    discussion: """
      Needs no inventory, no root and nothing on the host but a login. It looks at what doctor looks at: the way \
      there, the system, the app, and what a stage would refuse. For that it brings an agent into a folder of its own \
      there, runs it as the plain user, and takes it away again; nothing is installed, and neither a host's key nor a \
      password is kept. What only root may see is told as not known. Ends with a sentence for each host, and with 2 \
      where something is in the way, 4 where a host is not reached or its app cannot be seen. The app of a host that \
      stands in no inventory is that of --app, else the inventory's, else mycodo.

      Examples:
        fleet try veg
        fleet try veg=192.168.1.21 me@flower.local
        fleet try --app growroom pi@dry.local
      """)

  @Argument(
    help: ArgumentHelp(
      "A host of the inventory, or any other: NAME, NAME=ADDRESS, NAME=USER@ADDRESS or USER@ADDRESS.",
      valueName: "host"))
  var hosts: [String]
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let app = common.app, !Values.isPlainName(app, bytes: 64) {
      throw ValidationError("\"\(app)\" is no app's name.")
    }
    do throws(Wrong) { _ = try InventoryTemplate.Entry.all(hosts) } catch {
      throw ValidationError("\(error.message).")
    }
  }

  func run(on context: CommandContext) async throws -> RunExit {
    let inventory = try inventory(context)
    let tried = try tried(inventory, context)
    guard let loaded = inventory ?? tried.loaded else { return .good }
    var context = context
    context.loadFleet = { _ in loaded }
    let session = try Session(context, common)
    var done: [TrialSteps.Host] = []
    var rows: [DiagnosisRow] = []
    var codes: [RunExit] = []
    for one in tried.hosts {
      let setup = try context.setup(one.fleet)
      do throws(SetupError) {
        let trial = try await setup.tryOut(
          one.host, in: one.fleet, isListed: one.isListed, prompter: session.prompter)
        rows += trial.found.map { DiagnosisRow($0, of: one.host, typed: session.typed) }
        let verdict = TrialVerdict(one.host.name, trial)
        codes.append(verdict.exit)
        done.append(
          TrialSteps.Host(word: one.word, entry: one.entry, isListed: one.isListed, verdict: verdict))
      } catch {
        // Nobody to ask, or Ctrl-C: the next host would fare no better.
        if case .prompt = error, rows.isEmpty { throw error }
        codes.append(FleetProgram.code(ofSetup: error))
        let found = Diagnosis(verdict: .bad, subject: "try", text: error.description)
        rows.append(DiagnosisRow(found, of: one.host, typed: session.typed))
        if case .prompt = error { break }
      }
    }
    try session.show(rows) {
      session.table(rows)
      guard !session.quiet else { return }
      done.forEach { session.print($0.verdict.headline) }
      let steps = TrialSteps(
        hosts: done, app: common.app, inventory: inventory?.location.map { $0.shown($0.file) },
        typed: session.typed)
      NextSteps.table(steps.lines).forEach { session.print($0) }
    }
    return RunExit.worst(codes)
  }

  /// nil: there is none, and none is needed.
  private func inventory(_ context: CommandContext) throws -> LoadedFleet? {
    do {
      return try context.loadFleet(InventoryChoice(inventory: common.inventory))
    } catch let error as InventoryErrors {
      // For hosts of no inventory the app may be any.
      if !error.appsToChooseFrom.isEmpty, common.app != nil { return try context.loadFleet(common.choice) }
      guard error.isForWantOfOne else { throw error }
      return nil
    }
  }

  private struct Tried {
    var host: Host
    var fleet: Fleet
    /// As it was typed.
    var word: String
    var entry: InventoryTemplate.Entry
    var isListed: Bool
  }

  /// The hosts in the order in which they were named, and the fleet that those of no inventory make up.
  private func tried(
    _ inventory: LoadedFleet?, _ context: CommandContext
  ) throws -> (hosts: [Tried], loaded: LoadedFleet?) {
    let entries = try InventoryTemplate.Entry.all(hosts)
    func listed(_ word: String) -> Host? { inventory?.fleet.hosts.first { $0.name.isSpelled(word) } }
    let guests = zip(hosts, entries).filter { listed($0.0) == nil }.map(\.1)
    var loaded: LoadedFleet?
    if !guests.isEmpty {
      let text = InventoryTemplate(
        app: common.app ?? inventory?.fleet.app ?? InitCommand.usualApp, hosts: guests
      )
      .text
      let location = inventory?.location ?? context.futureInventory()
      let fleet = try Fleet.load(from: location, saying: Array(text.utf8))
      loaded = LoadedFleet(
        fleet: fleet, origin: "no inventory: the hosts are as they are named, the app is \(fleet.app)")
    }
    let tried = zip(hosts, entries).compactMap { word, entry -> Tried? in
      if let host = listed(word), let fleet = inventory?.fleet {
        return Tried(host: host, fleet: fleet, word: word, entry: entry, isListed: true)
      }
      guard let fleet = loaded?.fleet, let host = fleet.hosts.first(where: { $0.name.isSpelled(entry.name) })
      else {
        return nil
      }
      return Tried(host: host, fleet: fleet, word: word, entry: entry, isListed: false)
    }
    return (tried, loaded)
  }
}

/// What is to be typed after a try. Pure.
struct TrialSteps {
  struct Host {
    /// As it was typed.
    var word: String
    var entry: InventoryTemplate.Entry
    var isListed: Bool
    var verdict: TrialVerdict
  }

  let hosts: [Host]
  /// What `--app` said.
  var app: String?
  /// The inventory's file, as it is shown; nil: there is none.
  var inventory: String?
  let typed: TypedFleet

  var lines: [NextSteps.Line] {
    var lines: [NextSteps.Line] = []
    func of(_ step: TrialVerdict.Step) -> [Host] { hosts.filter { $0.verdict.step == step } }
    let new = of(.bootstrap).filter { !$0.isListed } + of(.doctor).filter { !$0.isListed }
    if let inventory {
      lines += new.map {
        NextSteps.Line(command: String($0.entry.line.trimmed), why: "as a line under hosts: in \(inventory)")
      }
    } else if !new.isEmpty {
      let words = (app.map { ["--app", $0] } ?? []) + new.map(\.word)
      lines.append(
        NextSteps.Line(
          command: CommandWord.typed(["fleet", "init"] + words), why: "writes the first inventory"))
    }
    func add(_ hosts: [Host], _ verb: String, _ why: String, _ words: (Host) -> String) {
      guard !hosts.isEmpty else { return }
      lines.append(NextSteps.Line(command: typed.command(verb, hosts.map(words)), why: why))
    }
    // Whose key is not on file doctor does not reach.
    add(
      of(.bootstrap) + of(.doctor).filter { !$0.isListed }, "bootstrap",
      "shows and records the host's key, installs the agent"
    ) { $0.entry.name }
    add(of(.doctor).filter(\.isListed), "doctor", "all that an upgrade will need") { $0.entry.name }
    add(of(.again), "try", "once that is mended") { $0.word }
    return lines
  }
}
