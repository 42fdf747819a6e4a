import SSH
import SystemPackage
import TestSupport
import Testing

/// Logs in with these, on a new connection, and returns what was tried when it did not work.
private func attempts(
  _ server: SSHTestServer, _ credentials: [SSHCredential]
) async throws -> [AuthenticationAttempt.Reason] {
  try await onOwnThread {
    let session = try SSHSession.connect(server.target, trust: server.trusted())
    do {
      try session.authenticate(credentials, deadline: soon())
    } catch SSHError.authenticationFailed(_, _, let tried, _) {
      return tried.map(\.reason)
    }
    let output = try session.run("echo in", deadline: soon()).standardOutput
    #expect(output.elementsEqual("in\n".utf8))
    return []
  }
}

/// A server that also accepts this key.
private func server(accepting type: String, passphrase: String = "") throws -> SSHTestServer {
  let server = try SSHTestServer.openSSH()
  try makeKey("other", type: type, passphrase: passphrase, in: server.directory)
  try server.directory.write(server.directory.read("other.pub"), to: "authorized_keys")
  return server
}

private func other(_ server: SSHTestServer, passphrase: String? = nil) -> SSHCredential {
  .keyFile(FilePath(server.directory.file("other")), passphrase: { _ in passphrase })
}

@Suite("Logging in") struct AuthenticationTests {
  @Test(arguments: ["ed25519", "ecdsa"]) func `works with a plain key`(type: String) async throws {
    let server = try server(accepting: type)
    #expect(try await attempts(server, [other(server)]).isEmpty)
  }

  @Test(arguments: ["ed25519", "ecdsa"]) func `works with an encrypted key and its passphrase`(type: String)
    async throws
  {
    let server = try server(accepting: type, passphrase: "tomato")
    #expect(try await attempts(server, [other(server, passphrase: "tomato")]).isEmpty)
  }

  @Test(arguments: ["ed25519", "ecdsa"]) func `says that the passphrase was wrong, or missing`(type: String)
    async throws
  {
    let server = try server(accepting: type, passphrase: "tomato")
    #expect(try await attempts(server, [other(server, passphrase: "potato")]) == [.wrongPassphrase])
    #expect(try await attempts(server, [other(server)]) == [.passphraseNeeded])
  }

  @Test func `says that the passphrase of an encrypted PEM key was wrong, and takes the right one`()
    async throws
  {
    let server = try server(accepting: "ecdsa", passphrase: "tomato")
    try tool(
      "/usr/bin/ssh-keygen", "-q", "-p", "-m", "PEM", "-P", "tomato", "-N", "tomato", "-f",
      server.directory.file("other"))
    #expect(try server.directory.read("other").contains("BEGIN EC PRIVATE KEY"))
    #expect(try await attempts(server, [other(server, passphrase: "potato")]) == [.wrongPassphrase])
    #expect(try await attempts(server, [other(server, passphrase: "tomato")]).isEmpty)
  }

  @Test func `asks for no passphrase of a plain key`() async throws {
    let server = try SSHTestServer.openSSH()
    let key = SSHCredential.keyFile(FilePath(server.directory.file("user"))) { _ in
      Issue.record("asked")
      return nil
    }
    #expect(try await attempts(server, [key]).isEmpty)
  }

  @Test func `explains in words why an RSA key does not work before libssh2 1.11`() async throws {
    let server = try server(accepting: "rsa")
    for reason in try await attempts(server, [other(server)]) {
      guard case .rsaNeedsNewerLibrary = reason else {
        Issue.record("\(reason)")
        return
      }
    }
  }

  @Test func `goes through the credentials in their order and says why each was refused`() async throws {
    let server = try SSHTestServer.openSSH()
    let directory = server.directory
    try makeKey("stranger", in: directory)
    try makeKey("open", in: directory)
    try directory.write(directory.read("open"), to: "open", mode: 0o644)
    try directory.write("nothing\n", to: "text")
    try directory.write(directory.read("user.pub"), to: "public")
    let names = ["missing", "text", "public", "open", "stranger"]
    let files = names.map { SSHCredential.keyFile(FilePath(directory.file($0))) }
    let tried = try await attempts(server, files + [.agent(socket: nil), .password("x")])
    #expect(
      tried == [
        .unreadable(.noSuchFileOrDirectory), .notAPrivateKey("is no private key"),
        .notAPrivateKey("is the public half; name the private key"), .tooOpen(mode: 0o644), .refused,
        .agentAbsent, .methodNotOffered,
      ])
    #expect(try await attempts(server, files + [server.userKey]).isEmpty)
  }

  @Test func `names every attempt, the user and what the server takes in its error`() async throws {
    let server = try SSHTestServer.openSSH()
    try await onOwnThread {
      let session = try SSHSession.connect(server.target, trust: server.trusted())
      let error = try sshError { try session.authenticate([.agent(socket: nil)], deadline: soon()) }
      #expect(
        "\(error)" == "tent: login as root refused. ssh-agent: no ssh-agent (SSH_AUTH_SOCK is not set). "
          + "The server takes: publickey")
    }
  }

  @Test func `tells when the server hangs up after too many keys`() async throws {
    let server = try SSHTestServer.openSSH(settings: "MaxAuthTries 2")
    for n in 1...4 { try makeKey("k\(n)", in: server.directory) }
    let keys = (1...4).map { SSHCredential.keyFile(FilePath(server.directory.file("k\($0)"))) }
    let tried = try await attempts(server, keys)
    #expect(tried.first == .refused)
    #expect(tried.last == .hungUp)
  }

  @Test func `works with a password, and says that another is refused`() async throws {
    let server = try SSHTestServer.openSSH(password: true)
    #expect(try await attempts(server, [.password("wrong")]) == [.refused])
    #expect(try await attempts(server, [.password("wrong"), .password(SSHTestServer.password)]).isEmpty)
  }

  @Test func `answers a server that asks for the password, and says what it asks besides`() async throws {
    let pam = ["auth", "account", "password"].map { "\($0) required pam_unix.so" }.joined(separator: "\n")
    let server = try SSHTestServer.openSSH(questions: pam)
    #expect(try await attempts(server, [.password("wrong")]) == [.refused])
    #expect(try await attempts(server, [.password("wrong"), .password(SSHTestServer.password)]).isEmpty)
    let expired = try SSHTestServer.openSSH(questions: pam, passwordChanged: 0)
    let tried = try await attempts(expired, [.password(SSHTestServer.password)])
    guard tried.count == 1, case .asksMore(let question) = tried[0] else {
      Issue.record("\(tried)")
      return
    }
    #expect(question.lowercased().contains("password"))
  }
}
