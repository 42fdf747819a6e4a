import ByteText

/// What `ssh -G NAME` says: the meaning of the user's ssh_config for one host (ssh(1), ssh_config(5)).
/// Running it is the caller's; this reads its output, `keyword value` on each line.
package struct SSHConfig: Sendable, Equatable {
  package private(set) var hostName: String?
  package private(set) var user: String?
  package private(set) var port: UInt16?
  /// In order, `~` and `%` tokens expanded. OpenSSH lists its defaults here too, existing or not.
  package private(set) var identityFiles: [String] = []
  package private(set) var identitiesOnly = false
  /// The agent's socket; `nil` where nothing is said, so that `SSH_AUTH_SOCK` counts.
  package private(set) var identityAgent: String?
  /// `IdentityAgent none`: no agent at all.
  package private(set) var agentIsOff = false
  package private(set) var userKnownHostsFiles: [String] = []
  package private(set) var globalKnownHostsFiles: [String] = []
  /// Stands for the host's name in known_hosts files.
  package private(set) var hostKeyAlias: String?
  package private(set) var proxyJump: String?
  package private(set) var proxyCommand: String?
  /// User certificates, `~` and `%` tokens expanded.
  package private(set) var certificateFiles: [String] = []
  /// All else that is said, by its keyword in small letters: what comes several times stands here with its last
  /// value. Which keywords this ssh knows can be seen from it too.
  private var values: [String: String] = [:]

  /// What stands behind a keyword; `nil` where nothing, `none` or `no` does.
  package func setting(_ keyword: String) -> String? {
    guard let value = values[keyword], !["none", "no", "false"].contains(value.asciiLowercase) else {
      return nil
    }
    return value
  }

  /// Whether the ssh that was asked prints this keyword, and so understands it.
  package func knows(_ keyword: String) -> Bool { values[keyword] != nil }

  /// - Parameters:
  ///   - text: the output.
  ///   - name: what was asked for, `%n`.
  ///   - home: for `~` and `%d`.
  ///   - localUser: for `%u`.
  ///   - exists: whether there is such a file. Lists of paths are printed without quotes, so what a space in them
  ///     means can only be told by it.
  package init(
    text: String, name: String, home: String, localUser: String, exists: (String) -> Bool = { _ in false }
  ) {
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
      let pieces = (unlessNone(last(key)) ?? "").pieces(by: " ", keepingEmpty: true)
      return Self.joined(pieces.map { String($0) }) { exists(expand($0)) }.map(expand)
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
    certificateFiles = raw.filter { $0.key == "certificatefile" }.compactMap { unlessNone($0.value) }.map(
      expand)
    values = Dictionary(raw.map { ($0.key, $0.value) }) { $1 }
  }

  /// Puts the paths together again that were cut at their own spaces: the longest that exists, else all that does
  /// not look like the beginning of the next one.
  static func joined(_ pieces: [String], exists: (String) -> Bool) -> [String] {
    var paths: [String] = []
    var rest = pieces[...]
    while !rest.isEmpty {
      let ends = (rest.startIndex + 1...rest.endIndex).reversed()
      let plain =
        rest.dropFirst().firstIndex { $0.begins(with: "/") || $0.begins(with: "~") } ?? rest.endIndex
      let end = ends.first { exists(rest[..<$0].joined(separator: " ")) } ?? plain
      let path = rest[..<end].joined(separator: " ")
      if !path.isEmpty { paths.append(path) }
      rest = rest[end...]
    }
    return paths
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
