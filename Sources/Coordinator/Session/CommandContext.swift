import Text
package import Report
package import Catalogue
package import Hosts
package import Inventory
package import Driver
import ByteText
import SystemPackage
import Wire
import Threads

/// Everything that a command takes from the world around it. Nothing else in Commands reads the
/// environment, a clock, a terminal or the network, so a test puts its own in.
package struct CommandContext: Sendable {
  package var environment: [String: String]
  /// user@machine, for claims.
  package var who: String
  /// Of the program itself.
  package var version: String
  package var time: TimeSource
  package var terminal: Terminal
  /// Each element is one Ctrl-C.
  package var interrupts: @Sendable () -> AsyncStream<Void>
  package var loadFleet: @Sendable (InventoryChoice) throws -> LoadedFleet
  /// Where the inventory is that `--inventory` names or that is found, whatever stands in it.
  package var findInventory: @Sendable (String?) throws -> InventoryLocation
  /// Where one would be that is not there yet.
  package var futureInventory: @Sendable () -> InventoryLocation
  package var connector: @Sendable (Fleet) throws -> any HostConnector
  package var catalogue: @Sendable (Fleet) throws -> any ReleaseCatalogue
  package var setup: @Sendable (Fleet) throws -> any HostSetup
  /// Tells whom `notify` names.
  package var notifier: any Notifier
  /// The agents that came with this fleet.
  package var agents: AgentBinaries

  /// What this machine is called.
  var machineName: String { who.cut(atLast: "@").map { String($0.after) } ?? "" }

  /// Where `fleet init` writes an inventory: what `--inventory` names, else in `~/.config/fleet`.
  func newInventory(_ option: String?) -> FilePath {
    let home = FilePath(environment["HOME"] ?? "/root")
    let folder =
      option.map { localPath($0, folder: "", home: home) } ?? home.appending(".config").appending("fleet")
    return folder.extension == "yaml" ? folder : folder.appending("fleet.yaml")
  }

  /// Says nothing beside results: for who only looks.
  var quiet: CommandContext {
    var quiet = self
    quiet.terminal.writeError = { _ in }
    return quiet
  }

  var renewal: AgentRenewal { AgentRenewal(version: version, agents: agents) }

  package init(
    environment: [String: String], who: String, version: String, time: TimeSource,
    terminal: Terminal, interrupts: @escaping @Sendable () -> AsyncStream<Void>,
    loadFleet: @escaping @Sendable (InventoryChoice) throws -> LoadedFleet,
    findInventory: @escaping @Sendable (String?) throws -> InventoryLocation,
    futureInventory: @escaping @Sendable () -> InventoryLocation,
    connector: @escaping @Sendable (Fleet) throws -> any HostConnector,
    catalogue: @escaping @Sendable (Fleet) throws -> any ReleaseCatalogue,
    setup: @escaping @Sendable (Fleet) throws -> any HostSetup, notifier: any Notifier,
    agents: AgentBinaries
  ) {
    self.environment = environment
    self.who = who
    self.version = version
    self.time = time
    self.terminal = terminal
    self.interrupts = interrupts
    self.loadFleet = loadFleet
    self.findInventory = findInventory
    self.futureInventory = futureInventory
    self.connector = connector
    self.catalogue = catalogue
    self.setup = setup
    self.notifier = notifier
    self.agents = agents
  }
}

/// Which inventory, and which of its apps.
package struct InventoryChoice: Equatable, Sendable {
  /// The value of `--inventory`.
  package var inventory: String?
  /// The value of `--app`.
  package var app: String?

  package init(inventory: String? = nil, app: String? = nil) { (self.inventory, self.app) = (inventory, app) }
}

/// A fleet, and the line that says where it was read.
package struct LoadedFleet: Sendable {
  package var fleet: Fleet
  package var origin: String
  /// nil where it was read from no file.
  package var location: InventoryLocation?

  package init(fleet: Fleet, origin: String, location: InventoryLocation? = nil) {
    self.fleet = fleet
    self.origin = origin
    self.location = location
  }
}

/// The three streams of the program, and what is behind them.
package struct Terminal: Sendable {
  /// Somebody can be asked: standard input and the error stream are a terminal.
  package var canAsk: Bool
  /// Standard output can be drawn on.
  package var canDraw: Bool
  package var size: @Sendable () -> (width: Int, height: Int)
  package var write: @Sendable (String) -> Void
  package var writeError: @Sendable (String) -> Void
  /// A line without its end, after a question on the error stream; nil at the end of input.
  package var ask: @Sendable (_ question: String) -> String?
  /// The same without echo.
  package var askSecret: @Sendable (_ question: String) -> String?
  /// What is waited for, on a line that is gone with whatever is written next; nil takes it away. Nothing where
  /// standard output cannot be drawn on.
  package var waits: @Sendable (String?) -> Void

  package init(
    canAsk: Bool, canDraw: Bool, size: @escaping @Sendable () -> (width: Int, height: Int),
    write: @escaping @Sendable (String) -> Void, writeError: @escaping @Sendable (String) -> Void,
    ask: @escaping @Sendable (_ question: String) -> String?,
    askSecret: @escaping @Sendable (_ question: String) -> String?,
    waits: @escaping @Sendable (String?) -> Void
  ) {
    self.canAsk = canAsk
    self.canDraw = canDraw
    self.size = size
    self.write = write
    self.writeError = writeError
    self.ask = ask
    self.askSecret = askSecret
    self.waits = waits
  }
}

extension Terminal {
  /// A line of text for people on standard output: where that is a terminal, its words stay whole.
  func tell(_ line: String) {
    write((canDraw ? Columns.folded(line, to: size().width) : line) + "\n")
  }
}

/// Asks through a terminal; `--yes` answers yes and shows it.
struct TerminalPrompter: Prompter {
  let terminal: Terminal
  let yes: Bool
  /// Answers that `--yes` gives are not told.
  var quiet = false
  /// Whether it is shown what is waited for.
  var showsWaits = true

  func say(_ line: String) { terminal.writeError(line + "\n") }

  func wait(_ text: String?) { if showsWaits, !quiet { terminal.waits(text) } }

  func confirm(_ question: String) async throws(PromptError) -> Bool {
    if yes {
      if !quiet { say("\(question) yes (--yes)") }
      return true
    }
    guard terminal.canAsk else { throw .nobody(question: question) }
    // Hosts may be followed meanwhile, and Ctrl-C is to be heard.
    let terminal = terminal
    while true {
      guard let answer = await onOwnThread({ _ in terminal.ask("\(question) [y/N] ") }) else {
        throw .interrupted
      }
      switch String(answer.trimmed).asciiLowercase {
      case "y", "yes": return true
      case "n", "no", "": return false
      case _: say("\"\(visible(answer, limit: 60))\" is neither y nor n (Enter alone is n)")
      }
    }
  }

  func secret(_ question: String) async throws(PromptError) -> String {
    guard terminal.canAsk else { throw .nobody(question: question) }
    guard let answer = terminal.askSecret("\(question) ") else { throw .interrupted }
    return answer
  }
}
