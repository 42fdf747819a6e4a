import Driver
import Report
import ArgumentParser
import ByteText
import Wire

/// A command of fleet: parsed by ArgumentParser, run with its effects as a parameter.
protocol Verb: ParsableCommand {
  var common: CommonOptions { get set }
  func run(on context: CommandContext) async throws -> RunExit
}

/// One that only looks, or does the same for whatever app: where none is named of several, it goes through them.
protocol EachAppVerb: Verb {}

enum OutputForm: String, ExpressibleByArgument, CaseIterable, Sendable { case text, json }

/// Options that every command has.
struct CommonOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "A fleet.yaml or its folder; else the one here, in a folder above, or in ~/.config/fleet.",
      valueName: "path"))
  var inventory: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Which app is meant, where the inventory is of several.", valueName: "name"))
  var app: String?

  @Option(name: [.short, .long], help: "text for people, json for programs.")
  var output: OutputForm = .text

  @Flag(name: [.short, .long], help: "Answer every question with yes, except for passwords.")
  var yes = false

  @Flag(name: [.short, .long], help: "Say nothing unless something is wrong.")
  var quiet = false

  @Flag(
    name: [.short, .long],
    help: """
      Say more: each step as a dated line, notes of the inventory, which hosts are reached by your own ssh and why, \
      the end of a failed host's log.
      """)
  var verbose = false
}

extension CommonOptions {
  var choice: InventoryChoice { InventoryChoice(inventory: inventory, app: app) }

  private static let withValue: Set = ["-i", "--inventory", "--app", "-o", "--output"]
  private static let flags: Set = ["-y", "--yes", "-q", "--quiet", "-v", "--verbose"]

  /// The same with what all commands take behind the command, where it stands before it: ArgumentParser knows it only
  /// there. Anything else before it is left for ArgumentParser to refuse.
  ///
  /// - Parameter parts: the second words of the commands that have some.
  static func behindCommand(
    _ arguments: [String], of commands: [String], parts: [String: [String]] = [:]
  ) -> [String] {
    let moved = Self.moved(arguments, behind: commands)
    guard let first = moved.first, let seconds = parts[first] else { return moved }
    return [first] + Self.moved(Array(moved.dropFirst()), behind: seconds)
  }

  private static func moved(_ arguments: [String], behind commands: [String]) -> [String] {
    var place = 0
    while place < arguments.count {
      let word = arguments[place]
      if flags.contains(word)
        || withValue.contains(where: { word.begins(with: $0 + "=") && $0.begins(with: "--") })
      {
        place += 1
      } else if withValue.contains(word) {
        place += 2
      } else {
        break
      }
    }
    guard place > 0, place < arguments.count, commands.contains(arguments[place]) else { return arguments }
    return [arguments[place]] + arguments[..<place] + arguments[(place + 1)...]
  }
}

/// Which hosts are meant.
struct HostOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Hosts or groups, as Ansible's patterns: veg, flower:!flower-2, dry*, @failed. Default: all.",
      valueName: "host"))
  var hosts: [String] = []

  @Option(name: .long, help: ArgumentHelp("The same as an option.", valueName: "pattern"))
  var limit: [String] = []

  var patterns: [String] { hosts + limit }
}

/// Which release is meant.
struct TargetOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Move along this track: v4, v4.1, exp-v4. A host's own track stays. Default: its installed major.",
      valueName: "track"))
  var track: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Exactly this release, or this tag; it may cross a major, and the question says so.",
      valueName: "version"))
  var to: String?

  @Flag(
    name: .long, help: "With --to: also to an older one, or where nobody can tell which is the older one.")
  var allowDowngrade = false

  @Flag(
    name: .long,
    help: "Try again where a host refused the release before, or where it failed and the host was cleared.")
  var retry = false

  @Flag(
    name: .long,
    help: """
      Leave in the backup what is neither as the release has it, nor carried, nor ignored, instead of refusing the \
      host.
      """)
  var leave = false

  @Flag(name: .long, help: "Go on although the installed version is unwell.")
  var repair = false

  func validate() throws {
    if track != nil, to != nil { throw ValidationError("--track and --to exclude each other.") }
    if allowDowngrade, to == nil { throw ValidationError("--allow-downgrade goes with --to VERSION.") }
    _ = try wishes()
  }

  func wishes() throws -> PlanWishes {
    var wishes = PlanWishes(allowDowngrade: allowDowngrade, retry: retry, repair: repair)
    if let track {
      wishes.target = .track(try Parsing.track(track))
    } else if let to {
      wishes.target = .exactly(try Parsing.release(to))
    }
    return wishes
  }
}
