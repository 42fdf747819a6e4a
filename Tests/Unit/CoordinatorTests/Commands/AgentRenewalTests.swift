import CoordinatorSupport
import Foundation
import Synchronization
import SystemPackage
import Testing
import Wire

@testable import Hosts
@testable import Coordinator

/// What a rollout does about the agents that it meets.
@Suite struct AgentRenewalTests {
  private let hosts = SimulatedFleet([("veg", "4.0.26")])

  /// Runs `fleet upgrade -y` with an agent for the hosts' architecture at hand; its exit code.
  private func upgrade(_ bench: TestBench, hasAgent: Bool = true) async throws -> Int32 {
    let folder = bench.folder.appending("agents")
    try FileManager.default.createDirectory(
      atPath: folder.appending("aarch64").string, withIntermediateDirectories: true)
    if hasAgent {
      try Data("an agent".utf8).write(to: URL(filePath: folder.appending("aarch64/fleet-agent").string))
    }
    let workbench = bench.bench(
      fleet: TestFleet.fleet(["veg"]), connector: hosts, catalogue: SimulatedCatalogue(),
      agents: AgentBinaries(folders: [folder]))
    return await FleetProgram.run(["upgrade", "-y"], on: workbench)
  }

  private func old(_ version: String, keeps: Reply? = nil) {
    hosts.agents["veg"]?.change {
      $0.agentVersion = version
      $0.conduct.keepsAgent = keeps
    }
  }

  private var agent: SimulatedAgent {
    get throws { try #require(hosts.agents["veg"]) }
  }

  @Test func `an older agent is replaced before it gets work`() async throws {
    let bench = try TestBench()
    old("0.0.9")
    #expect(try await upgrade(bench) == 0)
    #expect(try agent.read { $0.agentVersion } == "0.1.0")
    let uploads = try agent.read { $0.uploads }.compactMap(\.lastComponent?.string)
    #expect(uploads.first == "fleet-agent" && uploads.count(where: { $0 == "fleet-agent" }) == 1)
    #expect(bench.output.contains("veg: fleet-agent 0.1.0 there now, instead of 0.0.9"))
  }

  @Test(arguments: ["0.1.0", "0.2.0"])
  func `the same agent or a newer one stays`(version: String) async throws {
    let bench = try TestBench()
    old(version)
    #expect(try await upgrade(bench) == 0)
    #expect(try agent.read { $0.agentVersion } == version)
    #expect(try !agent.read { $0.uploads }.contains { $0.lastComponent?.string == "fleet-agent" })
  }

  @Test(arguments: [
    Reply.refused(Cause(code: .claimed, step: .check, text: "a job of another app is open")),
    .unsupported("what is that?"),
  ])
  func `one that cannot be replaced does the work as it is, and that is said`(keeps: Reply) async throws {
    let bench = try TestBench()
    old("0.0.9", keeps: keeps)
    #expect(try await upgrade(bench) == 0)
    #expect(try agent.read { $0.agentVersion } == "0.0.9")
    #expect(bench.output.contains("veg: its agent stays at 0.0.9"))
    #expect(bench.output.contains("fleet bootstrap veg"))
  }

  @Test func `where no agent for the host is at hand, the old one does the work`() async throws {
    let bench = try TestBench()
    old("0.0.9")
    #expect(try await upgrade(bench, hasAgent: false) == 0)
    #expect(bench.output.contains("there is no agent for aarch64"))
  }
}
