import Inventory
import ByteText
import SSH
import SystemPackage

/// The words that start OpenSSH's program, none of which a shell reads (ssh(1), ssh_config(5)). Pure.
///
/// One ssh is the connection: it logs in and serves a control socket. Each program there is started by another one
/// over that socket, without a login of its own.
struct OpenSSHCommand: Sendable {
  let ssh: FilePath
  /// Only we can reach it. Its path has nothing in it that ssh_config(5) would read as more than itself.
  let folder: FilePath

  var socket: FilePath { folder.appending("mux") }
  var knownHosts: FilePath { folder.appending("known_hosts") }

  /// The one that logs in. What stands here comes before what any configuration says.
  ///
  /// - Parameter isOwn: whether fleet's own known_hosts knows the host, so that nobody else is asked.
  func connection(to host: Host, config: SSHConfig?, sshConfig: FilePath?, isOwn: Bool) throws(HostError)
    -> [String]
  {
    var words = [ssh.string]
    if let sshConfig { words += ["-F", sshConfig.string] }
    words += ["-N", "-T"]
    var options = [
      // Nobody is there to be asked, and what is not known is not believed.
      "BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no",
      "NoHostAuthenticationForLocalhost=no",
      "VerifyHostKeyDNS=no", "CheckHostIP=no", "UserKnownHostsFile=\(knownHosts)",
      "GlobalKnownHostsFile=/dev/null",
      // Nothing of ours is lent to the host, and nothing of the user's runs beside.
      "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "Tunnel=no",
      "GSSAPIDelegateCredentials=no",
      // It would vouch for the host in place of its key.
      "GSSAPIKeyExchange=no", "GSSAPITrustDns=no",
      "RemoteCommand=none", "RequestTTY=no", "PermitLocalCommand=no", "EscapeChar=none", "AddKeysToAgent=no",
      // A connection of its own, that ends with its owner.
      "ControlMaster=yes", "ControlPath=\(socket)", "ControlPersist=no", "ForkAfterAuthentication=no",
      "SessionType=none", "StdinNull=no",
      // Errors are read from what it says.
      "LogLevel=INFO", "VisualHostKey=no",
      "ConnectTimeout=\(HostLimits.connectSeconds)", "ConnectionAttempts=1",
      "ServerAliveInterval=\(HostLimits.aliveSeconds)", "ServerAliveCountMax=\(HostLimits.aliveCount)",
    ]
    if isOwn { options.append("KnownHostsCommand=none") }
    // An older ssh ends at an option that it does not know; those that it knows it has printed.
    options.removeAll { option in
      guard let name = option.cut(at: "=")?.before, Self.younger.contains(String(name)) else { return false }
      return config?.knows(name.asciiLowercase) != true
    }
    if let address = host.address { options.append("HostName=" + address.exchanging("%", for: "%%")) }
    if let key = host.sshKey {
      guard !key.string.unicodeScalars.contains(where: { $0 == "\"" || $0 == "\\" || $0.isUnseen }) else {
        throw .authentication("\(host.name): ssh cannot be given a key of this name: \(key)")
      }
      options += ["IdentityFile=\"\(key.string.exchanging("%", for: "%%"))\"", "IdentitiesOnly=yes"]
    }
    words += options.flatMap { ["-o", $0] }
    if let port = host.port { words += ["-p", String(port)] }
    if let user = host.user { words += ["-l", user] }
    return words + ["--", host.name]
  }

  /// Options that came after OpenSSH 7, or that not every ssh is built with.
  private static let younger: Set<String> = [
    "ForkAfterAuthentication", "SessionType", "StdinNull", "KnownHostsCommand", "GSSAPIDelegateCredentials",
    "GSSAPIKeyExchange", "GSSAPITrustDns",
  ]

  /// One that starts a program over the connection, and can go nowhere else: where that is gone, its way is `false`.
  func program(_ line: String) -> [String] {
    [
      ssh.string, "-F", "none", "-S", socket.string, "-T", "-o", "ControlMaster=no", "-o", "BatchMode=yes",
      "-o",
      "StrictHostKeyChecking=yes", "-o", "ProxyCommand=false", "-o", "EscapeChar=none", "-o",
      "LogLevel=ERROR", "--",
      "fleet", line,
    ]
  }

  /// Ties a program to its input: when that ends, because we close it or are gone, the program is told to end. ssh
  /// without a session reads no input, and would stay. The program takes the place of the shell, and so its number.
  static func tied(_ words: [String]) -> [String] {
    let script = """
      exec 3<&0 </dev/null
      { cat <&3 >/dev/null; kill "$$"; } >/dev/null 2>&1 &
      exec 3<&-
      exec "$@" >/dev/null
      """
    return ["/bin/sh", "-c", script, "fleet"] + words
  }
}
