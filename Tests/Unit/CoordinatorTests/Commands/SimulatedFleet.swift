import CoordinatorSupport
import Synchronization
import SystemPackage
@testable import Wire

@testable import Inventory
@testable import Hosts
@testable import Coordinator

final class SimulatedFleet: HostConnector {
  let agents: [String: SimulatedAgent]

  init(_ versions: [(String, String?)]) {
    agents = Dictionary(uniqueKeysWithValues: versions.map { ($0.0, SimulatedAgent($0.0, version: $0.1)) })
  }

  func connect(to host: Host) async throws(HostError) -> any HostConnection {
    guard let agent = agents[host.name] else { throw .unreachable("\(host.name): no route to host") }
    let error = agent.state.withLock { state -> HostError? in
      state.connections += 1
      if let error = state.conduct.connectError { return error }
      if state.isGone { return .unreachable("\(host.name): no route to host") }
      if state.hasBroken, state.conduct.failedConnections > 0 {
        state.conduct.failedConnections -= 1
        return .unreachable("\(host.name): no route to host")
      }
      return nil
    }
    if let error { throw error }
    return SimulatedConnection(agent)
  }

  func set(_ host: String, _ change: (inout SimulatedAgent.Conduct) -> Void) {
    agents[host]?.change { change(&$0.conduct) }
  }

  func executions() -> [String: Int] { agents.mapValues { agent in agent.read { $0.executions } } }

  func versions() -> [String: String?] { agents.mapValues { agent in agent.read { $0.version } } }
}
