import Store
import Hosts
import Text
import Inventory
import Report
import ByteText
import ArgumentParser
import SystemPackage

struct InitCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a first inventory.",
    discussion: """
      Writes it to --inventory PATH, else to ~/.config/fleet, and never over another one. Your SSH configuration \
      says what a host leaves out: where "ssh NAME" works, fleet works. Where none is said, a person is asked, and \
      sees which machines this one knows: from ~/.ssh/config, from known_hosts, and from the network where \
      avahi-browse is installed. Every other key stands in the file as a comment. At the end it reads the file back, \
      and says where the app has no profile. The app is that of --app, else mycodo.

      Examples:
        fleet init veg=192.168.1.21 flower=me@flower.local
        fleet init --app growroom -i ./inventory veg
      """)

  /// The app of who does not say which.
  static let usualApp = "mycodo"

  @Argument(help: ArgumentHelp("NAME, NAME=ADDRESS, NAME=USER@ADDRESS or USER@ADDRESS.", valueName: "host"))
  var hosts: [String] = []
  @OptionGroup var common: CommonOptions

  private var app: String { common.app ?? Self.usualApp }

  func validate() throws {
    guard Values.isPlainName(app, bytes: 64) else { throw ValidationError("\"\(app)\" is no app's name.") }
    do throws(Wrong) { _ = try InventoryTemplate.Entry.all(hosts) } catch {
      throw ValidationError("\(error.message).")
    }
  }

  func run(on context: CommandContext) async throws -> RunExit {
    let home = context.environment["HOME"] ?? "/root"
    let file = context.newInventory(common.inventory)
    guard !NewFile.isThere(file) else { throw isThere(file) }
    let entries = hosts.isEmpty ? try ask(context, home: FilePath(home)) : try entries(hosts)
    guard try NewFile.write(InventoryTemplate(app: app, hosts: entries).text, to: file) else {
      throw isThere(file)
    }
    if !common.quiet {
      context.terminal.tell("\(file) is written: \(Wording.hosts(entries.count)), app \(app)")
    }
    var why = "shows and records the hosts' keys, installs the agent"
    var location: InventoryLocation?
    do {
      location = try context.loadFleet(InventoryChoice(inventory: common.inventory ?? file.string)).location
    } catch let error as InventoryErrors {
      context.terminal.writeError("\(error)\n")
      location = common.inventory.flatMap { try? InventoryLocation.find(option: $0) }
      why = "once that is mended"
    }
    guard !common.quiet else { return .good }
    // From within another inventory's folder that one is found first.
    let typed = location?.typed ?? TypedFleet(inventory: common.inventory)
    NextSteps.table([NextSteps.Line(command: typed.command("bootstrap"), why: why)]).forEach {
      context.terminal.tell($0)
    }
    return .good
  }

  private func entries(_ words: [String]) throws -> [InventoryTemplate.Entry] {
    do throws(Wrong) { return try InventoryTemplate.Entry.all(words) } catch {
      throw UsageError(error.message)
    }
  }

  /// A file is only written with hosts that somebody named.
  private func ask(_ context: CommandContext, home: FilePath) throws -> [InventoryTemplate.Entry] {
    let terminal = context.terminal
    guard terminal.canAsk else {
      throw UsageError("which hosts? As in: fleet init veg=192.168.1.21 flower=me@flower.local")
    }
    terminal.waits("looking which machines this one knows ...")
    let known = MachineLook(home: home, path: context.environment["PATH"], ownName: context.machineName)
      .look()
    terminal.waits(nil)
    let choice = HostChoice(known.machines)
    terminal.writeError(choice.question + "\n")
    while true {
      guard let answer = terminal.ask("hosts: ") else { throw PromptError.interrupted }
      do throws(UsageError) {
        let entries = try choice.entries(answer)
        if !entries.isEmpty { return entries }
      } catch {
        terminal.writeError("\(error)\n")
      }
    }
  }

  private func isThere(_ file: FilePath) -> UsageError {
    UsageError(
      "\(file) is there already, and is not overwritten; a host is a line in it. Another inventory has a folder of its "
        + "own: fleet init -i FOLDER …")
  }
}
