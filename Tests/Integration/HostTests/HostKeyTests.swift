import Foundation
import SSH
import Testing

@testable import Inventory
@testable import Hosts
@testable import Coordinator

@Suite("The key of a host") struct HostKeyTests {
  private func ready(_ keyTypes: [String] = ["ed25519", "ecdsa"]) throws -> LoopbackHost {
    let server = try LoopbackHost(keyTypes: keyTypes)
    try StandInAgent.install(in: server.folder)
    return server
  }

  private func users(_ server: LoopbackHost, _ type: String) throws {
    let line = KnownHostsText.line(name: "127.0.0.1", port: server.port, key: try server.hostKey(type))
    try server.folder.write(line + "\n", to: "users_known_hosts")
  }

  @Test func `is refused while nobody knows it, with its fingerprint and the next command`() async throws {
    let server = try ready()
    let error = try await hostError { _ = try await server.connector().connect(to: testHost("tent")) }
    guard case .hostKeyUnknown(let text) = error else { throw error }
    #expect(text.contains(try server.hostKey().fingerprint))
    #expect(text.contains("fleet bootstrap tent"))
    #expect(!server.folder.exists("known_hosts"))
  }

  @Test func `is taken from the user's own file, once, and stands in fleet's from then on`() async throws {
    let server = try ready()
    try users(server, "ecdsa")
    await (try server.connector().connect(to: testHost("tent"))).close()
    #expect(
      try server.folder.read("known_hosts") == KnownHostsText.line(name: "tent", key: server.hostKey("ecdsa"))
        + "\n")
    try server.folder.write("", to: "users_known_hosts")
    await (try server.connector().connect(to: testHost("tent"))).close()
  }

  @Test func `is judged by fleet's own file first`() async throws {
    let server = try ready()
    try server.trust()
    let other = try LoopbackHost()
    let line = KnownHostsText.line(name: "127.0.0.1", port: server.port, key: try other.hostKey())
    try server.folder.write(line + "\n", to: "users_known_hosts")
    await (try server.connector().connect(to: testHost("tent"))).close()
  }

  @Test(arguments: ["ed25519", "ecdsa"])
  func `is refused when it has changed, with both fingerprints`(newType: String) async throws {
    let server = try ready(["ed25519"])
    try server.trust()
    let old = try server.hostKey()
    let anew = try LoopbackHost(insteadOf: server, keyType: newType)
    let error = try await hostError { _ = try await anew.connector().connect(to: testHost("tent")) }
    guard case .hostKey(let text) = error else { throw error }
    #expect(text.contains(old.fingerprint))
    #expect(text.contains(try anew.hostKey(newType).fingerprint))
    #expect(text.contains("fleet trust --replace tent"))
  }

  @Test func `follows the inventory name to another address`() async throws {
    let server = try ready()
    try server.trust(as: "tent-2")
    var host = testHost("tent-2")
    host.address = "localhost"
    host.port = Int(server.port)
    await (try server.connector().connect(to: host)).close()
  }

  @Test func `is recorded for hosts that are reached side by side`() async throws {
    let server = try ready()
    try users(server, "ed25519")
    let connector = server.connector()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...6 {
        group.addTask { await (try connector.connect(to: testHost("tent-\(number)"))).close() }
      }
      try await group.waitForAll()
    }
    let lines = try server.folder.read("known_hosts").split(separator: "\n")
    #expect(Set(lines.compactMap { $0.split(separator: " ").first }).count == 6)
  }
}

@Suite("Trusting a host") struct TrustTests {
  private func setup(_ server: LoopbackHost) -> LiveSetup {
    LiveSetup(connector: server.connector(), agents: AgentBinaries(folders: []))
  }

  @Test func `shows its key, asks, and records it`() async throws {
    let server = try LoopbackHost()
    let person = ScriptedPerson(("its key?", "yes"))
    let host = testHost("tent")
    let shown = try await setup(server).trust(
      host, in: testFleet(host, in: server.folder), replace: false, prompter: person)
    #expect(shown == (try server.hostKey().fingerprint))
    #expect(person.heard.contains { $0.contains(shown) })
    #expect(try server.folder.read("known_hosts").contains(server.hostKey().base64))
  }

  @Test func `records nothing when the person says no`() async throws {
    let server = try LoopbackHost()
    let host = testHost("tent")
    let error = try await setupError {
      _ = try await setup(server).trust(
        host, in: testFleet(host, in: server.folder), replace: false,
        prompter: ScriptedPerson(("its key?", "no")))
    }
    guard case .declined = error else { throw error }
    #expect(!server.folder.exists("known_hosts"))
  }

  @Test(arguments: ["ed25519", "ecdsa"])
  func `replaces a changed key only when told to`(newType: String) async throws {
    let old = try LoopbackHost(keyTypes: ["ed25519"])
    try old.trust()
    let before = try old.hostKey()
    let server = try LoopbackHost(insteadOf: old, keyType: newType)
    let host = testHost("tent")
    let fleet = testFleet(host, in: server.folder)
    let error = try await setupError {
      _ = try await setup(server).trust(host, in: fleet, replace: false, prompter: ScriptedPerson())
    }
    guard case .host(.hostKey) = error else { throw error }
    let person = ScriptedPerson(("Replace", "yes"))
    let shown = try await setup(server).trust(host, in: fleet, replace: true, prompter: person)
    #expect(shown == (try server.hostKey(newType).fingerprint))
    #expect(person.heard.contains { $0.contains(before.fingerprint) })
    #expect(try !server.folder.read("known_hosts").contains(before.base64))
    let again = try await setup(server).trust(host, in: fleet, replace: false, prompter: ScriptedPerson())
    #expect(again == shown)
  }
}
