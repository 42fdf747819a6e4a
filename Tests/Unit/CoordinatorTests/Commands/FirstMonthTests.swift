import CoordinatorSupport
import Testing
import Wire

@testable import Hosts
@testable import Driver
@testable import Inventory
@testable import Coordinator

/// What a person met in a first month, and read wrongly.
@Suite struct FirstMonthTests {
  @Test func `a host that fails while its rollout is gone on with is told to be cleared`() async throws {
    let (hosts, bench) = (
      ThreeRooms.fleet { $0.set("veg") { $0.connectError = .unreachable("no route") } }, try TestBench()
    )
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench) == 4)
    hosts.set("veg") {
      ($0.connectError, $0.cutover) = (nil, .rolledBack)
      $0.reason = Cause(code: .prove, step: .prove, text: "it answers 503")
    }
    bench.forget()
    #expect(await ThreeRooms.run(["resume", "-y"], hosts, bench) == 2)
    #expect(bench.output.contains("fleet clear veg"), "\(bench.output)")
  }

  @Test func `of a room that went back by hand nobody is told to go back again`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet {
      $0.set("veg") { $0.unwell = Cause(code: .unhealthy, step: .prove, text: "the pump does not answer") }
    }
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench) { $0.policy.soakSeconds = 60 } == 2)
    #expect(bench.output.contains("To go back: fleet rollback veg"), "\(bench.output)")
    hosts.set("veg") { $0.unwell = nil }
    #expect(await ThreeRooms.run(["rollback", "veg", "--to", "4.0.26", "-y"], hosts, bench) == 0)
    bench.forget()
    #expect(await ThreeRooms.run(["report"], hosts, bench) == 2)
    #expect(bench.output.contains("Since then veg went back to 4.0.26, by hand."), "\(bench.output)")
    #expect(
      !bench.output.contains("fleet rollback") && !bench.output.contains("NEEDS HANDS"), "\(bench.output)")
  }

  @Test func `a host that is taken out of fleet.yaml is not waited for, and abort ends its rollout`()
    async throws
  {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("dry") { $0.connectError = .unreachable("no route") } }
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench) == 4)
    #expect(bench.output.contains("next: fleet resume"), "\(bench.output)")
    func without(_ words: [String]) async -> Int32 {
      bench.forget()
      return await ThreeRooms.run(words, hosts, bench) { $0.hosts.removeAll { $0.name == "dry" } }
    }
    for words in [["resume", "-y"], ["report"]] {
      #expect(await without(words) == 4)
      #expect(bench.output.contains("No more in fleet.yaml: dry."), "\(bench.output)")
      #expect(
        !bench.output.contains("look whether") && !bench.output.contains("fleet resume"), "\(bench.output)")
      #expect(bench.output.contains("next: fleet abort    ends it without dry"), "\(bench.output)")
    }
    #expect(await without(["history"]) == 0)
    #expect(bench.output.contains("open: fleet abort"), "\(bench.output)")
    #expect(await without(["report", "--html", "-"]) == 4)
    #expect(!bench.output.contains("fleet resume"), "\(bench.output)")
    // Written into fleet.yaml again it is waited for as before.
    bench.forget()
    #expect(await ThreeRooms.run(["report"], hosts, bench) == 4)
    #expect(
      bench.output.contains("next: fleet resume") && !bench.output.contains("No more"), "\(bench.output)")
    #expect(await without(["abort", "-y"]) == 0)
    #expect(await without(["report"]) == 4)
    #expect(!bench.output.contains("next:"), "\(bench.output)")
  }

  @Test func `a report that is shown again says when that was`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    bench.forget()
    #expect(await ThreeRooms.run(["report"], hosts, bench) == 2)
    let lines = bench.output.split(separator: "\n")
    #expect(lines.count > 2 && lines[1].hasPrefix("This was at 20"), "\(bench.output)")
    #expect(lines[0].hasPrefix("Halted.") && lines[2].contains("v4.2.0"))
  }

  @Test func `a rollback where somebody is at work is refused before the question, and is no history`()
    async throws
  {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    let claim = Claim(
      rollout: "20261122-090000-v4.2.0", who: "you@pc", inventory: "/other", host: "veg",
      sinceMilliseconds: 1_795_342_500_000, lifetimeSeconds: 1800)
    hosts.agents["veg"]?.change { ($0.status.claim, $0.status.state) = (claim, "swapped") }
    #expect(await ThreeRooms.run(["rollback", "veg"], hosts, bench, answers: ["y"]) == 2)
    #expect(bench.questions == [])
    #expect(bench.errors.contains("veg: you@pc has it for 20261122-090000-v4.2.0"), "\(bench.errors)")
    #expect(try bench.store.ids() == [])
  }

  @Test func `what an unknown host has now is unknown`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("dry") { $0.diesInCutover = true } }
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench) == 4)
    let row = try #require(bench.output.split(separator: "\n").last { $0.hasPrefix("dry") })
    #expect(row.split(separator: " ").prefix(4) == ["dry", "4.1.0", "unknown", "unknown"], "\(row)")
    bench.forget()
    #expect(await ThreeRooms.run(["report", "-o", "json"], hosts, bench) == 4)
    #expect(!bench.output.contains(#""version":"4.1.0""#), "\(bench.output)")
  }
}
