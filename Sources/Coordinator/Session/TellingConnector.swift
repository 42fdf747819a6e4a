import Inventory
import Hosts
import Synchronization
import Wire

/// Says of each host once what carries its conversation, where that is worth a word.
final class TellingConnector: HostConnector {
  private let connector: any HostConnector
  private let tell: @Sendable (String) -> Void
  private let told = Mutex<Set<String>>([])

  init(_ connector: any HostConnector, tell: @escaping @Sendable (String) -> Void) {
    self.connector = connector
    self.tell = tell
  }

  func connect(to host: Host) async throws(HostError) -> any HostConnection {
    let connection = try await connector.connect(to: host)
    if let carrier = await connection.carrier, told.withLock({ $0.insert(host.name).inserted }) {
      tell("\(host.name) is reached by \(carrier)")
    }
    return connection
  }
}
