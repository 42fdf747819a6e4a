import CoordinatorSupport
import SystemPackage
import Testing
import Wire

@testable import Coordinator

@Suite struct ResumeCommandTests {
  private let names = ["veg", "flower", "dry"]

  private func run(
    _ arguments: [String], _ hosts: SimulatedFleet, _ bench: TestBench,
    catalogue: SimulatedCatalogue = SimulatedCatalogue()
  ) async -> Int32 {
    await FleetProgram.run(
      arguments,
      on: bench.bench(fleet: TestFleet.fleet(names), connector: hosts, catalogue: catalogue))
  }

  private func log(_ bench: TestBench) throws -> FilePath {
    bench.store.path(of: try #require(try bench.store.ids().last)).appending("events.jsonl")
  }

  /// The log is cut behind every line that was written, as a crash may leave it, while the agents went
  /// on; then another coordinator goes on.
  @Test func `after a log that was cut at any line every job has run once, and all are upgraded`()
    async throws
  {
    let whole = try TestBench()
    let hosts = SimulatedFleet(names.map { ($0, "4.1.0") })
    hosts.set("flower") { $0.breaksInCutover = true }
    #expect(await run(["upgrade", "-y"], hosts, whole) == 0)
    let lines = try StateFiles.read(log(whole)).split(separator: 0x0A)
    #expect(lines.count > 30)

    for cut in 1..<lines.count {
      let bench = try TestBench()
      let hosts = SimulatedFleet(names.map { ($0, "4.1.0") })
      #expect(await run(["upgrade", "-y"], hosts, bench) == 0)
      let path = try log(bench)
      let kept = try StateFiles.read(path).split(separator: 0x0A).prefix(cut)
      try StateFiles.write(Array(kept.joined(separator: [0x0A])) + [0x0A] + Array("{\"torn".utf8), to: path)
      bench.forget()
      let code = await run(["resume", "-y"], hosts, bench)
      #expect(code == 0, "cut behind line \(cut): \(bench.output) \(bench.errors)")
      #expect(hosts.executions().values.allSatisfy { $0 == 1 }, "cut behind line \(cut)")
      #expect(hosts.versions().values.allSatisfy { $0 == "4.2.0" }, "cut behind line \(cut)")
    }
  }

  @Test func `clear and resume end a rollout that halted`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet(names.map { ($0, "4.1.0") })
    hosts.set("veg") {
      $0.cutover = .rolledBack
      $0.reason = Reason(code: .prove, step: .prove, text: "unwell")
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(hosts.agents["veg"]?.read { $0.status.mark != nil } == true)
    // Not cleared: the marked host is refused, the others go.
    hosts.set("veg") { $0.cutover = .upgraded }
    #expect(await run(["clear", "veg"], hosts, bench) == 0)
    #expect(await run(["resume"], hosts, bench) == 0)
    #expect(hosts.versions().values.allSatisfy { $0 == "4.2.0" })
    #expect(hosts.executions() == ["veg": 2, "flower": 1, "dry": 1])
    #expect(hosts.agents["veg"]?.read { $0.claims.last?.hasSuffix(".2") } == true)
    #expect(hosts.agents["flower"]?.read { $0.stages } == 1)
    #expect(await run(["resume"], hosts, bench) == 0)
    #expect(bench.errors.contains("There is no open rollout."))
  }

  @Test func `upgrade from cron does not go on by itself after a halt`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet(names.map { ($0, "4.1.0") })
    hosts.set("veg") {
      $0.cutover = .rolledBack
      $0.reason = Reason(code: .prove, step: .prove, text: "unwell")
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(await run(["upgrade", "-y", "-q"], hosts, bench) == 2)
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 0])
    #expect(await run(["resume", "-y"], hosts, bench) == 2)
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 1])
  }

  @Test func `upgrade goes on with an open rollout whose release is still the newest`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet(names.map { ($0, "4.1.0") })
    hosts.set("dry") { $0.connectError = .unreachable("dry: no route") }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 4)
    hosts.set("dry") { $0.connectError = nil }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 0)
    #expect(try bench.store.ids().count == 1)
    #expect(bench.errors.contains("Going on with"))
  }

  @Test func `upgrade closes an open rollout that a newer release takes over from`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet(names.map { ($0, "4.1.0") })
    hosts.set("dry") { $0.connectError = .unreachable("dry: no route") }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 4)
    hosts.set("dry") { $0.connectError = nil }
    let newer = SimulatedCatalogue(tags: ["v4.1.0", "v4.2.0", "v4.3.0"])
    #expect(await run(["upgrade", "-y"], hosts, bench, catalogue: newer) == 0)
    #expect(bench.errors.contains("Closing"))
    let ids = try bench.store.ids()
    #expect(ids.count == 2)
    #expect(try bench.store.record(ids[0])?.isOpen == false)
  }

  @Test func `stage, then upgrade, stages once`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet(names.map { ($0, "4.1.0") })
    #expect(await run(["stage", "-y"], hosts, bench) == 0)
    #expect(hosts.executions().values.allSatisfy { $0 == 0 })
    #expect(await run(["upgrade", "-y"], hosts, bench) == 0)
    #expect(hosts.agents.values.allSatisfy { agent in agent.read { $0.stages == 1 && $0.executions == 1 } })
  }

  @Test func `abort takes staged orders and claims back, and the rollout is closed`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet(names.map { ($0, "4.1.0") })
    #expect(await run(["stage", "-y"], hosts, bench) == 0)
    let id = try #require(try bench.store.ids().last)
    #expect(await run(["abort", "-y"], hosts, bench) == 0)
    #expect(hosts.agents.values.allSatisfy { agent in agent.read { $0.cancelled == [id] } })
    #expect(await run(["abort", "-y"], hosts, bench) == 0)
    #expect(bench.errors.contains("There is no open rollout."))
  }

  @Test func `two coordinators do not drive one rollout`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet(names.map { ($0, "4.1.0") })
    #expect(await run(["stage", "-y"], hosts, bench) == 0)
    let (held, _) = try EventLog.open(log(bench))
    #expect(await run(["resume", "-y"], hosts, bench) == 1)
    #expect(bench.errors.contains("another fleet on this machine"))
    withExtendedLifetime(held) {}
  }
}
