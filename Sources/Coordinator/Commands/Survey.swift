internal import Wire

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
      let connection = try await connector.connect(to: host)
      hello = await connection.hello
      let reply: Result<Reply, HostError>
      do throws(HostError) {
        reply = .success(try await connection.ask(.probe(profiles: host.profiles.map(\.agent))))
      } catch {
        reply = .failure(error)
      }
      await connection.close()
      switch try reply.get() {
      case .probe(let probe): return (.probe(probe), hello)
      case .refused(let reason): return (.error(.protocolFault(reason.text)), hello)
      case let other: return (.error(HostWorker.unexpected(other)), hello)
      }
    } catch {
      return (.error(error), hello)
    }
  }

  /// Hosts with `hold: true` are left alone.
  static func ask(
    _ hosts: [Host], over connector: any HostConnector
  ) async -> [(host: Host, answer: SurveyAnswer)] {
    await each(hosts) { host in host.hold ? .notAsked : await ask(host, over: connector) }
  }

  /// Does the same with every host, several at once, and gives the results in their order.
  static func each<Result: Sendable>(
    _ hosts: [Host], _ body: @escaping @Sendable (Host) async -> Result
  ) async -> [(host: Host, answer: Result)] {
    await withTaskGroup(of: (Int, Result).self) { group in
      var results = [Result?](repeating: nil, count: hosts.count)
      var next = 0
      while next < hosts.count || !group.isEmpty {
        while next < hosts.count, next - results.count(where: { $0 != nil }) < parallel {
          let index = next
          group.addTask { (index, await body(hosts[index])) }
          next += 1
        }
        if let (index, result) = await group.next() { results[index] = result }
      }
      return zip(hosts, results).compactMap { host, result in result.map { (host, $0) } }
    }
  }
}
