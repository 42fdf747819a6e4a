import Programs
import Inventory
import ByteText
import SSH
import SystemPackage
import Wire

/// How a host is reached: what the inventory says, and for the rest what `ssh -G NAME` means.
struct SSHRoute: Equatable, Sendable {
  var target: SSHTarget
  /// In the order they are tried.
  var keys: [FilePath]
  /// All that names a key for this host, public halves and certificates too: which of the agent's keys come first.
  var identities: [FilePath]
  /// Whether of the agent's keys only those that are named may be offered.
  var identitiesOnly: Bool
  /// nil where there is none, or it is not to be used.
  var agentSocket: FilePath?
  /// The user's and the system's.
  var knownHosts: [FilePath]
  /// How those call the host.
  var knownHostsName: String
  var knownHostsPort: UInt16
  /// A program whose stdin and stdout lead to the host.
  var proxy: [String]?
  /// What `ssh -G` said; nil where OpenSSH is not installed.
  var config: SSHConfig?

  /// - Parameter config: nil where OpenSSH is not installed.
  init(
    _ host: Host, config: SSHConfig?, surroundings: SSHEnvironment, exists: (FilePath) -> Bool
  ) throws(HostError) {
    let address = host.address ?? config?.hostName ?? host.name
    let port = host.port.flatMap { UInt16(exactly: $0) } ?? config?.port ?? 22
    let user = host.user ?? config?.user ?? surroundings.user
    target = SSHTarget(name: host.name, address: address, port: port, user: user)

    let folder = surroundings.home.appending(".ssh")
    let defaults = ["id_ed25519", "id_ecdsa", "id_rsa"].map { folder.appending($0) }
    let identities = config.map { $0.identityFiles.map { FilePath($0) } } ?? defaults
    // The host's own key is tried even when it is missing: then the error says so.
    let own = host.sshKey.map { [$0] } ?? []
    self.identities = own + identities.filter { !own.contains($0) && exists($0) }
    // A public half stands for a key that the agent holds (ssh_config(5), IdentityFile).
    keys = self.identities.filter { !$0.string.ends(with: ".pub") || (own.contains($0) && !exists($0)) }
    identitiesOnly = config?.identitiesOnly == true
    self.config = config
    agentSocket =
      config?.agentIsOff == true
      ? nil : config?.identityAgent.map { FilePath($0) } ?? surroundings.agentSocket

    knownHosts =
      config.map { ($0.userKnownHostsFiles + $0.globalKnownHostsFiles).map { FilePath($0) } }
      ?? [folder.appending("known_hosts"), "/etc/ssh/ssh_known_hosts"]
    // An alias stands alone in these files, without a port (ssh_config(5), HostKeyAlias).
    knownHostsName = config?.hostKeyAlias ?? address
    knownHostsPort = config?.hostKeyAlias == nil ? port : 22
    proxy = try config.flatMap { config throws(HostError) in
      try Self.proxy(config, target: target, surroundings: surroundings)
    }
  }

  private static func proxy(
    _ config: SSHConfig, target: SSHTarget, surroundings: SSHEnvironment
  ) throws(HostError) -> [String]? {
    if let jumps = config.proxyJump, let ssh = surroundings.ssh {
      var hops = jumps.pieces(by: ",").map { String($0) }
      guard let last = hops.popLast() else { return nil }
      // BatchMode: a jump host that asks for something would ask where nobody looks.
      var words = [ssh.string]
      if let file = surroundings.sshConfig { words += ["-F", file.string] }
      words += ["-o", "BatchMode=yes", "-W", "[\(target.address)]:\(target.port)"]
      if !hops.isEmpty { words += ["-J", hops.joined(separator: ",")] }
      return words + [last.begins(with: "ssh://") ? last : "ssh://\(last)"]
    }
    guard let command = config.proxyCommand else { return nil }
    guard config.lineOnlyForSSH == nil else {
      // ssh will put the same values in.
      _ = try expanded("%h %n %p %r", target)
      return nil
    }
    return ["/bin/sh", "-c", "exec " + (try expanded(command, target))]
  }

  /// The tokens of ssh_config(5) that a ProxyCommand takes. What is put in must be no word for the shell.
  private static func expanded(_ command: String, _ target: SSHTarget) throws(HostError) -> String {
    let values: [Unicode.Scalar: String] = [
      "%": "%", "h": target.address, "n": target.name, "p": String(target.port), "r": target.user,
    ]
    var result = "".unicodeScalars
    var rest = command.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "%" else {
        result.append(scalar)
        continue
      }
      guard let token = rest.popFirst(), let value = values[token] else {
        throw .protocolFault("\(target.name): ProxyCommand has a token that is not supported: \(command)")
      }
      guard
        value.unicodeScalars.allSatisfy({
          $0.properties.isAlphabetic || ("0"..."9").contains($0) || "._:%@-".unicodeScalars.contains($0)
        })
      else {
        throw .protocolFault("\(target.name): \"\(value)\" cannot be put into ProxyCommand safely")
      }
      result.append(contentsOf: value.unicodeScalars)
    }
    return String(result)
  }
}

extension SSHConfig {
  /// The line by which the way to the host is one that only ssh itself can go. Without it libssh2 would go another way.
  var lineOnlyForSSH: String? {
    guard let proxyCommand else { return nil }
    if setting("proxyusefdpass") != nil { return "ProxyUseFdpass yes" }
    var rest = proxyCommand.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      // The tokens that `SSHRoute` fills in.
      guard scalar != "%" || rest.popFirst().map("%hnpr".unicodeScalars.contains) == true else {
        return "ProxyCommand \(proxyCommand)"
      }
    }
    return nil
  }
}

extension SSHRoute {
  /// Asks OpenSSH, where it is installed. Blocks until it has answered.
  static func find(_ host: Host, in surroundings: SSHEnvironment) throws(HostError) -> SSHRoute {
    let config = try surroundings.ssh.map { ssh throws(HostError) in
      try ask(ssh, of: host, in: surroundings)
    }
    return try SSHRoute(host, config: config, surroundings: surroundings, exists: canBeRead)
  }

  static func canBeRead(_ path: FilePath) -> Bool {
    (try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking]).close()) != nil
  }

  /// The words of `ssh -G`: what the inventory says is said to ssh too, so that `Match` and tokens see it.
  static func question(_ ssh: FilePath, _ host: Host, _ surroundings: SSHEnvironment) -> [String] {
    var words = [ssh.string, "-G"]
    if let file = surroundings.sshConfig { words += ["-F", file.string] }
    if let address = host.address {
      words += [
        "-o",
        "HostName=" + address.exchanging("%", for: "%%"),
      ]
    }
    if let port = host.port { words += ["-p", String(port)] }
    if let user = host.user { words += ["-l", user] }
    return words + ["--", host.name]
  }

  private static func ask(
    _ ssh: FilePath, of host: Host, in surroundings: SSHEnvironment
  ) throws(HostError) -> SSHConfig {
    let words = question(ssh, host, surroundings)
    let program: LocalProgram
    do throws(Errno) { program = try LocalProgram(words, name: host.name) } catch {
      throw .protocolFault("\(host.name): \(ssh) cannot be started: \(error)")
    }
    program.endInput()
    let (output, end) = try program.readToEnd(
      maxBytes: HostLimits.outputBytes, withinSeconds: HostLimits.configSeconds)
    guard let end, end.exit == .status(0) else {
      let said = visible(end?.standardError ?? "", limit: 400)
      throw .protocolFault(
        "\(host.name): your ssh configuration cannot be read: \(said). Try: ssh -G \(host.name)")
    }
    return SSHConfig(
      text: String(decoding: output, as: UTF8.self), name: host.name, home: surroundings.home.string,
      localUser: surroundings.user, exists: { canBeRead(FilePath($0)) })
  }
}
