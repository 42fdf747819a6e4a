package import Inventory
import Files
import SSH
package import SystemPackage
import Wire

/// Opens conversations with the agents of an inventory's hosts: over SSH, or on this very machine.
package struct SSHConnector: HostConnector {
  /// fleet's own known_hosts: the first authority, hosts stand in it under their inventory names.
  private(set) var knownHosts: KnownHostsFile
  let surroundings: SSHEnvironment
  let limits = SSHLimits()
  let version: String
  private let passphrases: Passphrases

  /// - Parameters:
  ///   - knownHosts: the file beside the inventory; it need not exist yet.
  ///   - version: of this program, told to agents.
  ///   - passphrase: asked for an encrypted key that no ssh-agent holds, once for each key; nil: nobody is
  ///     there to be asked, and such a key is not used.
  package init(
    knownHosts: FilePath, version: String = FleetVersion.text, surroundings: SSHEnvironment = .current,
    passphrase: (@Sendable (FilePath) async -> String?)? = nil
  ) {
    self.knownHosts = KnownHostsFile(path: knownHosts)
    self.version = version
    self.surroundings = surroundings
    passphrases = Passphrases(ask: passphrase)
  }

  /// The same, whose known_hosts is in memory: what is recorded there is gone with it.
  ///
  /// - Parameter knowing: whether it begins with what the file says.
  func forgetful(knowing: Bool) -> SSHConnector {
    var copy = self
    copy.knownHosts = knownHosts.inMemory(empty: !knowing)
    return copy
  }

  package func connect(to host: Host) async throws(HostError) -> any HostConnection {
    let link = HostSession(name: host.name, ssh: host.typedSSH)
    try await reach(host, over: link)
    do throws(HostError) {
      try await link.converse(become: host.become, version: version)
    } catch {
      await link.close()
      throw error
    }
    return link
  }

  /// The way to the host, logged in, its key judged and, at the first time, recorded.
  func reach(_ host: Host, over link: HostSession, password: String? = nil) async throws(HostError) {
    guard host.connection == .ssh else {
      let home = surroundings.home
      return await link.open { LocalTransport(name: host.name, home: home) }
    }
    var opening = opening(host)
    opening.password = password
    while true {
      let attempt = opening
      do throws(LoginRefused) {
        return try await link.open { () throws(LoginRefused) in try attempt.transport() }
      } catch {
        switch error {
        case .host(let error): throw error
        case .locked(let key, let wrong, let error):
          // Nobody is kept waiting at the other end while a person types: the connection is made anew.
          if let wrong { await passphrases.wasWrong(wrong, for: key) }
          guard let phrase = await passphrases.passphrase(of: key), !phrase.isEmpty, phrase != wrong else {
            throw error
          }
          opening.phrases[key] = phrase
        }
      }
    }
  }

  func opening(_ host: Host) -> SSHLoginAttempt {
    SSHLoginAttempt(host: host, knownHosts: knownHosts, surroundings: surroundings, limits: limits)
  }
}
