import Hosts
import Inventory
import Text
import Wire

extension Session {
  /// One question to one host. What the agent refuses is thrown.
  func ask(_ host: Host, _ request: Request) async throws -> Reply {
    let connection = try await context.connector(fleet).connect(to: host)
    let result: Result<Reply, HostError>
    do throws(HostError) {
      result = .success(try await connection.ask(request))
    } catch {
      result = .failure(error)
    }
    await connection.close()
    switch try result.get() {
    case .refused(let reason): throw AgentRefusal(host: host.name, reason: reason)
    case .unsupported(let text): throw HostError.incompatible(text)
    case let reply: return reply
    }
  }
}

/// The agent says no to what was asked of it by hand. Exit code 2.
struct AgentRefusal: Error, CustomStringConvertible {
  var host: String
  var reason: Cause

  var description: String { "\(host): \(visible(reason.text))" }
}
