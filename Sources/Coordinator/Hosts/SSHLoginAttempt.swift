import Programs
import Inventory
import Files
import SSH
import SystemPackage

/// Why there is no session: for good, or until somebody gives the passphrase of a key.
enum LoginRefused: Error {
  case host(HostError)
  /// With `wrong`, the passphrase that did not open it.
  case locked(FilePath, wrong: String?, HostError)
}

/// One try to reach a host over SSH. It blocks the thread that it runs on.
struct SSHLoginAttempt: Sendable {
  let host: Host
  let knownHosts: KnownHostsFile
  let surroundings: SSHEnvironment
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
    /// ssh judges it at the login, by this or for this.
    case leftToSSH(OpenSSHNeed)
  }

  /// Connected and logged in; a key that only the user's own files knew stands in fleet's from now on.
  func transport() throws(LoginRefused) -> any HostTransport {
    let route: SSHRoute
    let choice: TransportChoice
    do throws(HostError) {
      route = try SSHRoute.find(host, in: surroundings)
      choice = self.choice(route)
    } catch {
      throw .host(error)
    }
    // A password is for setting up; ssh could only be given it on a terminal. So it is with passphrases.
    if choice.means != .libssh2, password == nil, phrases.isEmpty {
      do throws(HostError) { return try openSSH(route, choice) } catch {
        guard mayHavePassphrase(choice, route, error) else { throw .host(error) }
      }
    }
    let way: Way
    do throws(HostError) { try checkWay(route) } catch { throw .host(error) }
    do throws(SSHError) { way = try handshake(route) } catch { return try otherwise(error, route, choice) }
    if voucher(for: way.session.hostKey, route) != nil {
      do throws(HostError) { try record(way.session.hostKey) } catch { throw .host(error) }
    }
    do throws(SSHError) {
      try way.session.authenticate(
        credentials(route), deadline: .after(seconds: HostLimits.loginSeconds))
    } catch {
      way.session.close()
      return try otherwise(error, route, choice)
    }
    return SSHTransport(way.session, proxy: way.proxy)
  }

  // MARK: By OpenSSH

  /// Whether ssh was refused that had nobody to ask, and libssh2 could go on with an encrypted key that we ask for.
  private func mayHavePassphrase(_ choice: TransportChoice, _ route: SSHRoute, _ error: HostError) -> Bool {
    guard host.transport == .auto, error.isOfLogin else { return false }
    return choice.needs.allSatisfy(\.isOfLogin) && route.keys.contains(where: KeysOnHand.isEncrypted)
  }

  /// Who is to speak SSH with the host, and why.
  func choice(_ route: SSHRoute) -> TransportChoice {
    // Nothing is looked for where it would change nothing.
    let needs =
      host.transport == .openssh
      ? [] : TransportFacts(route, trust: trust(route), surroundings: surroundings).needs
    return TransportChoice(host.transport, needs: needs, hasOpenSSH: surroundings.ssh != nil)
  }

  /// What libssh2 met on the way and cannot do is tried by ssh, where that may be.
  private func otherwise(
    _ error: SSHError, _ route: SSHRoute, _ choice: TransportChoice
  ) throws(LoginRefused) -> any HostTransport {
    let refused = refusal(error, of: route, choice)
    // A passphrase is asked for first: ssh would not, and the key may be the right one.
    if case .locked = refused { throw refused }
    guard mayLeaveToSSH, choice.means == .libssh2, password == nil, let need = OpenSSHNeed(error) else {
      throw refused
    }
    do throws(HostError) {
      return try openSSH(route, TransportChoice(.auto, needs: [need], hasOpenSSH: true))
    } catch {
      throw .host(error)
    }
  }

  private var mayLeaveToSSH: Bool { host.transport != .libssh2 && surroundings.ssh != nil }

  private func openSSH(_ route: SSHRoute, _ choice: TransportChoice) throws(HostError) -> any HostTransport {
    // ssh looks under the name that it has made of the address (CanonicalizeHostname).
    let name = route.config.flatMap { $0.hostKeyAlias ?? $0.hostName } ?? route.knownHostsName
    let known = OpenSSHKnownHosts(trust(route), name: name, port: route.knownHostsPort)
    let transport = try OpenSSHTransport(
      host, route: route, known: known, choice: choice, surroundings: surroundings)
    // Where an authority or a command may have vouched, the keys on file may be of another time.
    let isByKeys = known.isByKeysAlone && route.config?.setting("knownhostscommand") == nil
    // Of several nobody has said which one it showed.
    if !known.isOwn, isByKeys, known.keys.count == 1 { for key in known.keys { try record(key) } }
    return transport
  }

  /// Looks at the host's key, and tells nobody who we are.
  ///
  /// - Parameter leaving: whether what libssh2 cannot judge is left to ssh, which will, before anything is sent.
  func lookAtKey(leaving: Bool) throws(HostError) -> KeyFinding {
    let route = try SSHRoute.find(host, in: surroundings)
    if leaving, let judge = judge(route) { return .leftToSSH(judge) }
    try checkWay(route)
    do throws(SSHError) {
      let way = try connect(route, trust: trust(route))
      defer { way.session.close() }
      let key = way.session.hostKey
      return .trusted(key, source: voucher(for: key, route))
    } catch {
      if leaving, mayLeaveToSSH, let need = OpenSSHNeed(error) { return .leftToSSH(need) }
      switch error {
      case .hostKeyUnknown(_, let key): return .unknown(key)
      case .hostKeyChanged(_, let shown, let known, _): return .changed(shown: shown, known: known)
      case .protocolFailure, .hostKeyUncheckable:
        guard let (shown, known) = otherKind(route) else {
          throw HostError(error).with(OpenSSHNeed(error) == nil ? nil : acceptOnce)
        }
        return .changed(shown: shown, known: known)
      default: throw HostError(error)
      }
    }
  }

  /// Where the way is one that only ssh can go, libssh2 would end up at another machine.
  private func checkWay(_ route: SSHRoute) throws(HostError) {
    guard let line = route.config?.lineOnlyForSSH else { return }
    throw .protocolFault("\(host.name): only your own ssh can go the way of \(line). \(acceptOnce)")
  }

  private var acceptOnce: String {
    "Next: accept its key once by: \(host.typedSSH); fleet takes it from your known_hosts"
  }

  /// Who judges the key of a host that fleet's own file does not know, or to which libssh2 knows no way.
  private func judge(_ route: SSHRoute) -> OpenSSHNeed? {
    guard mayLeaveToSSH else { return nil }
    if let line = route.config?.lineOnlyForSSH { return .setting(line) }
    let trust = trust(route)
    guard !trust.ownKnows else { return nil }
    return TransportFacts(route, trust: trust, surroundings: surroundings).needs.first { $0.judgesHostKeys }
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

  private func handshake(_ route: SSHRoute) throws(SSHError) -> Way {
    do throws(SSHError) {
      return try connect(route, trust: trust(route))
    } catch {
      // A host that has none of the kinds of key on file breaks the handshake off before it shows one.
      if case .protocolFailure = error, let (shown, known) = otherKind(route) {
        throw .hostKeyChanged(host: host.name, offered: shown, known: known, mend: "")
      }
      throw error
    }
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
    let named = route.identities.compactMap { KeysOnHand.publicKey(of: $0) }
    return keys + [.agent(socket: route.agentSocket, named: named, namedOnly: route.identitiesOnly)]
  }

  private func refusal(_ error: SSHError, of route: SSHRoute, _ choice: TransportChoice) -> LoginRefused {
    let advice = choice.advice(host: host.name, setting: host.transport, hasOpenSSH: surroundings.ssh != nil)
    let said = HostError(error).with(advice)
    guard case .authenticationFailed(_, _, let tried, _) = error, password == nil else {
      return .host(said)
    }
    for attempt in tried {
      guard let key = route.keys.first(where: { "key \($0)" == attempt.credential }) else { continue }
      switch attempt.reason {
      case .passphraseNeeded: return .locked(key, wrong: nil, said)
      case .wrongPassphrase: return .locked(key, wrong: phrases[key], said)
      default: continue
      }
    }
    return .host(said)
  }
}
