import Synchronization

extension Zone {
  /// Those that were asked for; tables and live views ask often.
  private static let read = Mutex<[String: Zone]>([:])

  /// - Parameter name: as IANA has it; nil, or none that is known here: this machine's.
  package static func of(_ name: String?) -> Zone {
    guard let name else { return LocalZone.current.zone }
    if let zone = read.withLock({ $0[name] }) { return zone }
    guard let zone = try? ZoneFolder.system.zone(name) else { return LocalZone.current.zone }
    read.withLock { $0[name] = zone }
    return zone
  }
}
