/// Whose keys are believed. It is asked in the handshake, before anything of ours is sent.
package struct HostKeyTrust: Sendable {
  /// A known_hosts file, with the names the host has in it.
  package struct Source: Sendable {
    package let knownHosts: KnownHosts
    package let names: [String]
    package let port: UInt16
    /// What a person does when this file's key is truly out of date.
    package let mend: String

    /// - Parameters:
    ///   - names: the names to look for; fleet's own file uses the inventory name alone.
    ///   - port: 22 for fleet's own file, whose names say nothing of ports.
    ///   - mend: by default the line for ssh-keygen that forgets the old key.
    package init(_ knownHosts: KnownHosts, names: [String], port: UInt16 = 22, mend: String? = nil) {
      self.knownHosts = knownHosts
      self.names = names
      self.port = port
      let name = KnownHosts.entryName(names.first ?? "", port: port)
      self.mend = mend ?? "ssh-keygen -R '\(name)' -f '\(knownHosts.source)'"
    }
  }

  /// In order of authority: the first that knows the host decides, a revocation counts in any of them.
  package let sources: [Source]
  /// Asked about a host that no source knows; `true` takes its key for this connection, and recording it
  /// is the caller's. Without it such a host is refused.
  package let acceptUnknown: (@Sendable (HostKey) -> Bool)?

  package init(_ sources: [Source], acceptUnknown: (@Sendable (HostKey) -> Bool)? = nil) {
    self.sources = sources
    self.acceptUnknown = acceptUnknown
  }

  /// The key types on file in the source that will decide; empty where nobody knows the host.
  package var keyTypesOnFile: [String] {
    sources.lazy.map { $0.knownHosts.keyTypes(names: $0.names, port: $0.port) }.first { !$0.isEmpty } ?? []
  }

  /// Passes, or says why the key is refused.
  func check(_ key: HostKey, of target: SSHTarget) throws(SSHError) {
    let verdicts = sources.map { ($0, $0.knownHosts.lookup(names: $0.names, port: $0.port, key: key)) }
    for (source, verdict) in verdicts {
      if case .revoked(let line) = verdict {
        throw .hostKeyRevoked(host: target.name, key: key, place: "\(source.knownHosts.source):\(line)")
      }
    }
    for (source, verdict) in verdicts {
      switch verdict {
      case .trusted: return
      case .changed(let known):
        throw .hostKeyChanged(host: target.name, offered: key, known: known.map(\.key), mend: source.mend)
      case .unknown, .revoked: continue
      }
    }
    guard let acceptUnknown, acceptUnknown(key) else {
      throw .hostKeyUnknown(host: target.name, key: key)
    }
  }
}
