import Programs
import Foundation
import SSH
import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// Connections over the user's own ssh, chosen by the inventory.
@Suite("By the user's own ssh") struct OpenSSHTests {
  private func tent(_ transport: Inventory.Host.Transport = .openssh) -> Inventory.Host {
    var host = testHost("tent")
    host.transport = transport
    return host
  }

  private func ready(settings: String = "") throws -> LoopbackHost {
    let server = try LoopbackHost(settings: settings)
    try server.trust()
    try StandInAgent.install(in: server.folder)
    return server
  }

  @Test func `an agent answers, and nothing is left behind`() async throws {
    let server = try ready()
    let connection = try await server.connector().connect(to: tent())
    #expect(await connection.hello.system == "a stand-in")
    #expect(try server.controlFolders.count == 1)
    await connection.close()
    try await eventually("ssh and its folder are gone") { try server.controlFolders.isEmpty }
  }

  @Test func `a file is sent whole`() async throws {
    let server = try ready()
    let bytes = String(repeating: "growing tomatoes\n", count: 300_000)
    try server.folder.write(bytes, to: "release")
    let sum = try hostTool("sha256sum", server.folder.file("release")).prefix(64)
    let connection = try await server.connector().connect(to: tent())
    try await connection.upload(
      app: "growroom", file: FilePath(server.folder.file("release")), sha256: String(sum),
      size: Int64(bytes.utf8.count)
    ) { _ in }
    await connection.close()
  }

  @Test func `a key that the user's file knows stands in fleet's from then on`() async throws {
    let server = try ready()
    try server.usersKnow()
    try server.folder.write("", to: "known_hosts")
    await (try server.connector().connect(to: tent())).close()
    #expect(
      try server.folder.read("known_hosts") == KnownHostsText.line(name: "tent", key: server.hostKey()) + "\n"
    )
    try server.folder.write("", to: "users_known_hosts")
    await (try server.connector().connect(to: tent())).close()
  }

  @Test func `a key that nobody knows is refused, however the user's ssh is told to take it`() async throws {
    let server = try ready()
    try server.folder.write("", to: "known_hosts")
    try server.configure(more: "  StrictHostKeyChecking no\n  NoHostAuthenticationForLocalhost yes\n")
    let error = try await hostError { _ = try await server.connector().connect(to: tent()) }
    guard case .hostKeyUnknown(let text) = error else { throw error }
    #expect(text.contains("fleet bootstrap tent"))
    #expect(!server.folder.exists("users_known_hosts"))
    #expect(try server.folder.read("known_hosts").isEmpty)
  }

  @Test func `a key that has changed is refused, though the user's own file has the new one`() async throws {
    let server = try ready()
    let old = try server.hostKey()
    let anew = try LoopbackHost(insteadOf: server, keyType: "ed25519")
    try anew.configure(more: "  StrictHostKeyChecking no\n")
    try anew.usersKnow()
    let error = try await hostError { _ = try await anew.connector().connect(to: tent()) }
    guard case .hostKey(let text) = error else { throw error }
    #expect(text.contains("CHANGED"))
    #expect(text.contains(old.fingerprint))
    #expect(text.contains(try anew.hostKey().fingerprint))
    #expect(text.contains("fleet trust --replace tent"))
  }

  @Test func `a key that is revoked in any file is refused`() async throws {
    let server = try ready()
    let key = try server.hostKey()
    try server.folder.write("@revoked * \(key.type) \(key.base64)\n", to: "users_known_hosts")
    let error = try await hostError { _ = try await server.connector().connect(to: tent()) }
    guard case .hostKey(let text) = error else { throw error }
    #expect(text.contains("revoked"))
  }

  @Test func `a login that is refused is told with what ssh said`() async throws {
    let server = try ready()
    try server.makeKey("stranger")
    try server.configure(key: "stranger")
    let error = try await hostError { _ = try await server.connector().connect(to: tent()) }
    guard case .authentication(let text) = error else { throw error }
    #expect(text.contains("Permission denied"))
    #expect(text.contains("fleet bootstrap tent"))
  }

  @Test func `the key of the inventory comes first, however many the agent holds`() async throws {
    let server = try ready()
    let names = (1...9).map { "k\($0)" }
    for name in names + ["my key"] { try server.makeKey(name) }
    try server.authorize("my key")
    let agent = try await server.agent(holding: names)
    defer { agent.end() }
    try server.configure(key: "nothing", agent: server.folder.file("agent"))
    var host = tent()
    host.sshKey = FilePath(server.folder.file("my key"))
    await (try server.connector().connect(to: host)).close()
  }

  @Test func `an encrypted key is not asked for, and the way on is told`() async throws {
    let server = try ready()
    try server.makeKey("locked", passphrase: "open sesame")
    try server.authorize("locked")
    try server.configure(key: "locked")
    let error = try await hostError { _ = try await server.connector().connect(to: tent()) }
    guard case .authentication(let text) = error else { throw error }
    #expect(text.contains("ssh-add"))
  }

  @Test func `a host that is away is unreachable`() async throws {
    let server = try ready()
    server.server.end()
    let error = try await hostError { _ = try await server.connector().connect(to: tent()) }
    guard case .unreachable(let text) = error else { throw error }
    #expect(text.contains("refused"))
  }

  @Test func `a name without an address is unreachable`() async throws {
    let server = try ready()
    var host = tent()
    host.address = "no-such-host.invalid"
    let error = try await hostError { _ = try await server.connector().connect(to: host) }
    guard case .unreachable = error else { throw error }
  }

  @Test func `where there is no ssh, that is said`() async throws {
    let server = try ready()
    var here = server.surroundings()
    here.ssh = nil
    let connector = SSHConnector(knownHosts: FilePath(server.knownHosts), surroundings: here)
    let error = try await hostError { _ = try await connector.connect(to: tent()) }
    #expect(error.description.contains("sudo apt install openssh-client"))
  }

  @Test func `a connection that breaks is lost, and says nothing of the agent`() async throws {
    let server = try ready()
    let connection = try await server.connector().connect(to: tent())
    server.server.killDescendants()
    let error = try await hostError { _ = try await connection.ask(.status(app: "growroom")) }
    guard case .lost = error else { throw error }
    await connection.close()
  }

  @Test func `so it is before the agent has said a word`() async throws {
    let server = try ready()
    try StandInAgent.install(in: server.folder, mode: #"{"stall": "greeting"}"#)
    let connecting = Task { try await hostError { _ = try await server.connector().connect(to: tent()) } }
    try await eventually("the agent is started") { server.folder.exists(".local/lib/fleet/reached-greeting") }
    server.server.killDescendants()
    guard case .lost = try await connecting.value else { throw try await connecting.value }
  }

  @Test func `where there is no agent, that is said`() async throws {
    let server = try ready()
    try FileManager.default.removeItem(atPath: server.folder.file(".local/lib/fleet/fleet-agent"))
    let error = try await hostError { _ = try await server.connector().connect(to: tent()) }
    guard case .noAgent(let text) = error else { throw error }
    #expect(text.contains("fleet bootstrap tent"))
  }

  @Test func `it ends at once when its task is cancelled`() async throws {
    let server = try ready()
    try StandInAgent.install(in: server.folder, mode: #"{"stall": "follow"}"#)
    let connection = try await server.connector().connect(to: tent())
    let following = Task { () -> HostError? in
      do throws(HostError) {
        _ = try await connection.follow(app: "growroom", job: "job", after: 0, withinSeconds: 600) { _ in }
        return nil
      } catch {
        return error
      }
    }
    try await eventually("the agent follows") { server.folder.exists(".local/lib/fleet/reached-follow") }
    following.cancel()
    #expect(await following.value == .lost("tent: interrupted"))
    await connection.close()
    try await eventually("ssh and its folder are gone") { try server.controlFolders.isEmpty }
  }

  @Test func `nothing of the user's configuration runs or is lent beside`() async throws {
    let server = try ready()
    let mark = server.folder.file("local-command-ran")
    try server.configure(
      more: """
          RemoteCommand echo from the configuration
          PermitLocalCommand yes
          LocalCommand touch \(mark)
          RequestTTY force
          ForwardAgent yes
          LocalForward \(server.folder.file("forwarded")) 127.0.0.1:9
          ControlMaster auto
          ControlPath \(server.folder.file("users-master"))
          ControlPersist yes
          LogLevel QUIET
          SendEnv *
          SessionType subsystem
        """)
    let connection = try await server.connector().connect(to: tent())
    #expect(await connection.hello.system == "a stand-in")
    await connection.close()
    for name in ["local-command-ran", "forwarded", "users-master"] {
      #expect(!server.folder.exists(name), "\(name)")
    }
  }

  @Test func `a server that allows one session at a time is enough`() async throws {
    let server = try ready(settings: "MaxSessions 1")
    await (try server.connector().connect(to: tent())).close()
  }

  @Test func `ssh ends with the end of its input, whoever closed it`() throws {
    let child = try ChildProgram(OpenSSHCommand.tied(["/bin/sleep", "1000"]), drained: false)
    #expect(child.end(withinSeconds: 0.2) == nil)
    child.hangUp()
    #expect(child.end(withinSeconds: 30)?.exit == .signal("15"))
  }
}
