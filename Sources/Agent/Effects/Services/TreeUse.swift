import Glibc
package import Files
package import SystemPackage

/// Who uses the install: after the stop nobody may, since what such a process writes would go into the backup.
package enum TreeUse {
  /// For people, one text for each process; empty when nobody does.
  /// - Parameter note: is told which processes could not be looked at whole.
  package static func remaining(
    _ services: any ServiceControl, install: FilePath, note: (String) -> Void = { _ in }
  ) throws(TreeUseError) -> [String] {
    let (left, holders) = try look(services, install, note)
    let named = Set(holders.map(\.pid))
    return holders.map(\.description)
      + left.filter { !named.contains($0.pid) }.map { "\($0) is left of a stopped service" }
  }

  /// Who uses the install beside the app while that runs, and so would after the stop. Of an app that commands start
  /// nobody can tell which processes are its own: there it is only who sits at a terminal.
  package static func strangers(
    _ services: any ServiceControl, install: FilePath, note: (String) -> Void = { _ in }
  ) throws(TreeUseError) -> [String] {
    let (own, holders) = try look(services, install, note)
    let known = Set(own.map(\.pid))
    return holders.filter { holder in
      !known.contains(holder.pid)
        && (services.knowsItsProcesses || ProcessTree.entry(of: holder.pid)?.hasTerminal == true)
    }.map(\.description)
  }

  private static func look(
    _ services: any ServiceControl, _ install: FilePath, _ note: (String) -> Void
  ) throws(TreeUseError) -> ([ServiceProcess], [Holder]) {
    let own: [ServiceProcess]
    do { own = try services.processes() } catch { throw .services(error) }
    let holders: Holders
    do { holders = try Holders.scan(of: install, excluding: [getpid()]) } catch { throw .file(error) }
    if !holders.hiddenProcesses.isEmpty {
      let pids = holders.hiddenProcesses.prefix(10).map { "\($0)" }.joined(separator: " ")
      note("\(holders.hiddenProcesses.count) processes could not be looked at whole (pid \(pids))")
    }
    return (own, holders.holders)
  }
}

package enum TreeUseError: Error, Equatable, Sendable, CustomStringConvertible {
  case services(ServiceError)
  case file(FileError)

  package var description: String {
    switch self {
    case .services(let error): "\(error)"
    case .file(let error): "who uses the install cannot be found out: \(error)"
    }
  }
}
