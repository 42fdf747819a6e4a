import SSH
import SystemPackage

extension TransportFacts {
  /// Looks about on this machine; the host hears nothing of it. Blocks, for as long as an ssh-agent takes to list its
  /// keys.
  ///
  /// - Parameter trust: fleet's own known_hosts first, then the user's.
  init(_ route: SSHRoute, trust: HostKeyTrust, surroundings: SSHEnvironment) {
    config = route.config
    keys = route.keys.filter(SSHRoute.canBeRead).map {
      Key(path: $0, publicKey: KeysOnHand.publicKey(of: $0), isRSA: KeysOnHand.isRSA($0))
    }
    // ssh takes the certificate beside a key without being told.
    let beside = route.identities.map { FilePath($0.string + "-cert.pub") }
    let named = route.config.map { $0.certificateFiles.map { FilePath($0) } } ?? []
    certificates = (named + beside).filter(SSHRoute.canBeRead)
    let held = route.agentSocket.flatMap { KeysOnHand.held(byAgent: $0) } ?? []
    let names = route.identities.compactMap { KeysOnHand.publicKey(of: $0) }
    agentKeys = route.identitiesOnly ? held.filter(names.contains) : held
    knowsPlainKey = trust.ownKnows
    authorities = trust.sources.flatMap { source in
      source.authorities.map { "\(source.knownHosts.source):\($0.line)" }
    }
    hasTicket = surroundings.hasTicket
    signsRSA = SSHAbilities.signsRSA
  }
}
