import CoordinatorSupport
import Testing
import Wire

@testable import Inventory
@testable import Coordinator

/// `forewarn:`, before anybody says yes.
@Suite struct PlanForewarningTests {
  private let names = ["veg", "flower"]
  private let stops = "when the daemon stops: heater off, valve on"

  private func run(
    _ arguments: [String], _ hosts: SimulatedFleet, _ bench: TestBench, answers: [String]? = nil,
    commands: [Run]? = [Run(command: .shell("ctl states"))]
  ) async -> Int32 {
    let fleet = TestFleet.fleet(names) { fleet in
      for index in fleet.hosts.indices { fleet.hosts[index].profiles[0].agent.forewarn = commands }
    }
    return await FleetProgram.run(
      arguments,
      on: bench.bench(
        fleet: fleet, connector: hosts, catalogue: SimulatedCatalogue(fetched: ["v4.1.0"]), answers: answers))
  }

  private func hosts() -> SimulatedFleet {
    let fleet = SimulatedFleet(names.map { ($0, "4.1.0") })
    for name in names { fleet.set(name) { $0.forewarns = [stops, "\u{1B}[2Jheater"] } }
    return fleet
  }

  @Test func `what is to be known stands below the plan, of hosts with the same once`() async throws {
    let bench = try TestBench()
    #expect(await run(["plan"], hosts(), bench) == 0)
    #expect(bench.output.contains("veg and flower, to be known before:\n  \(stops)\n"), "\(bench.output)")
    #expect(!bench.output.unicodeScalars.contains("\u{1B}"))
  }

  @Test func `it stands before the question of an upgrade`() async throws {
    let bench = try TestBench()
    let hosts = hosts()
    #expect(await run(["upgrade"], hosts, bench, answers: ["n"]) != 0)
    #expect(bench.output.contains("  \(stops)\n"), "\(bench.output)")
    #expect(names.allSatisfy { hosts.agents[$0]?.read { $0.executions } == 0 })
  }

  @Test func `what nobody could ask is said to be not known`() async throws {
    let bench = try TestBench()
    let hosts = hosts()
    hosts.set("veg") { $0.refusesForewarn = .unsupported("what?") }
    hosts.set("flower") {
      $0.refusesForewarn = .refused(Cause(code: .notNow, step: .check, text: "`ctl states`: exit 1"))
    }
    #expect(await run(["plan"], hosts, bench) == 0)
    #expect(bench.output.contains("veg: what is to be known before is not known: its agent is an older one"))
    #expect(bench.output.contains("flower: what is to be known before is not known: `ctl states`: exit 1"))
  }

  @Test func `a profile without such commands asks nobody`() async throws {
    let bench = try TestBench()
    #expect(await run(["plan"], hosts(), bench, commands: nil) == 0)
    #expect(!bench.output.contains("to be known before"), "\(bench.output)")
  }
}
