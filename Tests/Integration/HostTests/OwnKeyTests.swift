import Foundation
import Glibc
import SSH
import SystemPackage
import TestSupport
import Testing

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// The key that a person logs in with: found, made, and put on a host.
@Suite("A key of one's own") struct OwnKeyTests {
  /// A machine where somebody types, with this in its ssh configuration.
  private func setup(
    _ folder: HostFolder, config: String = "", agent: String? = nil, ssh: FilePath? = "/usr/bin/ssh"
  ) throws -> LiveSetup {
    try folder.write(
      "Host *\n  HostName 127.0.0.1\n  IdentityFile \(folder.file(".ssh/id_ed25519"))\n\(config)\n",
      to: "ssh_config")
    let surroundings = SSHEnvironment(
      home: FilePath(folder.path), user: "me", agentSocket: agent.map { FilePath($0) },
      sshConfig: FilePath(folder.file("ssh_config")), ssh: ssh)
    return LiveSetup(
      connector: SSHConnector(knownHosts: FilePath(folder.file("known_hosts")), surroundings: surroundings),
      agents: AgentBinaries(folders: []))
  }

  private func makeKey(_ folder: HostFolder, _ name: String, type: String = "ed25519") throws {
    try folder.write("", to: "\(name).folder")
    try hostTool("ssh-keygen", "-q", "-t", type, "-N", "", "-C", "me", "-f", folder.file(name))
  }

  private static let question = "Make one now (ssh-keygen -t ed25519), at "

  @Test func `is made after a yes, where ssh will look for it`() async throws {
    let folder = try HostFolder()
    let person = ScriptedPerson((Self.question + folder.file(".ssh/id_ed25519"), "yes"))
    try await setup(folder).ensureKey(for: [testHost("veg"), testHost("dry")], prompter: person)
    // Asked once: the second host finds it.
    #expect(person.unasked == 0)
    #expect(person.heard.first?.contains("no SSH key of yours to log in to veg") == true)
    #expect(try folder.read(".ssh/id_ed25519.pub").hasPrefix("ssh-ed25519 "))
    let mode = try FileManager.default.attributesOfItem(atPath: folder.file(".ssh"))[.posixPermissions]
    #expect(mode as? Int == 0o700)
  }

  @Test func `whoever makes it hears the signals that we do not`() async throws {
    let folder = try HostFolder()
    try folder.write(
      "#!/bin/sh\ngrep '^Sig' /proc/self/status >'\(folder.file("heard"))'; exit 1\n", to: "ssh-keygen")
    chmod(folder.file("ssh-keygen"), 0o755)
    symlink("/usr/bin/ssh", folder.file("ssh"))
    // As a program of ours has it.
    let before = signal(SIGPIPE, SIG_IGN)
    defer { signal(SIGPIPE, before) }
    _ = try await setupError {
      try await setup(folder, ssh: FilePath(folder.file("ssh"))).ensureKey(
        for: [testHost("veg")], prompter: ScriptedPerson((Self.question, "yes")))
    }
    let heard = try folder.read("heard")
    for line in ["SigBlk:\t", "SigIgn:\t"] {
      let mask = heard.split(separator: "\n").first { $0.hasPrefix(line) }.flatMap {
        UInt64($0.dropFirst(line.count), radix: 16)
      }
      for signal in [SIGINT, SIGPIPE, SIGTERM] {
        #expect(mask.map { $0 & 1 << (signal - 1) } == 0, "\(heard)")
      }
    }
  }

  @Test func `no leaves everything as it is, and says how to make one`() async throws {
    let folder = try HostFolder()
    let error = try await setupError {
      try await setup(folder).ensureKey(
        for: [testHost("veg")], prompter: ScriptedPerson((Self.question, "no")))
    }
    #expect(
      error
        == .declined(
          "no key was made, and no host was touched. Next: ssh-keygen -t ed25519, then: fleet bootstrap"))
    #expect(!folder.exists(".ssh"))
  }

  @Test func `where nobody can be asked, nothing is made`() async throws {
    let folder = try HostFolder()
    let error = try await setupError {
      try await setup(folder).ensureKey(for: [testHost("veg")], prompter: NobodyThere())
    }
    guard case .prompt(.nobody(let question)) = error else { throw error }
    #expect(question.hasPrefix(Self.question))
  }

  @Test func `one that is there asks nothing`() async throws {
    for name in [".ssh/id_ed25519", "other"] {
      let folder = try HostFolder()
      try folder.write("", to: ".ssh/config")
      try makeKey(folder, name)
      var host = testHost("veg")
      if name == "other" { host.sshKey = FilePath(folder.file(name)) }
      // The private half alone is one, too.
      try FileManager.default.removeItem(atPath: folder.file(name + ".pub"))
      try await setup(folder).ensureKey(for: [host], prompter: ScriptedPerson())
    }
  }

  @Test func `ssh_key names where it is made`() async throws {
    let folder = try HostFolder()
    var host = testHost("veg")
    host.sshKey = FilePath(folder.file("keys/veg"))
    try await setup(folder).ensureKey(
      for: [host], prompter: ScriptedPerson((Self.question + folder.file("keys/veg") + "?", "yes")))
    #expect(folder.exists("keys/veg.pub"))
  }

  @Test func `this machine, and a host that your own ssh reaches by other means, ask for none`() async throws
  {
    let folder = try HostFolder()
    var host = testHost("veg")
    host.transport = .openssh
    try await setup(folder).ensureKey(
      for: [host, testHost("here", connection: .local)], prompter: ScriptedPerson())
  }

  @Test func `without OpenSSH it says what to install`() async throws {
    let folder = try HostFolder()
    let error = try await setupError {
      try await setup(folder, ssh: nil).ensureKey(
        for: [testHost("veg")], prompter: ScriptedPerson((Self.question, "yes")))
    }
    guard case .local(let text) = error else { throw error }
    #expect(text.contains("apt install openssh-client"))
  }

  @Test func `a first key is the one that the host gets`() async throws {
    let server = try LoopbackHost(authorized: false)
    try server.trust()
    let person = ScriptedPerson(("login password of root", LoopbackHost.password))
    try FileManager.default.removeItem(atPath: server.folder.file("user.pub"))
    let setup = LiveSetup(connector: server.connector(), agents: AgentBinaries(folders: []))
    let host = testHost("tent")
    // There is no agent to install: it ends after the login.
    _ = try await setupError {
      try await setup.bootstrap(host, in: testFleet(host, in: server.folder), prompter: person) { _ in }
    }
    #expect(person.unasked == 0)
    let key = try #require(KeysOnHand.publicKey(of: FilePath(server.folder.file("user"))))
    #expect(try server.folder.read(".ssh/authorized_keys") == "\(key.type) \(key.base64)\n")
  }

  @Test func `a server without passwords is told as that, at the first try`() async throws {
    let server = try LoopbackHost(authorized: false, settings: "PasswordAuthentication no")
    try server.trust()
    let person = ScriptedPerson(("login password of root", "whatever"))
    let host = testHost("tent")
    let setup = LiveSetup(connector: server.connector(), agents: AgentBinaries(folders: []))
    let error = try await setupError {
      try await setup.bootstrap(host, in: testFleet(host, in: server.folder), prompter: person) { _ in }
    }
    guard case .failed(let text) = error else { throw error }
    #expect(text.contains("it takes no passwords") && text.contains("ssh-ed25519 "), "\(text)")
    #expect(!person.heard.contains { $0.contains("wrong password") })
  }

  @Test func `a wrong login password is called wrong, with the tries that are left`() async throws {
    let server = try LoopbackHost(authorized: false)
    try server.trust()
    let person = ScriptedPerson(
      ("login password", "wrong"), ("login password", "wrong"), ("login password", LoopbackHost.password))
    let host = testHost("tent")
    let setup = LiveSetup(connector: server.connector(), agents: AgentBinaries(folders: []))
    _ = try await setupError {
      try await setup.bootstrap(host, in: testFleet(host, in: server.folder), prompter: person) { _ in }
    }
    #expect(
      person.heard.filter { $0.contains("wrong password") } == [
        "tent: wrong password; 2 tries left", "tent: wrong password; 1 try left",
      ])
  }

  @Test func `the question for a host's key says what is normal, and what no does`() async throws {
    let server = try LoopbackHost()
    let person = ScriptedPerson(("Is that its key?", "no"))
    let host = testHost("tent")
    let setup = LiveSetup(connector: server.connector(), agents: AgentBinaries(folders: []))
    let error = try await setupError {
      try await setup.bootstrap(host, in: testFleet(host, in: server.folder), prompter: person) { _ in }
    }
    #expect(error.isDeclined && error.description.contains("fleet bootstrap tent"))
    let said = person.heard.joined(separator: "\n")
    #expect(said.contains("yes is the normal answer") && said.contains("With no, tent is left out"))
    #expect(said.contains("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"))
    #expect(!server.folder.exists("known_hosts"))
  }

  @Test func `doctor names the user and address of a host that is away`() async throws {
    let folder = try HostFolder()
    var host = testHost("mother")
    (host.address, host.user, host.port) = ("127.0.0.1", "grow", Int(try Shell.freePort()))
    let found = try await setup(folder).examine(host, in: testFleet(host, in: folder))
    let row = try #require(found.first)
    #expect(found.count == 1 && row.verdict == .bad)
    #expect(
      row.next
        == "is it on, and in this network? ping 127.0.0.1, then: ssh -p \(host.port ?? 0) grow@127.0.0.1")
    #expect(!row.text.contains("unreachable"))
  }
}
