import Rollout
import Inventory
import Report
import Driver
import Catalogue
import Hosts
import Release
import Wire

/// Asks hosts that would go what would stay behind there, as their stage will: a plan that did not look would say of a
/// host that it goes, and it would be refused.
struct PlanAccounts {
  let session: Session
  let connector: any HostConnector
  let catalogue: any ReleaseCatalogue
  let tags: Tags
  /// Whether the installed release is fetched where it is not in the cache.
  let mayFetch: Bool

  /// By the host's name.
  func ask(_ plan: Plan) async -> [String: FileAccount] {
    var accounts: [String: FileAccount] = [:]
    var orders: [String: (order: AccountOrder, file: ListingFile?)] = [:]
    var hosts: [Host] = []
    for leg in plan.legs {
      var listings: [String: ListingFile?] = [:]
      for entry in leg.going {
        guard let profile = entry.profile else { continue }
        var file: ListingFile?
        if let tag = entry.listing?.text {
          guard mayFetch || tags.isFetched(tag, of: leg.source) else {
            let ways = [session.typed.command("fetch --to", [tag]), session.typed.command("plan --adopt")]
            accounts[entry.host.name] = .unknown(
              "what \(tag) consists of is not in the cache; \(ways.joined(separator: ", or "))")
            continue
          }
          if listings[tag] == nil {
            let shelf = ReleaseShelf(
              session: session, catalogue: catalogue, source: leg.source, verify: leg.verify)
            listings[tag] = await shelf.listing(tag)
          }
          file = listings[tag] ?? nil
        }
        orders[entry.host.name] = (
          AccountOrder(profile: profile.agent, installedListing: file?.artifact), file
        )
        hosts.append(entry.host)
      }
    }
    let (asked, connector) = (orders, connector)
    for (host, answer) in await session.each(
      hosts,
      { host in
        guard let (order, file) = asked[host.name] else { return FileAccount.unknown("it was not asked") }
        return await Self.ask(host, order, file, over: connector)
      })
    {
      accounts[host.name] = answer
    }
    return accounts
  }

  private static func ask(
    _ host: Host, _ order: AccountOrder, _ file: ListingFile?, over connector: any HostConnector
  ) async -> FileAccount {
    do throws(HostError) {
      let reply = try await connector.visit(host) { (connection) async throws(HostError) in
        if let file {
          try await connection.upload(
            app: order.profile.app, file: file.file, sha256: file.artifact.sha256, size: file.artifact.size,
            progress: { _ in })
        }
        return try await connection.ask(.account(order))
      }
      switch reply {
      case .account(let groups): return .groups(groups)
      case .refused(let reason): return .unknown(reason.text)
      case .unsupported: return .unknown("its agent is an older one; its stage looks")
      case let other: throw HostError.unexpected(other)
      }
    } catch {
      return .unknown("\(error)")
    }
  }
}

extension Plan {
  /// The plan with those hosts refused whose stage will refuse them.
  ///
  /// - Parameter leave: `--leave`, which is never meant for data.
  func refusing(_ accounts: [String: FileAccount], leave: Bool) -> Plan {
    var plan = self
    for leg in legs.indices {
      for index in legs[leg].entries.indices {
        let entry = legs[leg].entries[index]
        guard case .goes(let from) = entry.verdict, case .groups(let groups) = accounts[entry.host.name],
          let cause = Self.cause(groups, leave: leave)
        else { continue }
        plan.legs[leg].entries[index].verdict = .rests(.refused, from: from, cause)
      }
    }
    return plan
  }

  private static func cause(_ groups: [FileGroup], leave: Bool) -> Cause? {
    let data = groups.filter { [.database, .linkOut].contains($0.kind) }
    let count = groups.reduce(0) { $0 + $1.count }
    if let first = data.first {
      return Cause(
        code: .dataLeftBehind, step: .account,
        text: "the new version would begin without \(first.text)" + (data.count > 1 ? ", and others" : ""))
    }
    guard count > 0, !leave else { return nil }
    return Cause(
      code: .leftBehind, step: .account,
      text: "\(count) \(count == 1 ? "file" : "files") would stay behind in the backup")
  }
}
