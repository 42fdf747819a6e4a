import Rollout
import Hosts
import Report
import Driver
import Inventory
import Store
import ByteText
import FoundationEssentials
import Synchronization
import SystemPackage
import Wire

/// One run of a command: its effects, what was asked for, and the fleet.
struct Session: Sendable {
  let context: CommandContext
  let output: OutputForm
  let yes: Bool
  let quiet: Bool
  let verbose: Bool
  let fleet: Fleet
  /// nil where the inventory was read from no file.
  let location: InventoryLocation?
  let store: RolloutStore
  let leftClaims: LeftClaims
  /// What is printed to be typed next.
  let typed: TypedFleet
  /// The same where it is read elsewhere: in a notification, on a page.
  let typedAnywhere: TypedFleet
  private let screen = Screen()

  /// Reads the inventory and says which one.
  init(_ context: CommandContext, _ common: CommonOptions) throws {
    self.context = context
    output = common.output
    yes = common.yes
    quiet = common.quiet
    verbose = common.verbose
    let loaded = try context.loadFleet(common.choice)
    fleet = loaded.fleet
    location = loaded.location
    store = RolloutStore(environment: context.environment)
    leftClaims = LeftClaims(who: context.who, store: store, inventory: fleet.folder.string)
    let asTyped = TypedFleet(inventory: common.inventory)
    typed = (location?.typed ?? asTyped).of(app: fleet.namedApp)
    typedAnywhere = (location?.typedAnywhere ?? asTyped).of(app: fleet.namedApp)
    aside(fleet.namedApp.map { "\(loaded.origin), app: \($0)" } ?? loaded.origin)
    fleet.warnings.forEach { aside($0) }
  }

  var prompter: TerminalPrompter {
    TerminalPrompter(terminal: context.terminal, yes: yes, quiet: quiet, showsWaits: output == .text)
  }

  /// The hosts that patterns mean; `@failed` are those of the last rollout.
  func select(_ patterns: [String]) throws -> [Host] {
    var failed: Set<String> = []
    if patterns.contains(where: { $0.holds("@failed") }) {
      let last = try lastUpgrade()
      let wrong: [Outcome] = [.failed, .rolledBack, .refused, .unknown]
      failed = Set(last?.rollout.members.filter { $0.outcome.map(wrong.contains) ?? false }.map(\.name) ?? [])
    }
    return try HostPattern.select(
      patterns, from: fleet.hosts, failed: failed, elsewhere: fleet.elsewhere)
  }

  /// The last upgrade of this inventory and app.
  func lastUpgrade() throws(StoreError) -> RolloutRecord? {
    try store.lastUpgrade(inventory: fleet.folder, app: fleet.namedApp)
  }

  /// The rollouts of this inventory and app, the newest first.
  func records(limit: Int = .max) throws(StoreError) -> [RolloutRecord] {
    try store.records(inventory: fleet.folder, app: fleet.namedApp, limit: limit)
  }

  /// A single host, for what is done one by one.
  func one(_ pattern: String) throws -> Host {
    let hosts = try select([pattern])
    guard hosts.count == 1, let host = hosts.first else {
      throw UsageError("\(pattern) are \(hosts.count) hosts; this is done one by one.")
    }
    return host
  }

  /// The way to the fleet's hosts; with `--verbose` it says where it is not the usual one.
  func connector() throws -> any HostConnector {
    let connector = try context.connector(fleet)
    return verbose ? TellingConnector(connector) { aside($0) } : connector
  }

  // MARK: Speaking

  /// A result, on standard output.
  func print(_ line: String) { if output == .text { context.terminal.tell(line) } else { printWhole(line) } }

  /// A line that is to be pasted or read by a program.
  func printWhole(_ line: String) { context.terminal.write(line + "\n") }

  /// What goes beside the result: on the error stream, and not with `--quiet`.
  func aside(_ line: String) {
    guard !quiet else { return }
    warn(line)
  }

  /// What must be read even then.
  func warn(_ line: String) {
    screen.besides { context.terminal.writeError(visible(line, lines: true) + "\n") }
  }

  /// For a rollout that may be another inventory's.
  func typed(for header: RolloutHeader, isReadHere: Bool) -> TypedFleet {
    // Whether another one is of several apps is not known; typed without, it says what to type.
    guard header.inventory == fleet.folder.string else { return TypedFleet(inventory: header.inventory) }
    return (isReadHere ? typed : typedAnywhere).of(app: fleet.namedApp == nil ? nil : header.app)
  }

  var width: Int? { context.terminal.canDraw ? context.terminal.size().width : nil }

  /// Whether results may be coloured (NO_COLOR, TERM).
  var hasColor: Bool { context.terminal.canDraw && LiveStyle(environment: context.environment).color }

  /// - Parameter optional: columns that a narrow terminal leaves out, the least needed first.
  func table(_ header: [String], _ rows: [[String]], optional: [String] = []) {
    let table = Table(header: header, rows: rows, width: width, hasColor: hasColor, optional: optional)
    for line in table.lines { print(line) }
  }

  /// One rendering of each thing: the same value as text or as JSON.
  func show(_ value: some Encodable, text: () -> Void) throws {
    switch output {
    case .text: text()
    case .json: print(String(decoding: try SnakeJSON.encoder.encode(value), as: UTF8.self))
    }
  }

  func makeDisplay() -> any Display {
    let terminal = context.terminal
    switch output {
    case .json: return JSONDisplay(write: terminal.write)
    case .text where quiet: return SilentDisplay()
    case .text where terminal.canDraw && !verbose:
      let display = TerminalDisplay(
        style: LiveStyle(environment: context.environment), size: terminal.size, time: context.time,
        write: terminal.write)
      screen.show(display)
      return display
    case .text:
      return PlainDisplay(
        verbose: verbose, zone: fleet.timezone, time: context.time, typed: typed, write: terminal.write)
    }
  }
}

/// What is drawn on the terminal just now, so that nobody writes into it.
private final class Screen: Sendable {
  private let display = Mutex<TerminalDisplay?>(nil)

  func show(_ display: TerminalDisplay) { self.display.withLock { $0 = display } }

  func besides(_ write: () -> Void) {
    guard let display = display.withLock({ $0 }) else { return write() }
    display.besides(write)
  }
}

/// The command line asks for something that cannot be.
struct UsageError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}
