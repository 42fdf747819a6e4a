import Text
import Rollout
import Hosts
import Inventory
import Driver
import Wire

/// Asks hosts what is on them, several at once. A host that does not answer is a result.
enum Survey {
  /// Conversations at once: each is a thread and a socket.
  static let parallel = 16

  static func ask(_ host: Host, over connector: any HostConnector) async -> SurveyAnswer {
    await meet(host, over: connector).answer
  }

  /// Also says who answered; nil where nobody did.
  static func meet(
    _ host: Host, over connector: any HostConnector
  ) async -> (answer: SurveyAnswer, hello: HostHello?) {
    var hello: HostHello?
    do throws(HostError) {
      let answer = try await connector.visit(host) { (connection) async throws(HostError) in
        hello = await connection.hello
        return try await look(host, over: connection)
      }
      return (answer, hello)
    } catch {
      return (.error(error), hello)
    }
  }

  /// What is installed, and how it is: an app at rest is asked for its health, which no job looks at where nothing is
  /// to be upgraded.
  private static func look(
    _ host: Host, over connection: any HostConnection
  ) async throws(HostError) -> SurveyAnswer {
    switch try await connection.ask(.probe(profiles: host.profiles.map(\.agent))) {
    case .probe(var probe):
      probe.architecture = await connection.hello.architecture
      guard let profile = host.installed(in: probe)?.0, probe.isAtRest else { return .probe(probe) }
      // That it is there was said; whatever comes in between now is no news.
      let reply = try? await connection.ask(.health(profile.agent))
      return .probe(probe, health: reply.flatMap { try? AppHealth($0) } ?? .unknown)
    case .refused(let reason): return .error(.refused(reason))
    case let other: return .error(HostError.unexpected(other))
    }
  }

  /// Does the same with every host, several at once, and gives the results in their order.
  ///
  /// - Parameter waits: hears who is waited for: all at first, and then whenever one of them has answered.
  static func each<Result: Sendable>(
    _ hosts: [Host], waits: ([Host]) -> Void, _ body: @escaping @Sendable (Host) async -> Result
  ) async -> [(host: Host, answer: Result)] {
    await withTaskGroup(of: (Int, Result).self) { group in
      var results = [Result?](repeating: nil, count: hosts.count)
      var next = 0
      waits(hosts)
      while next < hosts.count || !group.isEmpty {
        while next < hosts.count, next - results.count(where: { $0 != nil }) < parallel {
          let index = next
          group.addTask { (index, await body(hosts[index])) }
          next += 1
        }
        if let (index, result) = await group.next() { results[index] = result }
        waits(zip(hosts, results).compactMap { host, result in result == nil ? host : nil })
      }
      return zip(hosts, results).compactMap { host, result in result.map { (host, $0) } }
    }
  }
}

extension Session {
  /// Asks hosts what is on them. Those with `hold: true` are left alone.
  func survey(
    _ hosts: [Host], over connector: any HostConnector
  ) async -> [(host: Host, answer: SurveyAnswer)] {
    await each(hosts) { host in host.hold ? .notAsked : await Survey.ask(host, over: connector) }
  }

  /// Does the same with every host, and says meanwhile for whom it waits.
  func each<Result: Sendable>(
    _ hosts: [Host], _ body: @escaping @Sendable (Host) async -> Result
  ) async -> [(host: Host, answer: Result)] {
    let isTold = output == .text && !quiet
    return await Survey.each(
      hosts, waits: { if isTold { context.terminal.waits(Self.waiting(for: $0, of: hosts.count)) } }, body)
  }

  /// nil: nobody.
  static func waiting(for hosts: [Host], of all: Int) -> String? {
    guard !hosts.isEmpty else { return nil }
    let verb = hosts.count == all ? "asking" : "waiting for"
    guard hosts.count > 3 else { return "\(verb) \(Wording.list(hosts.map(\.name))) ..." }
    return hosts.count == all ? "\(verb) \(all) hosts ..." : "\(verb) \(hosts.count) of \(all) hosts ..."
  }
}
