internal import Wire

/// Asks hosts what is on them, several at once. A host that does not answer is a result.
enum Survey {
  /// Conversations at once: each is a thread and a socket.
  static let parallel = 16

  static func ask(_ host: Host, over connector: any HostConnector) async -> SurveyAnswer {
    do throws(HostError) {
      let connection = try await connector.connect(to: host)
      let reply: Result<Reply, HostError>
      do throws(HostError) {
        reply = .success(try await connection.ask(.probe(profiles: host.profiles.map(\.agent))))
      } catch {
        reply = .failure(error)
      }
      await connection.close()
      switch try reply.get() {
      case .probe(let probe): return .probe(probe)
      case .refused(let reason): return .error(.protocolFault(reason.text))
      case let other: return .error(HostWorker.unexpected(other))
      }
    } catch {
      return .error(error)
    }
  }

  /// - Parameter includeHeld: whether also hosts with `hold: true` are asked.
  static func ask(
    _ hosts: [Host], over connector: any HostConnector, includeHeld: Bool = false
  ) async -> [(host: Host, answer: SurveyAnswer)] {
    await each(hosts) { host in
      host.hold && !includeHeld ? .notAsked : await ask(host, over: connector)
    }
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
