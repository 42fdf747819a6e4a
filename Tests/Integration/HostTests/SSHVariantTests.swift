import Foundation
import SSH
import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// If `ssh NAME` works, fleet works: hosts that libssh2 cannot reach, or only when it is told more.
@Suite("If ssh NAME works") struct SSHVariantTests {
  private func ready(keyTypes: [String] = ["ed25519", "ecdsa"], settings: String = "") throws -> LoopbackHost
  {
    let server = try LoopbackHost(keyTypes: keyTypes, settings: settings)
    try StandInAgent.install(in: server.folder)
    return server
  }

  /// `ssh NAME` works, so fleet does; returns what carried it.
  private func proves(_ server: LoopbackHost) async throws -> String? {
    let ssh = ["ssh", "-F", server.folder.file("ssh_config"), "-o", "BatchMode=yes", "tent", "true"]
    try hostTool(ssh)
    return try await works(server)
  }

  private func works(_ server: LoopbackHost) async throws -> String? {
    let link = HostSession(name: "tent")
    let connector = server.connector()
    try await connector.reach(testHost("tent"), over: link)
    try await link.converse(become: .none, version: "0.1.0")
    #expect(await link.hello.system == "a stand-in")
    let carrier = await link.carrier
    await link.close()
    return carrier
  }

  // MARK: What libssh2 does when it is told more

  @Test func `a known_hosts path may have spaces`() async throws {
    let server = try ready()
    try server.usersKnow()
    let text = try server.folder.read("users_known_hosts")
    try server.folder.write(text, to: "my documents/known hosts")
    try server.folder.write("", to: "users_known_hosts")
    let file = server.folder.file("my documents/known hosts")
    try server.configure(knownHosts: "\"\(file)\" \(server.folder.file("users_known_hosts"))")
    #expect(try await proves(server) == nil)
    #expect(try server.folder.read("known_hosts").contains(server.hostKey().base64))
  }

  @Test func `a public half names the one key of an agent with many`() async throws {
    let server = try ready()
    try server.usersKnow()
    let names = (1...9).map { "k\($0)" }
    for name in names + ["wanted"] { try server.makeKey(name) }
    try server.authorize("wanted")
    let agent = try await server.agent(holding: names + ["wanted"])
    defer { agent.end() }
    for more in ["  IdentitiesOnly yes\n", ""] {
      try server.configure(more: more, key: "wanted.pub", agent: server.folder.file("agent"))
      #expect(try await proves(server) == nil)
    }
  }

  @Test func `an agent with too many keys is not offered whole, and the way on is told`() async throws {
    let server = try ready()
    try server.usersKnow()
    let names = (1...9).map { "k\($0)" }
    for name in names { try server.makeKey(name) }
    try server.authorize("k9")
    let agent = try await server.agent(holding: names)
    defer { agent.end() }
    try server.configure(key: "nothing", agent: server.folder.file("agent"))
    let error = try await hostError { _ = try await works(server) }
    guard case .authentication(let text) = error else { throw error }
    #expect(text.contains("MaxAuthTries"))
    #expect(text.contains("IdentityFile"))
    // The sixth is the last that a server looks at.
    try server.authorize("k6")
    #expect(try await proves(server) == nil)
  }

  @Test func `with IdentitiesOnly no other key of the agent is offered`() async throws {
    let server = try ready()
    try server.usersKnow()
    for name in ["named", "other"] { try server.makeKey(name) }
    try server.authorize("other")
    let agent = try await server.agent(holding: ["other"])
    defer { agent.end() }
    try server.configure(more: "  IdentitiesOnly yes\n", key: "named.pub", agent: server.folder.file("agent"))
    let error = try await hostError { _ = try await works(server) }
    guard case .authentication(let text) = error else { throw error }
    #expect(text.contains("IdentitiesOnly"))
  }

  // MARK: What goes by ssh

  /// A host with a certificate for the name `127.0.0.1`, and a user who believes its authority alone.
  private func certified(_ more: String..., name: String = "127.0.0.1") throws -> LoopbackHost {
    let plain = try ready()
    try plain.makeKey("authority")
    try plain.certify("host_ed25519", by: "authority", ["-h", "-n", name] + more)
    let server = try LoopbackHost(
      again: plain, settings: "HostCertificate \(plain.folder.file("host_ed25519-cert.pub"))")
    try server.believe(authority: "authority")
    return server
  }

  @Test func `a host is known by the authority that certified its key`() async throws {
    let server = try certified()
    #expect(
      try await proves(server)?.contains("@cert-authority at \(server.folder.file("users_known_hosts")):1")
        == true)
    // The authority may certify another key tomorrow.
    #expect(!server.folder.exists("known_hosts"))
  }

  @Test func `an authority that is named without the port counts for every port`() async throws {
    let server = try certified()
    try server.believe(authority: "authority", of: "127.0.0.?")
    #expect(try await proves(server)?.contains("@cert-authority") == true)
  }

  @Test func `an old key in the user's file does not matter where an authority vouches, and is not recorded`()
    async throws
  {
    let server = try certified()
    let other = try LoopbackHost()
    let line = KnownHostsText.line(name: "127.0.0.1", port: server.port, key: try other.hostKey())
    try server.folder.write(server.folder.read("users_known_hosts") + line + "\n", to: "users_known_hosts")
    #expect(try await proves(server)?.contains("@cert-authority") == true)
    #expect(!server.folder.exists("known_hosts"))
  }

  @Test func `a host's certificate counts under its alias`() async throws {
    let server = try certified(name: "greenhouse")
    try server.configure(more: "  HostKeyAlias greenhouse\n")
    #expect(try await proves(server)?.contains("@cert-authority") == true)
  }

  @Test func `a certificate of another name, or of another time, is no certificate`() async throws {
    for server in [try certified(name: "another"), try certified("-V", "20200101:20200102")] {
      let error = try await hostError { _ = try await works(server) }
      guard case .hostKeyUnknown(let text) = error else { throw error }
      #expect(text.contains("Certificate invalid"))
      #expect(text.contains("fleet trust tent"))
    }
  }

  @Test func `a certified key that was revoked is refused`() async throws {
    let server = try certified()
    let authority = try server.folder.read("users_known_hosts")
    let key = try server.hostKey()
    try server.folder.write(authority + "@revoked * \(key.type) \(key.base64)\n", to: "users_known_hosts")
    let error = try await hostError { _ = try await works(server) }
    guard case .hostKey = error else { throw error }
  }

  @Test func `a key on file comes before an authority, and libssh2 judges it`() async throws {
    let server = try certified()
    try server.trust()
    #expect(try await proves(server) == nil)
  }

  @Test func `KnownHostsCommand tells the key`() async throws {
    let server = try ready()
    try server.usersKnow()
    let text = try server.folder.read("users_known_hosts")
    try server.folder.write("#!/bin/sh\ncat <<'END'\n\(text)END\n", to: "tell", mode: 0o755)
    try server.folder.write("", to: "users_known_hosts")
    try server.configure(more: "  KnownHostsCommand \(server.folder.file("tell")) %H\n")
    #expect(try await proves(server)?.contains("KnownHostsCommand") == true)
    // It may change its mind, and is asked each time.
    #expect(!server.folder.exists("known_hosts"))
  }

  /// A user whose key only counts by its certificate.
  private func certifiedUser() throws -> LoopbackHost {
    let plain = try LoopbackHost(authorized: false)
    try StandInAgent.install(in: plain.folder)
    try plain.makeKey("authority")
    try plain.certify("user", by: "authority", ["-n", "root"])
    let server = try LoopbackHost(
      again: plain, settings: "TrustedUserCAKeys \(plain.folder.file("authority.pub"))")
    try server.usersKnow()
    return server
  }

  @Test func `a certificate in the agent opens the door`() async throws {
    let server = try certifiedUser()
    let agent = try await server.agent(holding: ["user"])
    defer { agent.end() }
    try server.configure(key: "nothing", agent: server.folder.file("agent"))
    #expect(try await proves(server)?.contains("a certificate in the ssh-agent") == true)
  }

  @Test func `a certificate beside the key opens the door`() async throws {
    let server = try certifiedUser()
    #expect(try await proves(server)?.contains("user-cert.pub") == true)
  }

  @Test func `a certificate that is named opens the door`() async throws {
    let server = try certifiedUser()
    let file = server.folder.file("somewhere else.pub")
    try FileManager.default.moveItem(atPath: server.folder.file("user-cert.pub"), toPath: file)
    try server.configure(more: "  CertificateFile \"\(file)\"\n")
    #expect(try await proves(server)?.contains("somewhere else.pub") == true)
  }

  @Test func `a hardware key in the agent opens the door`() async throws {
    let server = try ready()
    try server.usersKnow()
    let agent = try await server.hardwareAgent("key")
    defer { agent.end() }
    try server.authorize("key")
    try server.configure(key: "nothing", agent: server.folder.file("agent"))
    #expect(try await proves(server)?.contains("a hardware key in the ssh-agent") == true)
  }

  @Test func `RSA keys alone go by ssh where libssh2 signs them by SHA-1 only`() async throws {
    let server = try ready()
    try server.usersKnow()
    try server.makeKey("old", type: "rsa")
    try server.authorize("old")
    try server.configure(key: "old")
    #expect(try await proves(server) == (SSHAbilities.signsRSA ? nil : "your own ssh, for RSA keys alone"))
  }

  @Test func `the right RSA key among others goes by ssh too, once libssh2 was refused`() async throws {
    let server = try ready()
    try server.usersKnow()
    try server.makeKey("old", type: "rsa")
    try server.authorize("old")
    try server.configure(more: "  IdentityFile \(server.folder.file("old"))\n")
    #expect(try await proves(server) == (SSHAbilities.signsRSA ? nil : "your own ssh, for RSA keys alone"))
  }

  @Test(arguments: [
    "Ciphers chacha20-poly1305@openssh.com", "KexAlgorithms sntrup761x25519-sha512@openssh.com",
  ])
  func `a server that speaks only what libssh2 does not is reached by ssh`(settings: String) async throws {
    let server = try ready(settings: settings)
    try server.usersKnow()
    #expect(try await proves(server)?.contains("an algorithm that libssh2") == true)
  }

  @Test func `a server with nothing but an RSA key is reached`() async throws {
    let server = try ready(keyTypes: ["rsa"])
    try server.usersKnow("rsa")
    let carrier = try await proves(server)
    #expect(SSHAbilities.signsRSA || carrier?.contains("an algorithm that libssh2") == true)
    #expect(try server.folder.read("known_hosts").contains(server.hostKey("rsa").base64))
  }

  /// Lines of ssh_config, and what of them is said where they go by ssh; nil where libssh2 does what they mean.
  static let lines: [(line: String, said: String?)] = [
    ("BindAddress 127.0.0.1", "BindAddress 127.0.0.1"), ("AddressFamily inet", "AddressFamily inet"),
    ("Ciphers chacha20-poly1305@openssh.com", "Ciphers chacha20-poly1305@openssh.com"),
    ("MACs umac-128-etm@openssh.com\n  Ciphers aes256-ctr", "MACs umac-128-etm@openssh.com"),
    ("HashKnownHosts yes", nil), ("UpdateHostKeys yes", nil), ("ControlMaster auto\n  ControlPath none", nil),
    ("GSSAPIAuthentication yes", nil), ("Compression yes", nil), ("CanonicalizeHostname yes", nil),
    ("Match exec \"true\"\n  Compression yes", nil), ("VerifyHostKeyDNS yes", nil),
    (
      "ProxyCommand /bin/bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3; kill $!' # %k",
      "ProxyCommand /bin/bash"
    ),
  ]

  @Test(arguments: lines.indices) func `a line of ssh_config means what it means to ssh`(index: Int)
    async throws
  {
    let (line, said) = Self.lines[index]
    let server = try ready()
    try server.usersKnow()
    try server.configure(more: "  \(line)\n")
    let carrier = try await proves(server)
    #expect(
      said.map { carrier?.contains($0) == true } ?? (carrier == nil), "\(line): \(carrier ?? "libssh2")")
  }

  @Test func `keys that RevokedHostKeys declares bad are refused`() async throws {
    let server = try ready()
    try server.trust()
    try server.folder.write(server.folder.read("host_ed25519.pub"), to: "bad")
    try server.configure(more: "  RevokedHostKeys \(server.folder.file("bad"))\n")
    let error = try await hostError { _ = try await works(server) }
    guard case .hostKey(let text) = error else { throw error }
    #expect(text.contains("revoked"))
  }

  @Test func `a hashed name is found under ssh too`() async throws {
    let server = try ready()
    try server.usersKnow()
    try hostTool("ssh-keygen", "-q", "-H", "-f", server.folder.file("users_known_hosts"))
    #expect(try !server.folder.read("users_known_hosts").contains("127.0.0.1"))
    try server.configure(more: "  BindAddress 127.0.0.1\n")
    #expect(try await proves(server) != nil)
  }

  @Test func `a jump host leads to a host that goes by ssh`() async throws {
    let server = try certified()
    try server.configure(
      more: """
          ProxyJump root@gate
          ControlMaster auto
          ControlPath \(server.folder.file("cm-%C"))
        Host gate
          HostName 127.0.0.1
          Port \(server.port)
          IdentityFile \(server.folder.file("user"))
          IdentityAgent none
          UserKnownHostsFile \(server.folder.file("users_known_hosts"))
        """)
    #expect(try await works(server)?.contains("@cert-authority") == true)
  }

  @Test func `a way that only ssh can go is not gone by libssh2`() async throws {
    let server = try ready()
    let line = "ProxyCommand /bin/bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3; kill $!' # %k"
    try server.configure(more: "  \(line)\n")
    let host = testHost("tent")
    let error = try await setupError {
      _ = try await LiveSetup(connector: server.connector()).trust(
        host, in: testFleet(host, in: server.folder), replace: false, prompter: ScriptedPerson())
    }
    #expect(error.description.contains("accept its key once by: ssh tent"))
    // As it says.
    try server.usersKnow()
    #expect(try await proves(server)?.contains("ProxyCommand") == true)
  }

  @Test func `an encrypted key is asked for where ssh could not ask`() async throws {
    let server = try ready()
    try server.usersKnow()
    try server.makeKey("locked", passphrase: "open sesame")
    try server.authorize("locked")
    let agent = try await server.hardwareAgent("token")
    defer { agent.end() }
    try server.configure(key: "locked", agent: server.folder.file("agent"))
    let connection = try await server.connector { _ in "open sesame" }.connect(to: testHost("tent"))
    await connection.close()
  }

  @Test func `with libssh2 said, what it lacks and the way on are told`() async throws {
    let server = try ready()
    try server.usersKnow()
    let agent = try await server.hardwareAgent("key")
    defer { agent.end() }
    try server.authorize("key")
    try server.configure(key: "nothing", agent: server.folder.file("agent"))
    var host = testHost("tent")
    host.transport = .libssh2
    let error = try await hostError { _ = try await server.connector().connect(to: host) }
    guard case .authentication(let text) = error else { throw error }
    #expect(text.contains("libssh2 cannot use a hardware key in the ssh-agent"))
    #expect(text.contains("transport: auto"))
  }

  @Test func `a key on file comes before an authority for ssh too`() async throws {
    let server = try certified()
    try server.trust()
    var host = testHost("tent")
    host.transport = .openssh
    await (try server.connector().connect(to: host)).close()
    let other = try LoopbackHost()
    let line = KnownHostsText.line(name: "tent", key: try other.hostKey())
    try server.folder.write(line + "\n", to: "known_hosts")
    let error = try await hostError { _ = try await server.connector().connect(to: host) }
    guard case .hostKey(let text) = error else { throw error }
    #expect(text.contains("CHANGED"))
  }

  // MARK: Set-up

  @Test func `a certified host is bootstrapped and examined by ssh`() async throws {
    let server = try certified()
    try server.folder.write(
      StandInAgent.text, to: "agents/\(HostArchitecture.own.rawValue)/fleet-agent", mode: 0o755)
    let setup = LiveSetup(
      connector: server.connector(), agents: AgentBinaries(folders: [FilePath(server.folder.file("agents"))]))
    let host = testHost("tent")
    let fleet = testFleet(host, in: server.folder)
    let notes = Collected<SetupNote>()
    try await setup.bootstrap(host, in: fleet, prompter: ScriptedPerson()) { notes.add($0) }
    #expect(notes.all.contains { $0.text.contains("judges the host's key, strictly: @cert-authority") })
    #expect(notes.all.contains { $0.text.contains("login with a key works, by your own ssh") })
    let found = await setup.examine(host, in: fleet)
    #expect(
      found.contains { $0.subject == "SSH" && $0.text.contains("by your own ssh, for @cert-authority") })
    #expect(found.contains { $0.subject == "host key" && $0.text == "believed by your own ssh" })
    let ways = found.filter { ["SSH", "host key", "login"].contains($0.subject) }
    #expect(ways.map(\.verdict) == [.good, .good, .good], "\(found)")
  }
}
