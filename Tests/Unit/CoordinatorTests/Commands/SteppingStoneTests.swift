import CoordinatorSupport
import Testing
import Wire

@testable import Catalogue
@testable import Driver
@testable import Hosts
@testable import Inventory
@testable import Release
@testable import Report
@testable import Rollout
@testable import Store
@testable import Coordinator

/// 4.1.0 to 4.3.0, and 4.2.0 is a stepping stone.
@Suite struct SteppingStoneTests {
  private func run(
    _ arguments: [String], _ hosts: SimulatedFleet, _ bench: TestBench, stones: [String] = ["4.2.0"],
    tags: [String] = ["v4.1.0", "v4.2.0", "v4.3.0"], answers: [String]? = nil,
    change: (inout Fleet) -> Void = { _ in }
  ) async -> Int32 {
    await ThreeRooms.run(
      arguments, hosts, bench, answers: answers, catalogue: SimulatedCatalogue(tags: tags)
    ) { fleet in
      for host in fleet.hosts.indices { fleet.hosts[host].profiles[0].steppingStones = stones }
      change(&fleet)
    }
  }

  private func rollouts(_ bench: TestBench) throws -> [String] {
    try bench.store.ids().compactMap { try bench.store.record($0)?.header.tag }
  }

  @Test func `one command goes through it, and asks once`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    #expect(await run(["upgrade"], hosts, bench, answers: ["y"]) == 0, "\(bench.output)\(bench.errors)")
    #expect(bench.questions.count == 1)
    #expect(bench.questions[0].contains("Upgrade 3 hosts to v4.2.0, and on to v4.3.0?"), "\(bench.questions)")
    #expect(
      bench.output.contains(
        "veg, flower and dry go to v4.3.0 by way of v4.2.0, a stepping stone: once all went well, "
          + "fleet goes on by itself."
      ), "\(bench.output)")
    #expect(hosts.versions().values.allSatisfy { $0 == "4.3.0" })
    #expect(hosts.executions().values.allSatisfy { $0 == 2 })
    #expect(try rollouts(bench).sorted() == ["v4.2.0", "v4.3.0"])
    #expect(bench.output.contains("v4.2.0 is a stepping stone on the way to v4.3.0."))
    #expect(bench.errors.contains("On to v4.3.0 from v4.2.0, a stepping stone: veg, flower and dry."))
    // Nobody is told to type what is being done.
    #expect(!bench.output.contains("next:"), "\(bench.output)")
    let first = try #require(
      try bench.store.ids().first { try bench.store.record($0)?.header.tag == "v4.2.0" })
    bench.forget()
    #expect(await run(["report", first], hosts, bench) == 0)
    #expect(bench.output.contains("a stepping stone") && !bench.output.contains("next:"), "\(bench.output)")
  }

  @Test func `each of several is a rollout of its own`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    let tags = ["v4.1.0", "v4.2.0", "v4.2.5", "v4.2.7", "v4.3.0"]
    #expect(await run(["upgrade", "-y"], hosts, bench, stones: ["4.2.5", "4.2.0"], tags: tags) == 0)
    #expect(try rollouts(bench).sorted() == ["v4.2.0", "v4.2.5", "v4.3.0"])
    #expect(hosts.versions().values.allSatisfy { $0 == "4.3.0" })
  }

  @Test func `with through_stones off it stops there, and says how it goes on`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    #expect(await run(["upgrade"], hosts, bench, answers: ["y"]) { $0.policy.throughStones = false } == 0)
    #expect(bench.questions[0].contains("Upgrade 3 hosts to v4.2.0?"))
    #expect(hosts.versions().values.allSatisfy { $0 == "4.2.0" })
    #expect(bench.output.contains("next: fleet upgrade veg flower dry    on to v4.3.0"), "\(bench.output)")
    // As somebody reads it the next day, and once it was typed.
    bench.forget()
    #expect(await run(["report"], hosts, bench) == 0)
    #expect(bench.output.contains("next: fleet upgrade veg flower dry    on to v4.3.0"), "\(bench.output)")
    let first = try bench.store.ids()[0]
    #expect(await run(["upgrade", "-y"], hosts, bench) { $0.policy.throughStones = false } == 0)
    bench.forget()
    #expect(await run(["report", first], hosts, bench) == 0)
    #expect(!bench.output.contains("next:"), "\(bench.output)")
  }

  @Test func `where one did not come there, nobody goes on`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet {
      $0.set("flower") {
        $0.cutover = .rolledBack
        $0.reason = Cause(code: .prove, step: .prove, text: "503")
      }
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(hosts.versions() == ["veg": "4.2.0", "flower": "4.1.0", "dry": "4.1.0"])
    #expect(
      bench.errors.contains(
        "veg stays at v4.2.0, a stepping stone on the way to v4.3.0: not all went well. Once that is looked at: "
          + "fleet upgrade veg\n"))
    #expect(try rollouts(bench) == ["v4.2.0"])
  }

  @Test func `whoever comes later goes through by the same command`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("dry") { $0.connectError = .unreachable("no route to host") } }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 4)
    #expect(hosts.versions() == ["veg": "4.2.0", "flower": "4.2.0", "dry": "4.1.0"])
    hosts.set("dry") { $0.connectError = nil }
    bench.forget()
    #expect(await run(["upgrade", "-y"], hosts, bench) == 0, "\(bench.output)\(bench.errors)")
    #expect(hosts.versions().values.allSatisfy { $0 == "4.3.0" }, "\(hosts.versions())")
    #expect(hosts.executions().values.allSatisfy { $0 == 2 })
  }

  @Test func `what is staged is the stone alone`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    #expect(await run(["stage"], hosts, bench, answers: ["y"]) == 0)
    #expect(bench.questions[0].contains("Stage 3 hosts to v4.2.0?"))
    #expect(try rollouts(bench) == ["v4.2.0"])
    #expect(hosts.executions().values.allSatisfy { $0 == 0 })
  }

  @Test func `a program reads where it leads`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    #expect(await run(["plan", "-o", "json"], hosts, bench) == 0)
    #expect(bench.output.contains(#""goal":"v4.3.0""#) && bench.output.contains(#""target":"4.2.0""#))
    bench.forget()
    #expect(await run(["upgrade", "-y", "-o", "json"], hosts, bench) == 0)
    let reports = bench.output.split(separator: "\n").filter { $0.contains(#""schema":"fleet.report/1""#) }
    #expect(reports.count == 2)
    #expect(reports.first?.contains(#""goal":"v4.3.0""#) == true)
    #expect(reports.last?.contains(#""goal":null"#) == true)
  }

  @Test func `a host that says for ever that it has the old version is taken there once`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.agents["veg"]?.change { $0.conduct.forgetsUpgrades = true } }
    #expect(await run(["upgrade", "-y", "veg"], hosts, bench) == 2)
    #expect(hosts.executions()["veg"] == 1)
    #expect(
      bench.errors.contains("veg would go to a stepping stone again that was said to be there."),
      "\(bench.errors)")
  }

  @Test func `what was asked for covers the way to that release, and to no other`() throws {
    func tag(_ text: String) throws -> TagName { try #require(TagName(text)) }
    func leg(_ target: String, goal: String?) throws -> PlanLeg {
      try PlanLeg(
        tag: tag(target), track: Track(majorOf: tag(target).version, channel: ""),
        source: TestFleet.profile.source,
        verify: TestFleet.profile.verify,
        entries: [
          PlanEntry(host: TestFleet.host("veg"), verdict: .goes(from: nil), goal: goal.map { try tag($0) })
        ], newer: [])
    }
    let onward = try #require(Onward([try leg("v4.2.0", goal: "v4.3.0")], upgraded: ["veg"]))
    #expect(onward.covers([try leg("v4.3.0", goal: nil)]))
    #expect(onward.covers([try leg("v4.2.5", goal: "v4.3.0")]))
    #expect(!onward.covers([try leg("v4.4.0", goal: nil)]))
    #expect(!onward.covers([try leg("v4.2.5", goal: "v4.4.0")]))
    #expect(Onward([try leg("v4.2.0", goal: "v4.3.0")], upgraded: ["dry"]) == nil)
    #expect(Onward([try leg("v4.2.0", goal: nil)], upgraded: ["veg"]) == nil)
  }
}
