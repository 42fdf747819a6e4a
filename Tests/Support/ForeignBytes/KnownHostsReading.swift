@testable import SSH

/// What is added is trusted unless it is revoked, nothing else is changed by it, and what is taken out is gone.
func readKnownHosts(_ bytes: [UInt8]) throws(Broken) {
  let text = String(utf8: bytes)
  guard let key = HostKey(base64: keyText), let other = HostKey(base64: otherText) else {
    throw Broken("the keys of this test are none")
  }
  let hosts = KnownHosts(text: text, source: "known_hosts")
  for note in hosts.notes { try requireShown("\(note)", "a note") }
  for (name, port) in [("veg", 22), ("192.168.1.7", 2222)] as [(String, UInt16)] {
    let known = verdict(text, name, port, key)
    for entry in known.entries { try require(HostKey(base64: entry.key.base64) == entry.key, "another key") }
    let added = KnownHostsText.adding(key, name: name, port: port, comment: "by hand", to: text)
    try require(added.utf8.starts(with: text.utf8), "adding changed what stood there")
    try require(verdict(added, name, port, key).isTrustedOrRevoked, "added, and not trusted")
    try require(
      KnownHostsText.adding(key, name: name, port: port, to: added) == added, "the same key is added twice")
    try require(
      KnownHosts(text: added, source: "").notes.count == hosts.notes.count, "adding made or hid a bad line")
    let replaced = KnownHostsText.replacing(key, name: name, port: port, in: text)
    try require(verdict(replaced, name, port, key).isTrustedOrRevoked, "replaced, and not trusted")
    let fresh = KnownHostsText.replacing(
      other, name: name, port: port, in: KnownHostsText.line(name: name, port: port, key: key) + "\n")
    try require(verdict(fresh, name, port, key).entries.map(\.key) == [other], "the old key still counts")
    let removed = KnownHostsText.removing(name: name, port: port, from: added)
    try require(
      KnownHostsText.removing(name: name, port: port, from: removed) == removed, "not all was removed at once"
    )
  }
}

private struct Looked {
  var verdict: KnownHosts.Verdict
  var entries: [KnownHosts.Entry] { if case .changed(let known) = verdict { known } else { [] } }
  var isTrustedOrRevoked: Bool {
    switch verdict {
    case .trusted, .revoked: true
    case .unknown, .changed: false
    }
  }
}

private func verdict(_ text: String, _ name: String, _ port: UInt16, _ key: HostKey) -> Looked {
  let hosts = KnownHosts(text: text, source: "known_hosts")
  _ = hosts.keyTypes(names: [name], port: port)
  return Looked(verdict: hosts.lookup(names: [name], port: port, key: key))
}

private let keyText = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
private let otherText = "AAAAC3NzaC1lZDI1NTE5AAAAIB63tQ4OPPZVGdKVRgyZWaHp0WlcmBqVqW3uc3x9YzUI"
