import Glibc
internal import Files
internal import SystemPackage

/// Who still uses the install after the stop: then it cannot be exchanged, since what such a process
/// writes would go into the backup.
enum TreeUse {
  /// For people, one text for each process; empty when nobody does.
  static func remaining(_ services: any ServiceControl, install: FilePath) throws(TreeUseError) -> [String] {
    let left: [ServiceProcess]
    do { left = try services.leftovers() } catch { throw .services(error) }
    let holders: Holders
    do { holders = try Holders.scan(of: install, excluding: [getpid()]) } catch { throw .file(error) }
    let named = Set(holders.holders.map(\.pid))
    return holders.holders.map(\.description)
      + left.filter { !named.contains($0.pid) }.map { "\($0) is left of a stopped service" }
  }
}

enum TreeUseError: Error, Equatable, Sendable, CustomStringConvertible {
  case services(ServiceError)
  case file(FileError)

  var description: String {
    switch self {
    case .services(let error): "\(error)"
    case .file(let error): "who uses the install cannot be found out: \(error)"
    }
  }
}
