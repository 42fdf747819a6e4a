import CoordinatorSupport
import Testing
import Wire

@testable import Inventory
@testable import Coordinator

/// `undo_unless_reachable`: a host whose new version waits is reached again over a connection of its own.
@Suite struct ConfirmTests {
  @Test func `a machine that goes down while the new version is proved is waited for, and told as it ends`()
    async throws
  {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.goesDownInProve = true } }
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench) == 0)
    #expect(hosts.versions() == ["veg": "4.2.0", "flower": "4.2.0", "dry": "4.2.0"])
    #expect(bench.output.contains("All good: veg, flower and dry are on v4.2.0."))
  }

  @Test func `a host that waits is confirmed over a fresh connection`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet([("veg", "4.1.0")])
    hosts.set("veg") {
      $0.waitsForConfirmation = true
      $0.failedConfirmations = 2
    }
    let fleet = TestFleet.fleet(["veg"]) { $0.policy.undoUnlessReachableSeconds = 300 }
    let code = await FleetProgram.run(
      ["upgrade", "-y"],
      on: bench.bench(fleet: fleet, connector: hosts, catalogue: SimulatedCatalogue()))
    #expect(code == 0)
    let agent = try #require(hosts.agents["veg"])
    let (confirmations, following, asked) = agent.read {
      ($0.confirmations, $0.followedBy, $0.cutovers.map(\.confirmWithinSeconds))
    }
    #expect(asked == [300])
    #expect(confirmations.count == 1)
    #expect(confirmations.first ?? 0 > following, "confirmed over the connection that follows")
    #expect(bench.errors.contains("confirmed") || bench.output.contains("confirmed"))
  }

  @Test func `without the policy nobody is asked to wait`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet([("veg", "4.1.0")])
    let bench2 = bench.bench(
      fleet: TestFleet.fleet(["veg"]), connector: hosts, catalogue: SimulatedCatalogue())
    #expect(await FleetProgram.run(["upgrade", "-y"], on: bench2) == 0)
    #expect(hosts.agents["veg"]?.read { $0.cutovers.map(\.confirmWithinSeconds) } == [nil])
  }
}
