import Foundation
import SSH
import SystemPackage
import TestSupport
import Testing

@testable import Hosts
@testable import Coordinator

/// A real OpenSSH server on 127.0.0.1, where root's home is a folder of the test's, and a user with a key and
/// an ssh configuration that calls it `tent`.
final class LoopbackHost: Sendable {
  let folder: HostFolder
  let port: UInt16
  let server: HostTestChild
  static let password = "grow room"

  /// - Parameters:
  ///   - keyTypes: the host keys that it shows.
  ///   - authorized: whether the user's key is accepted.
  ///   - passwordChanged: on which day since 1970; 0 wants a new one.
  ///   - shell: root's.
  ///   - isHomeless: root's home is not there.
  ///   - mounts: shell commands, run with what only this server sees; `$HOME` is the home.
  init(
    keyTypes: [String] = ["ed25519", "ecdsa"], authorized: Bool = true, passphrase: String = "",
    settings: String = "", passwordChanged: Int = 19_000, shell: String = "/bin/bash",
    isHomeless: Bool = false,
    mounts: String = ""
  ) throws {
    let folder = try HostFolder()
    self.folder = folder
    try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
    for type in keyTypes {
      try hostTool("ssh-keygen", "-q", "-t", type, "-N", "", "-f", folder.file("host_\(type)"))
    }
    try hostTool("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "me", "-f", folder.file("user"))
    if authorized {
      try folder.write(folder.read("user.pub"), to: ".ssh/authorized_keys")
    }
    let hash = try hostTool("openssl", "passwd", "-6", Self.password)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    try folder.write(
      "root:\(hash):\(passwordChanged):0:99999:7:::\nsshd:*:19000:0:99999:7:::\n", to: "shadow")
    let others = try String(contentsOfFile: "/etc/passwd", encoding: .utf8).split(separator: "\n")
      .filter { !$0.hasPrefix("root:") }.map { String($0) }
    try folder.write(
      (["root:x:0:0:root:\(folder.path)\(isHomeless ? "/gone" : ""):\(shell)"] + others).joined(
        separator: "\n") + "\n", to: "passwd",
      mode: 0o644)
    (port, server) = try Self.start(folder, keyTypes: keyTypes, settings: settings, mounts: mounts)
    try configure()
  }

  /// A second server, with other host keys, on the same port: as after a new installation.
  init(insteadOf old: LoopbackHost, keyType: String) throws {
    folder = old.folder
    port = old.port
    try? FileManager.default.removeItem(atPath: folder.file("host_\(keyType)"))
    try hostTool("ssh-keygen", "-q", "-t", keyType, "-N", "", "-f", folder.file("host_\(keyType)"))
    old.server.end()
    server = try Self.launch(folder, port: port, keyTypes: [keyType], settings: "")
  }

  /// The same server with other settings, which may name files in its folder.
  init(again old: LoopbackHost, keyTypes: [String] = ["ed25519", "ecdsa"], settings: String) throws {
    folder = old.folder
    port = old.port
    old.server.end()
    server = try Self.launch(folder, port: port, keyTypes: keyTypes, settings: settings)
  }

  private static func start(
    _ folder: HostFolder, keyTypes: [String], settings: String, mounts: String
  ) throws -> (UInt16, HostTestChild) {
    let port = try Shell.freePort()
    return (port, try launch(folder, port: port, keyTypes: keyTypes, settings: settings, mounts: mounts))
  }

  private static func launch(
    _ folder: HostFolder, port: UInt16, keyTypes: [String], settings: String, mounts more: String = ""
  ) throws -> HostTestChild {
    try folder.write(
      """
      \(settings)
      Port \(port)
      ListenAddress 127.0.0.1
      \(keyTypes.map { "HostKey \(folder.file("host_\($0)"))" }.joined(separator: "\n"))
      PidFile none
      UsePAM no
      StrictModes no
      PermitRootLogin yes
      PasswordAuthentication yes
      KbdInteractiveAuthentication no

      """, to: "sshd_config")
    // Root's password and home are the test's, for this server alone.
    let mounts =
      ["shadow", "passwd"].map { "mount --bind \(folder.file($0)) /etc/\($0)" }
      .joined(separator: " && ") + (more.isEmpty ? "" : " && HOME=\(folder.path) && \(more)")
    let child = try HostTestChild(
      [
        "/usr/bin/unshare", "-m", "/bin/sh", "-c", mounts + " && exec \"$0\" \"$@\"", "/usr/sbin/sshd", "-D",
        "-e",
        "-f", folder.file("sshd_config"),
      ], log: folder.file("sshd.log"))
    for _ in 0..<400 {
      if accepts(port) { return child }
      usleep(50_000)
    }
    throw HostToolFailed(command: ["sshd"], output: try folder.read("sshd.log"))
  }

  static func accepts(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = port.bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  /// The user's side: nothing is said in the inventory, all of it in ssh_config.
  ///
  /// - Parameters:
  ///   - agent: the socket of an ssh-agent.
  ///   - knownHosts: instead of the user's own file, as it is written in ssh_config.
  func configure(more: String = "", key: String = "user", agent: String = "none", knownHosts: String? = nil)
    throws
  {
    try folder.write(
      """
      Host tent tent-*
        HostName 127.0.0.1
        Port \(port)
        User root
        IdentityFile \(folder.file(key))
        IdentityAgent \(agent)
        UserKnownHostsFile \(knownHosts ?? folder.file("users_known_hosts"))
        GlobalKnownHostsFile none
      \(more)
      """, to: "ssh_config")
  }

  var knownHosts: String { folder.file("known_hosts") }

  func hostKey(_ type: String = "ed25519") throws -> HostKey {
    try #require(HostKey(base64: folder.read("host_\(type).pub").split(separator: " ")[1]))
  }

  /// As if bootstrapped: fleet's own file has the key.
  func trust(_ type: String = "ed25519", as name: String = "tent") throws {
    try folder.write(KnownHostsText.line(name: name, key: try hostKey(type)) + "\n", to: "known_hosts")
  }

  func surroundings() -> SSHEnvironment {
    var here = SSHEnvironment(
      home: FilePath(folder.path), user: "me", sshConfig: FilePath(folder.file("ssh_config")),
      ssh: "/usr/bin/ssh")
    here.runtimeFolder = FilePath(folder.path)
    return here
  }

  func connector(passphrase: (@Sendable (FilePath) async -> String?)? = nil) -> SSHConnector {
    SSHConnector(
      knownHosts: FilePath(knownHosts), surroundings: surroundings(), passphrase: passphrase)
  }
}
