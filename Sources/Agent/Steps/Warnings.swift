import Effects
import Files
import Glibc
import SystemPackage
import Wire

/// What a person should know of a host before its first cutover, though nothing keeps that from happening.
struct Warnings {
  let profile: AppProfile
  let install: FilePath
  let services: any ServiceControl
  var isJob = false

  /// In words, at most as many as travel.
  func look() -> [String] {
    Array((memory() + databasesElsewhere()).prefix(WireLimits.listEntries))
  }

  private func memory() -> [String] {
    guard let mount = try? MountTable.read().mount(holding: install), mount.isInMemory else { return [] }
    return [
      "the install lies in memory (\(mount.point.printable)): it is gone at the next boot, upgraded or not"
    ]
  }

  /// Databases that the app's own processes write to, of which the profile says nothing.
  private func databasesElsewhere() -> [String] {
    let named = profile.outside.map { FilePath($0) }
    // Where nobody waits for an answer a file server that is away may be waited for.
    let known = [install] + named + (isJob ? named.compactMap { try? realPath($0) } : [])
    return OpenDatabases.of(processes()).filter { path in !known.contains { path.starts(with: $0) } }.map {
      "the app writes to the database \(visible($0.string, limit: 200)), which an undo does not bring back: "
        + "name it, or its folder, under outside: in the profile"
    }
  }

  /// Of an app that commands start nobody can tell which processes are its own: there it is who uses the install.
  private func processes() -> [Int32] {
    if services.knowsItsProcesses { return (try? services.processes().map(\.pid)) ?? [] }
    return (try? Holders.scan(of: install, excluding: [getpid()]).holders.map(\.pid)) ?? []
  }
}
