import SSH
import SystemPackage
import Testing

@testable import Inventory
@testable import Hosts
@testable import Coordinator

@Suite struct OpenSSHCommandTests {
  private let command = OpenSSHCommand(ssh: "/usr/bin/ssh", folder: "/run/f")

  private func host() -> Inventory.Host {
    Inventory.Host(
      name: "tent", address: nil, user: nil, port: nil, sshKey: nil, connection: .ssh, become: .none,
      track: nil,
      groups: [], hold: false, windows: [], vars: [:], profiles: [])
  }

  private func config(_ text: String = "") -> SSHConfig {
    SSHConfig(text: text, name: "tent", home: "/home/me", localUser: "me")
  }

  /// The words behind each `-o`, in their order.
  private func options(_ words: [String]) -> [String] {
    zip(words, words.dropFirst()).filter { $0.0 == "-o" }.map(\.1)
  }

  @Test func `nothing is asked, lent, run beside or taken on trust`() throws {
    let words = try command.connection(to: host(), config: config(), sshConfig: nil, isOwn: true)
    let expected = [
      "BatchMode=yes", "StrictHostKeyChecking=yes", "NoHostAuthenticationForLocalhost=no",
      "UpdateHostKeys=no",
      "VerifyHostKeyDNS=no", "UserKnownHostsFile=/run/f/known_hosts", "GlobalKnownHostsFile=/dev/null",
      "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "Tunnel=no", "RemoteCommand=none",
      "RequestTTY=no", "PermitLocalCommand=no", "EscapeChar=none", "ControlPath=/run/f/mux",
      "ControlPersist=no",
    ]
    #expect(Set(expected).isSubset(of: options(words)))
    #expect(words.prefix(3) == ["/usr/bin/ssh", "-N", "-T"])
    #expect(words.suffix(2) == ["--", "tent"])
  }

  @Test func `an option that this ssh may not know is said where it does`() throws {
    let younger = [
      "SessionType=none", "StdinNull=no", "ForkAfterAuthentication=no", "KnownHostsCommand=none",
    ]
    let old = options(try command.connection(to: host(), config: config(), sshConfig: nil, isOwn: true))
    #expect(Set(old).isDisjoint(with: younger))
    let text = "sessiontype default\nstdinnull no\nforkafterauthentication no\nknownhostscommand /bin/keys\n"
    let new = options(try command.connection(to: host(), config: config(text), sshConfig: nil, isOwn: true))
    #expect(Set(younger).isSubset(of: new))
    // Where fleet's own file does not know the host, the user's command is asked.
    let others = options(
      try command.connection(to: host(), config: config(text), sshConfig: nil, isOwn: false))
    #expect(!others.contains("KnownHostsCommand=none"))
  }

  @Test func `what the inventory says is one word each, and never an option`() throws {
    var host = host()
    host.address = "fe80::1%eth0"
    host.port = 2222
    host.user = "-oProxyCommand=reboot"
    host.sshKey = "/home/me/my keys/100%"
    let words = try command.connection(to: host, config: config(), sshConfig: "/c", isOwn: true)
    #expect(words.prefix(5) == ["/usr/bin/ssh", "-F", "/c", "-N", "-T"])
    #expect(words.suffix(6) == ["-p", "2222", "-l", "-oProxyCommand=reboot", "--", "tent"])
    #expect(
      options(words).suffix(3) == [
        "HostName=fe80::1%%eth0", "IdentityFile=\"/home/me/my keys/100%%\"", "IdentitiesOnly=yes",
      ])
    host.sshKey = "/home/me/\" -oProxyCommand=reboot"
    let error = #expect(throws: HostError.self) {
      _ = try command.connection(to: host, config: nil, sshConfig: nil, isOwn: true)
    }
    #expect(error?.description.contains("cannot be given a key of this name") == true)
  }

  @Test func `a program goes over the connection or nowhere`() {
    let words = command.program("exec 'a b'")
    #expect(words.prefix(5) == ["/usr/bin/ssh", "-F", "none", "-S", "/run/f/mux"])
    #expect(words.contains("ProxyCommand=false"))
    #expect(words.suffix(3) == ["--", "fleet", "exec 'a b'"])
  }

  @Test func `a folder for its socket is short and plain, or another one`() {
    #expect(SSHEnvironment.isPlain("/run/user/1000"))
    for folder in ["run", "/run/%d", "/run/a b", "/run/\"", "/" + String(repeating: "x", count: 60)] {
      #expect(!SSHEnvironment.isPlain(folder), "\(folder)")
    }
  }
}

@Suite struct OpenSSHKnownHostsTests {
  private static func key(_ number: UInt8) throws -> HostKey {
    try #require(HostKey(blob: [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [0, 0, 0, 1, number]))
  }

  private func known(own: String = "", users: String = "") -> OpenSSHKnownHosts {
    OpenSSHKnownHosts(
      HostKeyTrust([
        .init(KnownHosts(text: own, source: "own"), names: ["tent"]),
        .init(KnownHosts(text: users, source: "users"), names: ["192.0.2.1"], port: 2222),
      ]), name: "192.0.2.1", port: 2222)
  }

  private func line(_ name: String, _ number: UInt8) throws -> String {
    "\(name) ssh-ed25519 \(try Self.key(number).base64)\n"
  }

  @Test func `fleet's own file comes first, under the name by which ssh looks`() throws {
    let known = known(own: try line("tent", 1), users: try line("[192.0.2.1]:2222", 2))
    #expect(known.isOwn)
    #expect(known.text == (try line("[192.0.2.1]:2222", 1)))
    #expect(known.keys == [try Self.key(1)])
  }

  @Test func `else the user's files count, with their authorities`() throws {
    let users =
      try line("[192.0.2.1]:2222", 2) + line("@cert-authority [192.0.2.*]:2222", 3) + line("other", 4)
    let known = known(own: try line("other", 1), users: users)
    #expect(!known.isOwn)
    #expect(known.text == (try line("[192.0.2.1]:2222", 2) + line("@cert-authority [192.0.2.1]:2222", 3)))
    #expect(known.keys == [try Self.key(2)])
    #expect(!known.isByKeysAlone)
  }

  @Test func `what any of them revokes is revoked, and no key that is believed`() throws {
    let known = known(own: try line("tent", 1) + line("tent", 5), users: try line("@revoked *", 1))
    #expect(known.text == (try line("@revoked [192.0.2.1]:2222", 1) + line("[192.0.2.1]:2222", 5)))
    #expect(known.keys == [try Self.key(5)])
  }

  @Test func `where nobody knows the host there is nothing`() {
    #expect(known().text.isEmpty)
    #expect(!known().isOwn)
  }
}
