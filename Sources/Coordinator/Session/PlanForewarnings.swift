import Rollout
import Inventory
import Report
import Driver
import Hosts
import Wire

/// Asks hosts that would go what their profile's `forewarn` commands say, before anybody says yes.
struct PlanForewarnings {
  let session: Session
  let connector: any HostConnector

  /// By the host's name; of a host whose profile has no such command nothing.
  func ask(_ plan: Plan) async -> [String: Forewarning] {
    var profiles: [String: AppProfile] = [:]
    var hosts: [Host] = []
    for entry in plan.legs.flatMap(\.going) {
      guard let agent = entry.profile?.agent, agent.forewarn?.isEmpty == false else { continue }
      profiles[entry.host.name] = agent
      hosts.append(entry.host)
    }
    guard !hosts.isEmpty else { return [:] }
    let (asked, connector) = (profiles, connector)
    var found: [String: Forewarning] = [:]
    for (host, answer) in await session.each(
      hosts,
      { host in
        guard let profile = asked[host.name] else { return Forewarning.unknown("it was not asked") }
        return await Self.ask(host, profile, over: connector)
      })
    {
      found[host.name] = answer
    }
    return found
  }

  private static func ask(
    _ host: Host, _ profile: AppProfile, over connector: any HostConnector
  ) async -> Forewarning {
    do throws(HostError) {
      let reply = try await connector.visit(host) { (connection) async throws(HostError) in
        try await connection.ask(.forewarn(profile))
      }
      switch reply {
      case .forewarned(let lines): return .lines(lines)
      case .refused(let reason): return .unknown(reason.text)
      case .unsupported: return .unknown("its agent is an older one; its stage renews it")
      case let other: throw HostError.unexpected(other)
      }
    } catch {
      return .unknown("\(error)")
    }
  }
}
