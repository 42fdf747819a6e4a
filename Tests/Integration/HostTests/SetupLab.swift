import CoordinatorSupport
import Foundation
import SSH
import SystemPackage
import TestSupport
import Testing

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// One host of `scripts/lab`: real systemd, a real server, sudo that asks for a password. Its network is the
/// lab's alone; a relay on our loopback leads into it.
final class SetupLabHost: Sendable {
  let folder: HostFolder
  let name: String
  private let lab: String
  private let transport: Inventory.Host.Transport
  private let relay: HostTestChild

  /// What these tests need: root, a base made before (`scripts/lab base bookworm`), and an agent that runs
  /// without Swift's libraries (`make build`).
  static var isPossible: Bool {
    let files = FileManager.default
    return geteuid() == 0 && agents != nil
      && ["bookworm", "trixie"].allSatisfy {
        files.fileExists(atPath: "\(store)/base-\($0)/etc/fleet-lab-base")
      }
  }

  static let root = Repository.root.path
  private static var store: String { ProcessInfo.processInfo.environment["FLEET_LAB"] ?? root + "/.lab" }

  static var agents: FilePath? {
    let folder =
      ProcessInfo.processInfo.environment["FLEET_AGENTS"] ?? root + "/.build/dist/libexec/fleet/agents"
    let program = folder + "/\(HostArchitecture.own.rawValue)/fleet-agent"
    return FileManager.default.isExecutableFile(atPath: program) ? FilePath(folder) : nil
  }

  /// - Parameter options: of `scripts/lab up`.
  init(
    _ name: String, base: String, user: String, by transport: Inventory.Host.Transport = .auto,
    _ options: String...
  ) throws {
    self.transport = transport
    folder = try HostFolder()
    self.name = name
    lab = "setup-\(getpid())-\(name)"
    let script = Self.root + "/scripts/lab"
    let words = [
      script, "--lab", lab, "up", name, "--base", base, "--address", "10.77.0.21", "--owner", "\(getpid())",
    ]
    try Self.run(words + options, in: folder)
    let port = try Shell.freePort()
    try folder.write(Self.relayText, to: "relay", mode: 0o755)
    relay = try HostTestChild(
      ["/usr/bin/python3", folder.file("relay"), "/run/netns/fleet-\(lab)", "\(port)", "10.77.0.21"],
      log: folder.file("relay.log"))
    // Servers count connections that come to nothing: only until the first is taken.
    var tries = 200
    while tries > 0, !LoopbackHost.accepts(port) {
      tries -= 1
      usleep(50_000)
    }
    try hostTool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", folder.file("user"))
    try folder.write(
      """
      Host \(name)
        HostName 127.0.0.1
        Port \(port)
        User \(user)
        IdentityFile \(folder.file("user"))
        IdentityAgent none
        UserKnownHostsFile \(folder.file("users_known_hosts"))
        GlobalKnownHostsFile none

      """, to: "ssh_config")
  }

  deinit {
    _ = try? Self.run([Self.root + "/scripts/lab", "--lab", lab, "down-all"], in: folder)
  }

  private static func run(_ words: [String], in folder: HostFolder) throws {
    let log = folder.file("lab.log")
    // A shell between, so that a list can be given; words are arguments, never text of the shell's.
    let child = try HostTestChild(["/bin/sh", "-c", "\"$@\"; echo \"ended $?\""] + ["sh"] + words, log: log)
    while kill(child.pid, 0) == 0 {
      if let said = try? folder.read("lab.log"), said.hasSuffix("ended 0\n") { break }
      if let said = try? folder.read("lab.log"), said.contains("\nended ") || said.hasPrefix("ended 1") {
        throw HostToolFailed(command: words, output: said)
      }
      usleep(100_000)
    }
    try? FileManager.default.removeItem(atPath: log)
  }

  /// As root on the host, without SSH.
  @discardableResult
  func asRoot(_ script: String) throws -> String {
    try hostTool(Self.root + "/scripts/lab", "--lab", lab, "exec", name, "sh", "-c", script)
  }

  /// Lets the user's key in, as somebody did by hand before.
  func authorize(_ user: String) throws {
    let home = user == "root" ? "/root" : "/home/\(user)"
    let line = try folder.read("user.pub").trimmingCharacters(in: .newlines)
    try asRoot(
      "install -d -m 700 -o \(user) -g \(user) \(home)/.ssh && "
        + "echo '\(line)' > \(home)/.ssh/authorized_keys && "
        + "chown \(user) \(home)/.ssh/authorized_keys && chmod 600 \(home)/.ssh/authorized_keys")
  }

  func setup() throws -> LiveSetup {
    let surroundings = SSHEnvironment(
      home: FilePath(folder.path), user: "me", sshConfig: FilePath(folder.file("ssh_config")),
      ssh: "/usr/bin/ssh")
    return LiveSetup(
      connector: SSHConnector(
        knownHosts: FilePath(folder.file("known_hosts")), surroundings: surroundings),
      agents: AgentBinaries(folders: [try #require(Self.agents)]))
  }

  var host: Inventory.Host {
    var host = testHost(name, become: .sudo)
    host.transport = transport
    host.profiles = [TestFleet.profile]
    return host
  }

  func bootstrap(_ answers: (String, String)...) async throws -> [SetupNote] {
    try await bootstrap(ScriptedPerson(answers))
  }

  func bootstrap(_ person: ScriptedPerson) async throws -> [SetupNote] {
    let notes = Collected<SetupNote>()
    try await setup().bootstrap(host, in: testFleet(host, in: folder), prompter: person) { notes.add($0) }
    #expect(person.unasked == 0)
    return notes.all
  }

  /// Listens here, and connects in the lab's network: the socket made before setns(2) stays outside.
  private static let relayText = #"""
    import ctypes, os, socket, sys, threading

    listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
    space = os.open(sys.argv[1], os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(space, 0x40000000) != 0:
        sys.exit("setns: %s" % os.strerror(ctypes.get_errno()))

    def pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    while True:
        near, _ = listener.accept()
        try:
            far = socket.create_connection((sys.argv[3], 22), timeout=20)
            far.settimeout(None)
        except OSError as trouble:
            print("no way to the host:", trouble, file=sys.stderr, flush=True)
            near.close()
            continue
        threading.Thread(target=pump, args=(near, far), daemon=True).start()
        threading.Thread(target=pump, args=(far, near), daemon=True).start()
    """#
}
