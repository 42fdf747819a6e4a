import Inventory
import ByteText
import SSH
import SystemPackage
import Wire

extension HostSetupRun {
  // MARK: The host's key

  func lookAtKey(leaving: Bool) async throws(SetupError) -> SSHLoginAttempt.KeyFinding {
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
      throw .failed("\(host.name): only your own ssh can judge its key (\(judge)). Next: \(host.typedSSH)")
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

  func accept(_ key: HostKey) async throws(SetupError) {
    prompter.say("\(host.name) shows the key  \(key)")
    let afterwards = isTrial ? "counts for this once" : "the key is held on to from then on"
    prompter.say(
      "  Nobody has seen it before. The first time, in your own network at home, yes is the normal answer, and "
        + "\(afterwards). To be sure, compare it, on the host: ssh-keygen -lf \(key.usualFile)\n"
        + "  With no, \(host.name) is left out: nothing is sent to it.")
    guard try await confirm("Is that its key?") else {
      throw .declined(
        "\(host.name): its key was not accepted, so nothing was done there. Once you have compared it: "
          + "fleet \(verb) \(host.name)")
    }
    try record(key)
  }

  func changed(_ shown: HostKey, _ known: [HostKey]) -> HostError {
    HostError(.hostKeyChanged(host: host.name, offered: shown, known: known, mend: ""))
  }

  // MARK: The login

  /// A server takes its time to say no, and is not the only one that is slow.
  func reach(password: String? = nil) async throws(HostError) {
    prompter.wait("logging in to \(host.name) ...")
    defer { prompter.wait(nil) }
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
      guard error.isOfLogin else { throw .host(error) }
      refused = error
    }
    let route = try await route()
    let key = try publicKey(route, refused)
    facts.user = route.target.user
    try await logInWithPassword(as: route.target.user, toInstall: key.line)
    let (status, output) = try await asUser(SetupScripts.authorize, [key.line])
    guard status == 0 else { throw failed("your key could not be put there", output) }
    do throws(HostError) { try await reach() } catch {
      throw .failed(
        "\(host.name): \(key.name) stands in authorized_keys there now, and the login with it is still "
          + "refused: \(error)"
      )
    }
    done("\(key.name) may log in as \(route.target.user) now")
  }

  func route() async throws(SetupError) -> SSHRoute {
    let (host, surroundings) = (host, connector.surroundings)
    do throws(HostError) {
      return try await link.perform { () throws(HostError) in
        try SSHRoute.find(host, in: surroundings)
      }
    } catch {
      throw .host(error)
    }
  }

  /// - Parameter key: the line that is to be put there, or would be; nil: there is none yet.
  func logInWithPassword(as user: String, toInstall key: String?) async throws(SetupError) {
    var tries = PasswordTries()
    while true {
      let given = try await secret("login password of \(user) on \(host.name)")
      tries.give()
      do throws(HostError) {
        try await reach(password: given)
        password = given
        return
      } catch {
        guard case .authentication(let text) = error else { throw .host(error) }
        let asksMore = text.holds(AuthenticationAttempt.Reason.asking)
        guard !asksMore, !text.holds(AuthenticationAttempt.Reason.methodNotOffered.words) else {
          throw .failed(
            "\(host.name): \(asksMore ? "a password alone does not open it (\(text))" : "it takes no passwords"), "
              + "and none of your keys is known there. Next: add the line \(key ?? "of a key of yours") to "
              + "~/.ssh/authorized_keys of \(visible(user, limit: 60)) there, by "
              + "\(asksMore ? host.typedSSH : "its own keyboard or card"), then: fleet \(verb) \(host.name)")
        }
        guard tries.left > 0 else { throw .host(error) }
        prompter.say("\(host.name): \(tries.wrong)")
      }
    }
  }

  private func publicKey(_ route: SSHRoute, _ refused: HostError) throws(SetupError) -> OwnKeys.Key {
    guard let best = OwnKeys(host, route).best else {
      throw .local(
        "\(refused.description). There is no public key of yours to install either; "
          + "make one: ssh-keygen -t ed25519, then: fleet bootstrap \(host.name)"
      )
    }
    return best
  }
}
