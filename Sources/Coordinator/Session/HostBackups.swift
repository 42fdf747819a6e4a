import Driver
import Hosts
import Inventory
import Report
import Text
import Wire

/// The backups of a host, asked over the profile that it is found with.
enum HostBackups {
  struct Trouble: Error, CustomStringConvertible {
    var text: String
    var code: RunExit

    var description: String { text }

    init(_ error: any Error, at host: Host) {
      let reason = (error as? AgentRefusal)?.reason.text
      text = visible((error as? HostError)?.text(at: host.name) ?? reason ?? "\(error)")
      code = (error as? HostError)?.isAway == true ? .unreachable : .failed
    }
  }

  /// The newest first. Asks the host which of its profiles applies before.
  static func list(_ host: Host, _ session: Session) async -> Result<[Backup], Trouble> {
    do {
      let profile = try await profile(of: host, session)
      guard case .backups(let list) = try await session.ask(host, .backups(profile.agent)) else {
        throw HostError.protocolFault("the agent listed no backups")
      }
      let known = list.prefix(WireLimits.listEntries)
      return .success(known.sorted { $0.timeMilliseconds > $1.timeMilliseconds })
    } catch {
      return .failure(Trouble(error, at: host))
    }
  }

  /// The profile that fits what is installed, else the first: a broken install has backups too.
  static func profile(of host: Host, _ session: Session) async throws -> Profile {
    guard let first = host.profiles.first else {
      throw UsageError("\(host.name) has no profile")
    }
    guard host.profiles.count > 1 else { return first }
    let reply = try await session.ask(host, .probe(profiles: host.profiles.map(\.agent)))
    guard case .probe(let probe) = reply else { return first }
    return host.installed(in: probe)?.0 ?? first
  }
}
