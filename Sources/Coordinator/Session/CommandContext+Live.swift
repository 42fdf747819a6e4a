import Report
import Catalogue
import Driver
import Inventory
import Hosts
import ByteText
import FoundationEssentials
import Glibc
import SystemPackage
import Wire

extension CommandContext {
  /// The real world.
  package static func system() -> CommandContext {
    let environment = ProcessInfo.processInfo.environment
    let terminal = Terminal.system(environment: environment)
    return CommandContext(
      environment: environment, who: who(environment), version: FleetVersion.text, time: .system,
      terminal: terminal, interrupts: { Signals.interrupts() },
      loadFleet: { choice in
        let location = try find(choice.inventory, environment)
        return LoadedFleet(
          fleet: try Fleet.load(from: location, app: choice.app), origin: location.description,
          location: location)
      },
      findInventory: { option in try find(option, environment) },
      futureInventory: { .future() },
      connector: { connector($0, terminal) },
      catalogue: { fleet in
        LiveCatalogue(
          app: fleet.app, inventory: fleet.folder, cache: cache(environment), environment: environment)
      },
      setup: { LiveSetup(connector: connector($0, terminal)) },
      notifier: LiveNotifier(environment: environment), agents: .shipped)
  }

  private static func find(
    _ option: String?, _ environment: [String: String]
  ) throws(InventoryErrors) -> InventoryLocation {
    try InventoryLocation.find(option: option) {
      RolloutStore(environment: environment).lastInventories()
    }
  }

  private static func connector(_ fleet: Fleet, _ terminal: Terminal) -> SSHConnector {
    SSHConnector(
      knownHosts: fleet.folder.appending("known_hosts"), version: FleetVersion.text,
      passphrase: { key in
        terminal.canAsk ? terminal.askSecret("Passphrase of \(key): ") : nil
      })
  }

  /// XDG base directory specification; `~/.cache` where the variable is not set.
  private static func cache(_ environment: [String: String]) -> FilePath {
    let cache =
      environment["XDG_CACHE_HOME"].flatMap { $0.begins(with: "/") ? $0 : nil }
      ?? (environment["HOME"] ?? "/root") + "/.cache"
    return FilePath(cache).appending("fleet").appending("releases")
  }

  private static func who(_ environment: [String: String]) -> String {
    var name = utsname()
    uname(&name)
    let machine = withUnsafeBytes(of: name.nodename) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return "\(environment["USER"] ?? environment["LOGNAME"] ?? "user\(getuid())")@\(machine)"
  }
}
