internal import Files
internal import SSH
internal import SystemPackage

/// Why there is no session: for good, or until somebody gives the passphrase of a key.
enum LoginRefused: Error {
  case host(HostError)
  /// With `wrong`, the passphrase that did not open it.
  case locked(FilePath, wrong: String?, HostError)
}

/// One try to reach a host over SSH. It blocks the thread that it runs on.
struct SSHOpening: Sendable {
  let host: Host
  let knownHosts: KnownHostsFile
  let surroundings: SSHSurroundings
  let limits: SSHLimits
  /// Passphrases that are known already.
  var phrases: [FilePath: String] = [:]
  /// Instead of keys, where a host is set up that has none of ours yet.
  var password: String?

  /// What a host showed, and what the known_hosts files say of it.
  enum KeyFinding: Equatable, Sendable {
    /// `source` is the user's file that vouched for it, or nil: fleet's own.
    case trusted(HostKey, source: String?)
    case unknown(HostKey)
    case changed(shown: HostKey, known: [HostKey])
  }

  /// A session, logged in; a key that only the user's own files knew stands in fleet's from now on.
  func transport() throws(LoginRefused) -> any HostTransport {
    let route: SSHRoute
    let way: Way
    do throws(HostError) {
      route = try SSHRoute.find(host, in: surroundings)
      way = try handshake(route)
    } catch {
      throw .host(error)
    }
    do throws(SSHError) {
      try way.session.authenticate(
        credentials(route), deadline: .after(seconds: HostLimits.loginSeconds))
    } catch {
      way.session.close()
      throw refusal(error, of: route)
    }
    return SSHTransport(way.session, proxy: way.proxy)
  }

  /// Looks at the host's key, and tells nobody who we are.
  func lookAtKey() throws(HostError) -> KeyFinding {
    let route = try SSHRoute.find(host, in: surroundings)
    do throws(SSHError) {
      let way = try connect(route, trust: trust(route))
      defer { way.session.close() }
      let key = way.session.hostKey
      return .trusted(key, source: voucher(for: key, route))
    } catch {
      switch error {
      case .hostKeyUnknown(_, let key): return .unknown(key)
      case .hostKeyChanged(_, let shown, let known, _): return .changed(shown: shown, known: known)
      case .protocolFailure, .hostKeyUncheckable:
        guard let (shown, known) = otherKind(route) else { throw HostError(error) }
        return .changed(shown: shown, known: known)
      default: throw HostError(error)
      }
    }
  }

  /// Records a key under the inventory name.
  func record(_ key: HostKey, replacing: Bool = false) throws(HostError) {
    do throws(FileError) {
      try knownHosts.update { text in
        replacing
          ? KnownHostsText.replacing(key, name: host.name, in: text)
          : KnownHostsText.adding(key, name: host.name, to: text)
      }
    } catch {
      throw .hostKey("\(host.name): its key cannot be recorded: \(error)")
    }
  }

  // MARK: The handshake

  private struct Way {
    let session: SSHSession
    /// What leads to the host, where it is not plain TCP.
    let proxy: ChildProgram?
  }

  private func handshake(_ route: SSHRoute) throws(HostError) -> Way {
    let way: Way
    do throws(SSHError) {
      way = try connect(route, trust: trust(route))
    } catch {
      // A host that has none of the kinds of key on file breaks the handshake off before it shows one.
      if case .protocolFailure = error, let (shown, known) = otherKind(route) {
        throw HostError(.hostKeyChanged(host: host.name, offered: shown, known: known, mend: ""))
      }
      throw HostError(error)
    }
    let key = way.session.hostKey
    if voucher(for: key, route) != nil { try record(key) }
    return way
  }

  private func connect(_ route: SSHRoute, trust: HostKeyTrust) throws(SSHError) -> Way {
    guard let words = route.proxy else {
      return Way(session: try SSHSession.connect(route.target, trust: trust, limits: limits), proxy: nil)
    }
    let proxy: ChildProgram
    do throws(Errno) { proxy = try ChildProgram(words, drained: false) } catch {
      throw .local(during: "starting \(words[0])", errno: error)
    }
    do throws(SSHError) {
      let session = try SSHSession.connect(
        route.target, over: proxy.handOver(), trust: trust, limits: limits)
      return Way(session: session, proxy: proxy)
    } catch {
      switch error {
      case .connectionLost, .protocolFailure, .deadline:
        let said = proxy.end(withinSeconds: 1)?.standardError ?? ""
        throw .connectionLost(
          host: host.name, during: "the way through \(words.joined(separator: " "))",
          cause: said.isEmpty ? error.description : said)
      default: throw error
      }
    }
  }

  /// The key of a host whose keys on file are all of another kind; nil when that is not what is wrong.
  private func otherKind(_ route: SSHRoute) -> (shown: HostKey, known: [HostKey])? {
    let trust = trust(route)
    guard !trust.keyTypesOnFile.isEmpty else { return nil }
    do throws(SSHError) {
      _ = try connect(route, trust: HostKeyTrust([]))
      return nil
    } catch {
      guard case .hostKeyUnknown(_, let shown) = error else { return nil }
      for source in trust.sources {
        if case .changed(let known) = source.knownHosts.lookup(
          names: source.names, port: source.port, key: shown)
        {
          return (shown, known.map(\.key))
        }
      }
      return nil
    }
  }

  private func trust(_ route: SSHRoute) -> HostKeyTrust {
    let mend = "fleet trust --replace \(host.name)"
    let own = HostKeyTrust.Source(knownHosts.read(), names: [host.name], mend: mend)
    let users = route.knownHosts.map {
      HostKeyTrust.Source(
        KnownHostsFile(path: $0).read(), names: [route.knownHostsName], port: route.knownHostsPort,
        mend: mend)
    }
    return HostKeyTrust([own] + users)
  }

  /// The user's file that knows the key, where fleet's own does not.
  private func voucher(for key: HostKey, _ route: SSHRoute) -> String? {
    let sources = trust(route).sources
    let trusting = sources.first {
      $0.knownHosts.lookup(names: $0.names, port: $0.port, key: key) == .trusted
    }
    return trusting?.knownHosts.source == sources.first?.knownHosts.source
      ? nil : trusting?.knownHosts.source
  }

  // MARK: The login

  private func credentials(_ route: SSHRoute) -> [SSHCredential] {
    if let password { return [.password(password)] }
    let keys = route.keys.map { key -> SSHCredential in
      let phrase = phrases[key]
      return SSHCredential.keyFile(key, passphrase: { _ in phrase })
    }
    return keys + [.agent(socket: route.agentSocket)]
  }

  private func refusal(_ error: SSHError, of route: SSHRoute) -> LoginRefused {
    guard case .authenticationFailed(_, _, let tried, _) = error, password == nil else {
      return .host(HostError(error))
    }
    for attempt in tried {
      guard let key = route.keys.first(where: { "key \($0)" == attempt.credential }) else { continue }
      switch attempt.reason {
      case .passphraseNeeded: return .locked(key, wrong: nil, HostError(error))
      case .wrongPassphrase: return .locked(key, wrong: phrases[key], HostError(error))
      default: continue
      }
    }
    return .host(HostError(error))
  }
}
