import SSH

/// The known_hosts file that OpenSSH is given for one host: what our own reading of all of them comes to. So fleet's
/// own file is the first authority there too, and hosts stand in it under their inventory names.
struct OpenSSHKnownHosts: Equatable, Sendable {
  /// For ssh, under the name and port by which it will look.
  let text: String
  /// The plain keys that are believed.
  let keys: [HostKey]
  /// Whether one of those is all that can vouch for the host, as far as these files say.
  let isByKeysAlone: Bool
  /// Whether fleet's own file decides, and the user's are not asked.
  let isOwn: Bool

  /// - Parameters:
  ///   - trust: fleet's own file first, then the user's.
  ///   - name: as ssh looks the host up.
  init(_ trust: HostKeyTrust, name: String, port: UInt16) {
    let entryName = KnownHosts.entryName(name, port: port)
    func line(_ marker: String, _ key: HostKey) -> String {
      "\(marker)\(entryName) \(key.type) \(key.base64)\n"
    }

    let own = trust.sources.prefix(1).filter { !$0.keys.isEmpty || !$0.authorities.isEmpty }
    isOwn = !own.isEmpty
    // The first file that knows the host, as everywhere.
    let deciding = trust.sources.filter { !$0.keys.isEmpty || !$0.authorities.isEmpty }.prefix(1)
    // A revocation counts in any of them.
    let revoked = trust.sources.flatMap(\.revoked)
    keys = deciding.flatMap(\.keys).reduce(into: []) { keys, key in
      if !keys.contains(key), !revoked.contains(key) { keys.append(key) }
    }
    let authorities = deciding.flatMap(\.authorities)
    isByKeysAlone = authorities.isEmpty
    text =
      revoked.map { line("@revoked ", $0) }.joined() + keys.map { line("", $0) }.joined()
      + authorities.map { line("@cert-authority ", $0.key) }.joined()
  }
}

extension HostKeyTrust {
  /// Whether the first source, fleet's own file, has a plain key of the host.
  var ownKnows: Bool { sources.first.map { !$0.keys.isEmpty } ?? false }
}

extension HostKeyTrust.Source {
  var keys: [HostKey] { knownHosts.keys(names: names, port: port).map(\.key) }
  /// Also those that are named without a port, as the authorities are.
  var revoked: [HostKey] {
    let exact = knownHosts.revoked(names: names, port: port)
    let all = (exact + (port == 22 ? [] : knownHosts.revoked(names: names))).map(\.key)
    return all.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// As ssh does, also those that are named without a port: a certificate has none either. For keys that would be
  /// another host.
  var authorities: [KnownHosts.Entry] {
    let exact = knownHosts.authorities(names: names, port: port)
    return exact.isEmpty && port != 22 ? knownHosts.authorities(names: names) : exact
  }
}
