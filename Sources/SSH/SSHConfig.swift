import ByteText

/// What `ssh -G NAME` says: the meaning of the user's ssh_config for one host (ssh(1), ssh_config(5)).
/// Running it is the caller's; this reads its output, `keyword value` on each line.
public struct SSHConfig: Sendable, Equatable {
  public private(set) var hostName: String?
  public private(set) var user: String?
  public private(set) var port: UInt16?
  /// In order, `~` and `%` tokens expanded. OpenSSH lists its defaults here too, existing or not.
  public private(set) var identityFiles: [String] = []
  public private(set) var identitiesOnly = false
  /// The agent's socket; `nil` where nothing is said, so that `SSH_AUTH_SOCK` counts.
  public private(set) var identityAgent: String?
  /// `IdentityAgent none`: no agent at all.
  public private(set) var agentIsOff = false
  public private(set) var userKnownHostsFiles: [String] = []
  public private(set) var globalKnownHostsFiles: [String] = []
  /// Stands for the host's name in known_hosts files.
  public private(set) var hostKeyAlias: String?
  public private(set) var proxyJump: String?
  public private(set) var proxyCommand: String?

  /// - Parameters:
  ///   - text: the output; keywords not named above are passed over.
  ///   - name: what was asked for, `%n`.
  ///   - home: for `~` and `%d`.
  ///   - localUser: for `%u`.
  public init(text: String, name: String, home: String, localUser: String) {
    var raw: [(key: String, value: String)] = []
    for line in text.textLines {
      let parts = line.pieces(by: " ", maxSplits: 1)
      guard parts.count == 2 else { continue }
      raw.append((parts[0].asciiLowercase, String(parts[1])))
    }
    func last(_ key: String) -> String? { raw.last { $0.key == key }?.value }
    func unlessNone(_ value: String?) -> String? { value?.asciiLowercase == "none" ? nil : value }

    hostName = last("hostname")
    user = last("user")
    port = last("port").flatMap { UInt16($0) }
    let tokens: [Unicode.Scalar: String] = [
      "%": "%", "d": home, "u": localUser, "n": name, "h": hostName ?? name, "r": user ?? localUser,
      "p": String(port ?? 22),
    ]
    func expand(_ path: String) -> String { Self.expand(path, home: home, tokens: tokens) }
    func paths(_ key: String) -> [String] {
      (unlessNone(last(key)) ?? "").pieces(by: " ").map { expand(String($0)) }
    }

    identityFiles = raw.filter { $0.key == "identityfile" }.compactMap { unlessNone($0.value) }.map(expand)
    identitiesOnly = last("identitiesonly") == "yes"
    let agent = last("identityagent")
    agentIsOff = agent?.asciiLowercase == "none"
    identityAgent = agent == "SSH_AUTH_SOCK" ? nil : unlessNone(agent).map(expand)
    userKnownHostsFiles = paths("userknownhostsfile")
    globalKnownHostsFiles = paths("globalknownhostsfile")
    hostKeyAlias = unlessNone(last("hostkeyalias"))
    proxyJump = unlessNone(last("proxyjump"))
    proxyCommand = unlessNone(last("proxycommand"))
  }

  private static func expand(_ path: String, home: String, tokens: [Unicode.Scalar: String]) -> String {
    var result = "".unicodeScalars
    var rest = path.unicodeScalars[...]
    if path == "~" || path.begins(with: "~/") {
      result = home.unicodeScalars
      rest = rest.dropFirst()
    }
    while let scalar = rest.popFirst() {
      guard scalar == "%", let token = rest.first, let value = tokens[token] else {
        result.append(scalar)
        continue
      }
      rest = rest.dropFirst()
      result.append(contentsOf: value.unicodeScalars)
    }
    return String(result)
  }
}
