internal import ByteText
internal import Files
internal import SSH
internal import SystemPackage
internal import Wire

extension HostSetupRun {
  // MARK: The host's key

  private func lookAtKey(leaving: Bool) async throws(SetupError) -> SSHOpening.KeyFinding {
    let opening = connector.opening(host)
    do throws(HostError) {
      return try await link.perform { () throws(HostError) in try opening.lookAtKey(leaving: leaving) }
    } catch {
      throw .host(error)
    }
  }

  private func record(_ key: HostKey, replacing: Bool = false) throws(SetupError) {
    do throws(HostError) { try connector.opening(host).record(key, replacing: replacing) } catch {
      throw .local(error.description)
    }
  }

  /// Shows and records the host's key. A changed one is refused here; `trust` replaces it.
  func settleKey() async throws(SetupError) {
    switch try await lookAtKey(leaving: true) {
    case .leftToSSH(let judge): same("your own ssh judges the host's key, strictly: \(judge)")
    case .trusted(let key, nil): same("host key \(key) is the recorded one")
    case .trusted(let key, let source?):
      try record(key)
      done("host key \(key) recorded; \(source) knows it")
    case .unknown(let key):
      try await accept(key)
      done("host key \(key) recorded in \(connector.knownHosts.path)")
    case .changed(let shown, let known): throw .host(changed(shown, known))
    }
  }

  func trust(replace: Bool) async throws(SetupError) -> String {
    guard host.connection == .ssh else {
      throw .failed("\(host.name) is this machine (connection: local); it has no host key to trust")
    }
    switch try await lookAtKey(leaving: false) {
    case .leftToSSH(let judge):
      throw .failed("\(host.name): only your own ssh can judge its key (\(judge)). Next: ssh \(host.name)")
    case .trusted(let key, let source):
      if source != nil { try record(key) }
      return key.fingerprint
    case .unknown(let key):
      try await accept(key)
      return key.fingerprint
    case .changed(let shown, let known):
      guard replace else { throw .host(changed(shown, known)) }
      prompter.say("\(host.name) shows  \(shown)")
      for key in known { prompter.say("on file is  \(key)") }
      guard try await confirm("Replace the recorded key of \(host.name)? Only if it was set up anew") else {
        throw .declined("\(host.name): the recorded key stays")
      }
      try record(shown, replacing: true)
      return shown.fingerprint
    }
  }

  private func accept(_ key: HostKey) async throws(SetupError) {
    prompter.say("\(host.name) shows the key  \(key)")
    guard
      try await confirm(
        "Is that its key? On the host, \"ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\" and the like "
          + "show it"
      )
    else { throw .declined("\(host.name): its key was not accepted, so nothing was done") }
    try record(key)
  }

  private func changed(_ shown: HostKey, _ known: [HostKey]) -> HostError {
    HostError(.hostKeyChanged(host: host.name, offered: shown, known: known, mend: ""))
  }

  // MARK: The login

  private func reach(password: String? = nil) async throws(HostError) {
    try await connector.reach(host, over: link, password: password)
  }

  /// With a key of the user's; where none is accepted, with a password once, to put the key there.
  func logIn() async throws(SetupError) {
    let refused: HostError
    do throws(HostError) {
      try await reach()
      let carrier = await link.carrier.map { ", by \($0)" } ?? ""
      return same(host.connection == .local ? "this machine" : "login with a key works" + carrier)
    } catch {
      guard case .authentication = error else { throw .host(error) }
      refused = error
    }
    let route = try await route()
    let key = try publicKey(route, refused)
    facts.user = route.target.user
    try await logInWithPassword(as: route.target.user)
    let (status, output) = try await asUser(SetupScripts.authorize, [key.line])
    guard status == 0 else { throw failed("your key could not be put there", output) }
    do throws(HostError) { try await reach() } catch {
      throw .failed(
        "\(host.name): \(key.path) stands in authorized_keys there now, and the login with it is still "
          + "refused: \(error)"
      )
    }
    done("\(key.path) may log in as \(route.target.user) now")
  }

  private func route() async throws(SetupError) -> SSHRoute {
    let (host, surroundings) = (host, connector.surroundings)
    do throws(HostError) {
      return try await link.perform { () throws(HostError) in
        try SSHRoute.find(host, in: surroundings)
      }
    } catch {
      throw .host(error)
    }
  }

  private func logInWithPassword(as user: String) async throws(SetupError) {
    for attempt in 1... {
      let given = try await secret("login password of \(user) on \(host.name)")
      do throws(HostError) {
        try await reach(password: given)
        password = given
        return
      } catch {
        guard case .authentication = error, attempt < HostLimits.secretTries else { throw .host(error) }
        prompter.say("\(host.name): that was refused")
      }
    }
  }

  /// The line to install: of the host's `ssh_key`, else of the user's first key that this
  /// libssh2 can use well.
  private func publicKey(
    _ route: SSHRoute, _ refused: HostError
  ) throws(SetupError) -> (path: FilePath, line: String) {
    var found: [(path: FilePath, line: String, type: String)] = []
    for key in host.sshKey.map({ [$0] }) ?? route.keys {
      let path = FilePath(key.string + ".pub")
      guard let bytes = try? readBounded(path, maxBytes: HostLimits.textFileBytes, following: true),
        let line = String(decoding: bytes, as: UTF8.self).textLines.first
      else { continue }
      let words = line.pieces(by: " ", maxSplits: 2)
      guard words.count >= 2, let key = HostKey(base64: words[1]), key.type == words[0] else { continue }
      found.append((path, visible(String(line), limit: 16_000), key.type))
    }
    guard let best = found.first(where: { $0.type != "ssh-rsa" }) ?? found.first else {
      throw .local(
        "\(refused.description). There is no public key of yours to install either; "
          + "make one: ssh-keygen -t ed25519"
      )
    }
    return (best.path, best.line)
  }
}
