import CoordinatorSupport
import Foundation
import SSH
import SystemPackage
import Testing

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// Set-ups of a plain user's agent (`become: none`) on a loopback server; with root's rights, in lab hosts.
@Suite("Bootstrap without root") struct BootstrapTests {
  /// The agent to install is the stand-in: `agents/ARCH/fleet-agent` in the host's own folder.
  private func setup(
    _ server: LoopbackHost, version: String = "0.1.0", comment: String = "one"
  ) throws -> LiveSetup {
    let text = StandInAgent.text.replacingOccurrences(
      of: #""version", "0.1.0""#, with: "\"version\", \"\(version)\"")
    try server.folder.write(
      text + "\n# \(comment)\n", to: "agents/\(HostArchitecture.own.rawValue)/fleet-agent", mode: 0o755)
    return LiveSetup(
      connector: server.connector(), agents: AgentBinaries(folders: [FilePath(server.folder.file("agents"))]))
  }

  private func bootstrap(
    _ server: LoopbackHost, _ setup: LiveSetup, _ person: ScriptedPerson = ScriptedPerson()
  ) async throws -> [SetupNote] {
    let host = testHost("tent")
    let notes = Collected<SetupNote>()
    try await setup.bootstrap(host, in: testFleet(host, in: server.folder), prompter: person) {
      notes.add($0)
    }
    #expect(person.unasked == 0)
    return notes.all
  }

  @Test func `begins with nothing but a password and ends with an agent that answers`() async throws {
    let server = try LoopbackHost(authorized: false)
    let person = ScriptedPerson(("its key?", "yes"), ("login password of root", LoopbackHost.password))
    let notes = try await bootstrap(server, setup(server), person)
    #expect(notes.filter(\.changed).count == 3)
    #expect(try server.folder.read(".ssh/authorized_keys") == server.folder.read("user.pub"))
    let mode = try FileManager.default.attributesOfItem(atPath: server.folder.file(".ssh"))[.posixPermissions]
    #expect(mode as? Int == 0o700)
    await (try server.connector().connect(to: testHost("tent"))).close()
  }

  @Test func `changes nothing the second time`() async throws {
    let server = try LoopbackHost()
    _ = try await bootstrap(server, setup(server), ScriptedPerson(("its key?", "yes")))
    let notes = try await bootstrap(server, setup(server))
    #expect(notes.filter(\.changed).isEmpty)
    #expect(notes.contains { $0.text.contains("next contact") })
  }

  @Test func `asks again after a wrong password, three times at most`() async throws {
    let server = try LoopbackHost(authorized: false)
    try server.trust()
    let person = ScriptedPerson(
      ("login password", "wrong"), ("login password", "wrong"), ("login password", "wrong"))
    let error = try await setupError { _ = try await bootstrap(server, setup(server), person) }
    guard case .host(.authentication) = error else { throw error }
    #expect(!server.folder.exists(".ssh/authorized_keys"))
  }

  @Test func `replaces an older agent, and keeps a newer one`() async throws {
    let server = try LoopbackHost()
    try server.trust()
    _ = try await bootstrap(server, setup(server, version: "0.2.0"))
    let older = try await bootstrap(server, setup(server, version: "0.1.9", comment: "two"))
    #expect(older.filter(\.changed).isEmpty)
    #expect(try server.folder.read(".local/lib/fleet/fleet-agent").contains("# one"))
    let newer = try await bootstrap(server, setup(server, version: "0.10.0", comment: "three"))
    #expect(newer.filter(\.changed).count == 1)
    #expect(try server.folder.read(".local/lib/fleet/fleet-agent").contains("# three"))
    let left = try FileManager.default.contentsOfDirectory(atPath: server.folder.file(".local/lib/fleet"))
    #expect(!left.contains { $0.hasPrefix(".fleet-agent") })
  }

  @Test func `leaves the agent alone while a job is open`() async throws {
    let server = try LoopbackHost()
    try server.trust()
    _ = try await bootstrap(server, setup(server))
    try server.folder.write("", to: ".local/state/fleet-agent/growroom/journal")
    try StandInAgent.set(#"{"job": "20261122-101500-v4.2.0", "state": "staged"}"#, in: server.folder)
    let notes = try await bootstrap(server, setup(server, version: "0.2.0", comment: "two"))
    #expect(notes.contains { $0.text.contains("20261122-101500-v4.2.0") && !$0.changed })
    #expect(try server.folder.read(".local/lib/fleet/fleet-agent").contains("# one"))
  }

  @Test func `puts nothing in place that does not run there`() async throws {
    let server = try LoopbackHost()
    try server.trust()
    let setup = try setup(server)
    try server.folder.write(
      "#!/bin/sh\necho 'version `GLIBC_2.99 not found' >&2; exit 1\n",
      to: "agents/\(HostArchitecture.own.rawValue)/fleet-agent", mode: 0o755)
    let error = try await setupError { _ = try await bootstrap(server, setup) }
    guard case .failed(let text) = error else { throw error }
    #expect(text.contains("Debian 12"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: server.folder.file(".local/lib/fleet")).isEmpty)
  }

  @Test func `says where it looked for an agent`() async throws {
    let server = try LoopbackHost()
    try server.trust()
    let setup = LiveSetup(
      connector: server.connector(), agents: AgentBinaries(folders: [FilePath(server.folder.file("none"))]))
    let error = try await setupError { _ = try await bootstrap(server, setup) }
    guard case .local(let text) = error else { throw error }
    #expect(text.contains(server.folder.file("none")))
  }

  @Test func `removes what it brought, and refuses while a job is open`() async throws {
    let server = try LoopbackHost()
    try server.trust()
    let setup = try setup(server)
    _ = try await bootstrap(server, setup)
    try server.folder.write("", to: ".local/state/fleet-agent/growroom/journal")
    try StandInAgent.set(#"{"job": "one", "state": "staged"}"#, in: server.folder)
    let host = testHost("tent")
    let fleet = testFleet(host, in: server.folder)
    let error = try await setupError {
      try await setup.remove(host, in: fleet, prompter: ScriptedPerson()) { _ in }
    }
    guard case .failed(let text) = error else { throw error }
    #expect(text.contains("one"))
    #expect(server.folder.exists(".local/lib/fleet/fleet-agent"))

    try StandInAgent.set("{}", in: server.folder)
    let notes = Collected<SetupNote>()
    try await setup.remove(host, in: fleet, prompter: ScriptedPerson()) { notes.add($0) }
    #expect(!server.folder.exists(".local/lib/fleet/fleet-agent"))
    #expect(!server.folder.exists(".local/state/fleet-agent"))
    #expect(notes.all.contains { $0.text.contains("stays: the app, its backups") && !$0.changed })
  }

  @Test func `keeps the agent for another app when one is removed`() async throws {
    let server = try LoopbackHost()
    try server.trust()
    let setup = try setup(server)
    _ = try await bootstrap(server, setup)
    try server.folder.write("", to: ".local/state/fleet-agent/growroom/journal")
    try server.folder.write("", to: ".local/state/fleet-agent/mycodo/journal")
    let host = testHost("tent")
    let notes = Collected<SetupNote>()
    try await setup.remove(host, in: testFleet(host, in: server.folder), prompter: ScriptedPerson()) {
      notes.add($0)
    }
    #expect(!server.folder.exists(".local/state/fleet-agent/growroom"))
    #expect(server.folder.exists(".local/state/fleet-agent/mycodo"))
    #expect(server.folder.exists(".local/lib/fleet/fleet-agent"))
    #expect(notes.all.contains { $0.text.contains("mycodo") })
  }

  @Test func `is judged by doctor before and after`() async throws {
    let server = try LoopbackHost()
    let setup = try setup(server)
    var host = testHost("tent")
    host.profiles = [TestFleet.profile]
    let fleet = testFleet(host, in: server.folder)
    let before = await setup.examine(host, in: fleet)
    #expect(before.map(\.subject) == ["host key"])
    try server.trust()
    let without = await setup.examine(host, in: fleet)
    #expect(without.first { $0.subject == "agent" }?.verdict == .bad)
    #expect(without.first { $0.subject == "agent" }?.next == "fleet bootstrap tent")
    _ = try await bootstrap(server, setup)
    let after = await setup.examine(host, in: fleet)
    #expect(after.first { $0.subject == "agent" }?.verdict == .good)
    #expect(!after.contains { $0.verdict == .bad })
    #expect(after.first { $0.subject == "app" }?.text == "Growroom 4.1.0")
    #expect(after.first { $0.subject == "health" }?.verdict == .good)
    try server.folder.write("{\"unwell\": \"growroom.service is failed\"}", to: ".local/lib/fleet/mode")
    let unwell = await setup.examine(host, in: fleet)
    #expect(unwell.first { $0.subject == "health" }?.text == "growroom.service is failed")
  }
}
