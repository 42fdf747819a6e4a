import SSH
import SystemPackage
import TestSupport
import Testing

/// A real ssh-agent for one test.
private final class TestAgent: Sendable {
  let child: Child
  let socket: String

  init(in directory: TestDirectory, holding keys: [String]) throws {
    socket = directory.file("agent")
    child = try Child(["/usr/bin/ssh-agent", "-D", "-a", socket])
    var tries = 0
    while (try? tool("/usr/bin/ssh-add", "-D", environment: ["SSH_AUTH_SOCK": socket])) == nil {
      tries += 1
      try #require(tries < 200)
    }
    for key in keys {
      try tool("/usr/bin/ssh-add", directory.file(key), environment: ["SSH_AUTH_SOCK": socket])
    }
  }

  var credential: SSHCredential { .agent(socket: FilePath(socket)) }
}

@Suite("An ssh-agent") struct KeyAgentTests {
  @Test(arguments: ["ed25519", "ecdsa"]) func `opens the door with a key it holds`(type: String) async throws
  {
    let server = try SSHTestServer.openSSH()
    try makeKey("held", type: type, in: server.directory)
    try server.directory.write(server.directory.read("held.pub"), to: "authorized_keys")
    let agent = try TestAgent(in: server.directory, holding: ["user", "held"])
    try await onOwnThread {
      let session = try SSHSession.connect(server.target, trust: server.trusted())
      try session.authenticate([agent.credential], deadline: soon())
      #expect(try session.run("true", deadline: soon()).exit.isSuccess)
    }
  }

  @Test func `is asked first for keys whose files are named, so that many others do no harm`() async throws {
    let server = try SSHTestServer.openSSH()
    let names = (1...8).map { "k\($0)" }
    for name in names { try makeKey(name, in: server.directory) }
    try makeKey("wanted", passphrase: "secret", in: server.directory)
    try server.directory.write(server.directory.read("wanted.pub"), to: "authorized_keys")
    // The agent takes no passphrase here: it gets the key before it is encrypted.
    try tool(
      "/usr/bin/ssh-keygen", "-q", "-p", "-P", "secret", "-N", "", "-f", server.directory.file("wanted"))
    let agent = try TestAgent(in: server.directory, holding: names + ["wanted"])
    try tool(
      "/usr/bin/ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", server.directory.file("wanted"))
    try await onOwnThread {
      let session = try SSHSession.connect(server.target, trust: server.trusted())
      let file = SSHCredential.keyFile(FilePath(server.directory.file("wanted")))
      try session.authenticate([agent.credential, file], deadline: soon())
    }
  }

  @Test func `that is empty, absent or not one is said to be so`() async throws {
    let server = try SSHTestServer.openSSH()
    let agent = try TestAgent(in: server.directory, holding: [])
    try server.directory.write("", to: "file")
    let file = server.directory.file("file")
    let missing = server.directory.file("missing")
    try await onOwnThread {
      let session = try SSHSession.connect(server.target, trust: server.trusted())
      let error = try sshError {
        try session.authenticate(
          [agent.credential, .agent(socket: FilePath(file)), .agent(socket: FilePath(missing))],
          deadline: soon())
      }
      guard case .authenticationFailed(_, _, let tried, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(
        tried.map(\.reason) == [
          .agentEmpty, .agentUnreachable(.connectionRefused), .agentUnreachable(.noSuchFileOrDirectory),
        ])
    }
  }

  @Test func `that never answers is given up at the deadline`() async throws {
    let server = try SSHTestServer.openSSH()
    let silent = try SilentAgent(path: server.directory.file("silent"))
    try await onOwnThread {
      let session = try SSHSession.connect(server.target, trust: server.trusted())
      let error = try sshError {
        try session.authenticate([.agent(socket: FilePath(silent.path))], deadline: soon(1))
      }
      guard case .authenticationFailed(_, _, let tried, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(tried.map(\.reason) == [.agentFailed("the ssh-agent did not answer in time")])
    }
  }
}
