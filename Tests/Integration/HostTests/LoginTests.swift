import Foundation
import SSH
import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Hosts
@testable import Coordinator

@Suite("Logging in") struct LoginTests {
  private func ready(passphrase: String = "", more: String = "") throws -> LoopbackHost {
    let server = try LoopbackHost(passphrase: passphrase)
    try server.configure(more: more)
    for name in ["tent", "tent-1", "tent-2", "tent-3"] {
      let text = server.folder.exists("known_hosts") ? try server.folder.read("known_hosts") : ""
      try server.folder.write(
        KnownHostsText.adding(server.hostKey(), name: name, to: text), to: "known_hosts")
    }
    try StandInAgent.install(in: server.folder)
    return server
  }

  @Test func `asks for a passphrase once for all hosts`() async throws {
    let server = try ready(passphrase: "open sesame")
    let asked = Collected<FilePath>()
    let connector = server.connector { key in
      asked.add(key)
      try? await Task.sleep(for: .milliseconds(200))
      return "open sesame"
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...3 {
        group.addTask { await (try connector.connect(to: testHost("tent-\(number)"))).close() }
      }
      try await group.waitForAll()
    }
    await (try connector.connect(to: testHost("tent"))).close()
    #expect(asked.all == [FilePath(server.folder.file("user"))])
  }

  @Test func `asks again when the passphrase was wrong, and not for ever`() async throws {
    let server = try ready(passphrase: "open sesame")
    let asked = Collected<FilePath>()
    let connector = server.connector { key in
      asked.add(key)
      return "wrong \(asked.all.count)"
    }
    let error = try await hostError { _ = try await connector.connect(to: testHost("tent")) }
    guard case .authentication(let text) = error else { throw error }
    #expect(text.contains("passphrase"))
    #expect(asked.all.count == HostLimits.secretTries)
  }

  @Test func `does without an encrypted key where nobody can be asked`() async throws {
    let server = try ready(passphrase: "open sesame")
    let error = try await hostError { _ = try await server.connector().connect(to: testHost("tent")) }
    guard case .keyLocked(let text, let add) = error else { throw error }
    #expect(text.contains("has a passphrase, and no ssh-agent holds it"))
    #expect(add == "ssh-add \(server.folder.file("user"))")
  }

  @Test func `by a key with a passphrase goes once what is said has been typed`() async throws {
    let server = try ready(passphrase: "open sesame")
    let keyring = try await server.agent(holding: [])
    var surroundings = server.surroundings()
    surroundings.agentSocket = FilePath(server.folder.file("agent"))
    try server.configure(agent: server.folder.file("agent"))
    let connector = SSHConnector(knownHosts: FilePath(server.knownHosts), surroundings: surroundings)
    let error = try await hostError { _ = try await connector.connect(to: testHost("tent")) }
    guard case .keyLocked(_, let add) = error else { throw error }
    try server.folder.write("#!/bin/sh\necho open sesame\n", to: "askpass")
    try hostTool("chmod", "755", server.folder.file("askpass"))
    try hostTool(
      "env", "SSH_AUTH_SOCK=" + server.folder.file("agent"), "SSH_ASKPASS=" + server.folder.file("askpass"),
      "SSH_ASKPASS_REQUIRE=force", "sh", "-c", add)
    await (try connector.connect(to: testHost("tent"))).close()
    withExtendedLifetime(keyring) {}
  }

  @Test func `goes through a jump host`() async throws {
    let server = try ready()
    // The jump host is the same server under another name, reached by OpenSSH itself.
    try server.configure(
      more:
        "  ProxyJump root@gate\nHost gate\n  HostName 127.0.0.1\n  Port \(server.port)\n  User root\n"
        + "  IdentityFile \(server.folder.file("user"))\n  IdentityAgent none\n"
        + "  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null"
    )
    let connection = try await server.connector().connect(to: testHost("tent"))
    #expect(await connection.hello.system == "a stand-in")
    await connection.close()
  }

  @Test func `goes through a proxy command`() async throws {
    let server = try ready(
      more: "  ProxyCommand /bin/bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3; kill $!'")
    let connection = try await server.connector().connect(to: testHost("tent"))
    #expect(await connection.hello.system == "a stand-in")
    await connection.close()
  }

  @Test func `says what the proxy said when it leads nowhere`() async throws {
    let server = try ready(more: "  ProxyCommand echo the gate is shut >&2")
    let error = try await hostError { _ = try await server.connector().connect(to: testHost("tent")) }
    guard case .lost(let text) = error else { throw error }
    #expect(text.contains("the gate is shut"))
  }
}

@Suite("What the inventory does not say") struct HostDefaultsTests {
  private let surroundings = SSHEnvironment(home: "/home/me", user: "me", ssh: "/usr/bin/ssh")

  private func route(
    _ host: Inventory.Host, config: String, home: String = "/home/me"
  ) throws -> SSHRoute {
    let folder = try HostFolder()
    try folder.write(config, to: "config")
    var here = surroundings
    here.sshConfig = FilePath(folder.file("config"))
    return try SSHRoute.find(host, in: here)
  }

  @Test func `comes from the ssh configuration`() throws {
    let folder = try HostFolder()
    try folder.write("", to: "key")
    let route = try route(
      testHost("veg"),
      config: """
        Host veg
          HostName 192.0.2.7
          User grow
          Port 2222
          IdentityFile \(folder.file("key"))
          IdentityFile \(folder.file("missing"))
          HostKeyAlias the-veg-tent
          UserKnownHostsFile /home/me/known
        """)
    #expect(route.target == SSHTarget(name: "veg", address: "192.0.2.7", port: 2222, user: "grow"))
    #expect(route.keys == [FilePath(folder.file("key"))])
    #expect(route.knownHostsName == "the-veg-tent")
    #expect(route.knownHostsPort == 22)
    #expect(route.knownHosts.first == "/home/me/known")
  }

  @Test func `gives way to what it says`() throws {
    var host = testHost("veg")
    host.address = "fe80::1%eth0"
    host.user = "me"
    host.port = 2022
    host.sshKey = "/home/me/.ssh/for-veg"
    let route = try route(host, config: "Host veg\n  HostName 192.0.2.7\n  User grow\n  Port 2222\n")
    #expect(route.target == SSHTarget(name: "veg", address: "fe80::1%eth0", port: 2022, user: "me"))
    #expect(route.keys.first == "/home/me/.ssh/for-veg")
    #expect(route.knownHostsPort == 2022)
  }

  @Test func `is OpenSSH's default where OpenSSH is not installed`() throws {
    let route = try SSHRoute.find(testHost("veg"), in: SSHEnvironment(home: "/home/me", user: "me"))
    #expect(route.target == SSHTarget(name: "veg", address: "veg", port: 22, user: "me"))
    #expect(route.knownHosts.first == "/home/me/.ssh/known_hosts")
  }

  @Test func `becomes the words of ssh -W behind two jump hosts`() throws {
    let route = try route(
      testHost("veg"), config: "Host veg\n  HostName 192.0.2.7\n  ProxyJump a@one:2201,two\n")
    let proxy = try #require(route.proxy)
    #expect(proxy.suffix(5) == ["-W", "[192.0.2.7]:22", "-J", "a@one:2201", "ssh://two"])
    #expect(proxy.contains("BatchMode=yes"))
  }

  @Test func `is refused when it would put a word for the shell into a proxy command`() throws {
    let error = #expect(throws: HostError.self) {
      _ = try route(testHost("veg"), config: "Host veg\n  User $(reboot)\n  ProxyCommand nc %h %p %r\n")
    }
    #expect("\(String(describing: error))".contains("ProxyCommand"))
  }

  @Test func `is an error in words when the ssh configuration is broken`() throws {
    let error = #expect(throws: HostError.self) {
      _ = try route(testHost("veg"), config: "Nonsense yes\n")
    }
    #expect(error?.description.contains("ssh -G veg") == true)
  }
}
