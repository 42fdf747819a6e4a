import ByteText
import SSH
import Wire

/// What ssh meant when it ended without a connection, by its own words (OpenSSH 8 to 10; it is not translated). Pure.
struct OpenSSHWords {
  let host: String
  /// The last part of what it said.
  let said: String
  /// The plain keys that were believed of the host.
  var known: [HostKey] = []
  /// What a person types to get there; nil: by its name.
  var ssh: String?

  var error: HostError {
    func says(_ words: String...) -> Bool { words.contains { said.holds($0) } }

    if says("REVOKED HOST KEY", "host key for", "revoked by file") && says("revoked") {
      return .hostKey("\(host): its key is revoked, refused; the host needs a new key. ssh said \(quoted)")
    }
    if says("REMOTE HOST IDENTIFICATION HAS CHANGED") { return changed }
    if says("host key is known for", "Host key verification failed") { return unknown }
    if says("Could not resolve hostname", "connect to host", "Network is unreachable", "No route to host") {
      return .unreachable("\(host): no connection: \(quoted)")
    }
    if says("Permission denied (", "Too many authentication failures", "No more authentication methods") {
      return .authentication(
        "\(host): your ssh was refused: \(quoted)\(hint). "
          + "Next: fleet bootstrap \(host) installs your key there; \(typed) -v tells more")
    }
    if says("Unable to negotiate", "no matching") {
      return .protocolFault(
        "\(host): ssh and the host have no algorithm in common: \(quoted). Next: \(typed)")
    }
    if says("Bad configuration option", "Bad owner or permissions", "terminating, ", "command-line") {
      return .protocolFault("\(host): your ssh configuration cannot be used: \(quoted). Next: \(typed)")
    }
    return .lost("\(host): ssh made no connection: \(quoted)")
  }

  private var typed: String { ssh ?? "ssh \(host)" }

  private var unknown: HostError {
    let certificate = said.textLines.first { $0.holds("Certificate invalid") }.map {
      "\(visible(String($0), limit: 200)); "
    }
    return .hostKeyUnknown(
      "\(host): its key is not known yet: \(certificate ?? "")your ssh would ask. Next: fleet bootstrap \(host) "
        + "(or fleet trust \(host)) shows and records it; or accept it once by: \(typed)")
  }

  private var changed: HostError {
    let shown = said.textLines.flatMap(\.words).first { $0.begins(with: "SHA256:") }.map {
      String($0.without(suffix: ".") ?? $0)
    }
    return .hostKey(
      "\(host): its key has CHANGED, refused. It shows \(visible(shown ?? "another", limit: 100)); on file: "
        + known.map(\.description).joined(separator: ", ")
        + ". If the host was set up anew: fleet trust --replace \(host). If not, somebody may be in between")
  }

  /// What mends a refusal, where ssh's words tell it.
  private var hint: String {
    if said.holds("Too many authentication failures") {
      return
        ". The right key came too late: name it by ssh_key in fleet.yaml, or IdentityFile and IdentitiesOnly yes "
        + "in ~/.ssh/config"
    }
    if said.holds("signing failed") {
      return ". A key was not allowed to sign: is the authenticator plugged in, and was it touched?"
    }
    return ". An encrypted key must be in the ssh-agent first (ssh-add)"
  }

  private var quoted: String {
    let words = said.textLines.filter { !$0.holds("@@@@") }.suffix(6).joined(separator: " / ")
    return words.isEmpty ? "nothing was said" : "\"\(visible(words, limit: 600))\""
  }
}
