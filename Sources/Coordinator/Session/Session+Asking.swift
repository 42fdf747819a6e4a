import Hosts
import Inventory
import Text
import Wire

extension Session {
  /// One question to one host. What the agent refuses is thrown.
  func ask(_ host: Host, _ request: Request) async throws -> Reply {
    let reply = try await context.connector(fleet).visit(host) { (connection) async throws(HostError) in
      try await connection.ask(request)
    }
    switch reply {
    case .refused(let reason): throw AgentRefusal(host: host.name, reason: reason)
    case .unsupported(let text): throw HostError.incompatible(text)
    default: return reply
    }
  }
}

/// The agent says no to what was asked of it by hand. Exit code 2.
struct AgentRefusal: Error, CustomStringConvertible {
  var host: String
  var reason: Cause

  var description: String { "\(host): \(visible(reason.text))" }
}
