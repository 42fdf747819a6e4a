import Foundation
import SSH
import SystemPackage
import TestSupport
import Testing

/// A TCP listener on 127.0.0.1 that nobody serves, for its port or for its silence.
final class Listener: Sendable {
  let descriptor: Int32
  let port: UInt16

  /// - Parameter port: 0 is any.
  init(port wanted: UInt16 = 0) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = wanted.bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0
          && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard bound else { throw Errno(rawValue: errno) }
    port = address.sin_port.bigEndian
  }

  deinit { close(descriptor) }
}

/// A real SSH server on 127.0.0.1, with its own keys in its own directory.
final class SSHTestServer: Sendable {
  let directory: TestDirectory
  let port: UInt16
  let child: Child
  static let password = "grow room"

  /// OpenSSH. `hostKeys` are the types it shows, in files `host_TYPE`; `settings` come first in its
  /// configuration, where the first word on a matter counts. With `questions` it takes no passwords but by what
  /// these lines of pam.d(5) ask for; `passwordChanged` is the day since 1970, 0 wants a new one.
  static func openSSH(
    hostKeys: [String] = ["ed25519", "ecdsa"], settings: String = "", password: Bool = false,
    questions: String? = nil, passwordChanged: Int = 19_000
  ) throws -> SSHTestServer {
    let directory = try TestDirectory()
    try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
    for type in hostKeys { try makeKey("host_\(type)", type: type, in: directory) }
    try makeKey("user", in: directory)
    try directory.write(directory.read("user.pub"), to: "authorized_keys")
    var settings = settings
    if let questions {
      settings += "\nUsePAM yes\nKbdInteractiveAuthentication yes"
      try directory.write("\(questions)\nsession required pam_permit.so\n", to: "pam", mode: 0o644)
    }
    return try started(in: directory) { port in
      try directory.write(
        """
        \(settings)
        Port \(port)
        ListenAddress 127.0.0.1
        \(hostKeys.map { "HostKey \(directory.file("host_\($0)"))" }.joined(separator: "\n"))
        AuthorizedKeysFile \(directory.file("authorized_keys"))
        PidFile none
        UsePAM no
        StrictModes no
        PermitRootLogin yes
        PasswordAuthentication \(password ? "yes" : "no")
        KbdInteractiveAuthentication no

        """, to: "sshd_config")
      return try withOwnAccounts(
        directory, ["/usr/sbin/sshd", "-D", "-e", "-f", directory.file("sshd_config")],
        passwordChanged: passwordChanged,
        mounts: questions == nil ? [] : ["mount --bind \(directory.file("pam")) /etc/pam.d/sshd"])
    }
  }

  /// Dropbear, whose users' keys lie in their homes: root's home is the test's directory, for it alone.
  static func dropbear() throws -> SSHTestServer {
    let directory = try TestDirectory()
    try makeKey("user", in: directory)
    try FileManager.default.createDirectory(
      atPath: directory.file(".ssh"), withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    try directory.write(directory.read("user.pub"), to: ".ssh/authorized_keys")
    try tool("/usr/bin/dropbearkey", "-t", "ed25519", "-f", directory.file("host_ed25519"))
    let shown = try tool("/usr/bin/dropbearkey", "-y", "-f", directory.file("host_ed25519"))
    let line = try #require(shown.split(separator: "\n").first { $0.hasPrefix("ssh-ed25519 ") })
    try directory.write(String(line), to: "host_ed25519.pub")
    return try started(in: directory) { port in
      try withOwnAccounts(
        directory,
        ["/usr/sbin/dropbear", "-F", "-E", "-p", "127.0.0.1:\(port)", "-r", directory.file("host_ed25519")])
    }
  }

  private init(directory: TestDirectory, port: UInt16, child: Child) {
    self.directory = directory
    self.port = port
    self.child = child
  }

  /// Starts the command, in a mount namespace where root has a known password, a plain shell and the
  /// directory as home: what this machine's root has in a .bashrc would get in between.
  private static func withOwnAccounts(
    _ directory: TestDirectory, _ command: [String], passwordChanged: Int = 19_000,
    mounts others: [String] = []
  ) throws -> [String] {
    let hash = try tool("/usr/bin/openssl", "passwd", "-6", password)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    try directory.write(
      "root:\(hash):\(passwordChanged):0:99999:7:::\nsshd:*:19000:0:99999:7:::\n", to: "shadow")
    let accounts = try String(contentsOfFile: "/etc/passwd", encoding: .utf8).split(separator: "\n")
      .filter { !$0.hasPrefix("root:") }
    let root = "root:x:0:0:root:\(directory.path):/bin/sh"
    try directory.write(
      ([root] + accounts.map { String($0) }).joined(separator: "\n") + "\n", to: "passwd", mode: 0o644)
    let mounts = ["shadow", "passwd"].map { "mount --bind \(directory.file($0)) /etc/\($0)" } + others
    return [
      "/usr/bin/unshare", "-m", "/bin/sh", "-c", mounts.joined(separator: " && ") + " && exec \"$0\" \"$@\"",
    ] + command
  }

  /// The port is free when it is chosen; should another take it meanwhile, a new one is.
  private static func started(
    in directory: TestDirectory, command: (UInt16) throws -> [String]
  ) throws -> SSHTestServer {
    for _ in 0..<5 {
      let port = try Shell.freePort()
      let log = directory.file("log")
      let child = try Child(command(port), log: log)
      for _ in 0..<200 {
        if accepts(port) { return SSHTestServer(directory: directory, port: port, child: child) }
        usleep(50_000)
      }
    }
    throw CommandFailed(command: ["server"], output: try directory.read("log"))
  }

  private static func accepts(_ port: UInt16) -> Bool {
    guard let socket = try? connectedSocket(to: port) else { return false }
    try? socket.close()
    return true
  }

  var target: SSHTarget { SSHTarget(name: "tent", address: "127.0.0.1", port: port, user: "root") }

  func hostKey(_ type: String = "ed25519") throws -> HostKey { try publicKey("host_\(type)", in: directory) }

  /// Trust in this text as fleet's own file.
  func trust(_ text: String) -> HostKeyTrust {
    HostKeyTrust([.init(KnownHosts(text: text, source: "known_hosts"), names: ["tent"])])
  }

  func trusted() throws -> HostKeyTrust {
    trust(KnownHostsText.line(name: "tent", key: try hostKey()) + "\n")
  }

  var userKey: SSHCredential { .keyFile(FilePath(directory.file("user"))) }

  /// A session with the host's key trusted, logged in with the user's.
  func session(limits: SSHLimits = SSHLimits()) throws -> SSHSession {
    let session = try SSHSession.connect(target, trust: trusted(), limits: limits)
    try session.authenticate([userKey], deadline: soon())
    return session
  }
}

/// An agent's socket at which nobody answers.
final class SilentAgent: Sendable {
  let path: String
  private let descriptor: Int32

  init(path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let descriptor = descriptor
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 && listen(descriptor, 8) == 0
      }
    }
    guard bound else { throw Errno(rawValue: errno) }
  }

  deinit { close(descriptor) }
}

/// A TCP connection to 127.0.0.1, as a proxy command would bring one.
func connectedSocket(to port: UInt16) throws -> FileDescriptor {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  address.sin_port = port.bigEndian
  let connected = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
  guard connected else {
    close(descriptor)
    throw Errno(rawValue: errno)
  }
  return FileDescriptor(rawValue: descriptor)
}
