import CoordinatorSupport
import Testing
import Wire

@testable import Driver
@testable import Inventory
@testable import Coordinator

/// Policies from the command line down to what the agents are asked.
@Suite struct PolicyCommandTests {
  // The bench's clock stands on Sunday 2026-11-22, 10:15 UTC.
  @Test func `a host outside its window is staged and deferred, 5, until it is ignored`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet()
    #expect(
      await ThreeRooms.run(["upgrade", "-y"], hosts, bench) { $0.hosts[1].windows = ["Sat 10:00-16:00"] } == 5
    )
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 1])
    #expect(hosts.agents["flower"]?.read { $0.stages } == 1)
    #expect(bench.output.contains("window opens Sat 10:00"))
    #expect(
      await ThreeRooms.run(["upgrade", "-y", "--ignore-window"], hosts, bench) {
        $0.hosts[1].windows = ["Sat 10:00-16:00"]
      }
        == 0)
    #expect(hosts.executions()["flower"] == 1)
  }

  @Test func `resume goes on in the next window`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet()
    #expect(
      await ThreeRooms.run(["upgrade", "-y"], hosts, bench) { $0.hosts[1].windows = ["Sat 10:00-16:00"] } == 5
    )
    #expect(
      await ThreeRooms.run(["resume", "-y"], hosts, bench) { $0.hosts[1].windows = ["Sun 10:00-16:00"] } == 0)
    #expect(hosts.executions()["flower"] == 1)
    #expect(hosts.agents["flower"]?.read { $0.stages } == 1)
  }

  @Test func `canary_for keeps the others deferred, and they are not staged again meanwhile`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet()
    let change: (inout Fleet) -> Void = { $0.policy.canaryForSeconds = 86_400 }
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench, change: change) == 5)
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 0])
    #expect(bench.output.contains("the canary veg runs it first, until Mon 10:1"))
    #expect(await ThreeRooms.run(["upgrade", "-y", "-q"], hosts, bench, change: change) == 5)
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 0])
    #expect(hosts.agents["flower"]?.read { $0.orders.count } == 1)
  }

  @Test func `on_failure rollback takes the upgraded ones back to their backups`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet {
      $0.set("dry") {
        $0.cutover = .rolledBack
        $0.reason = Cause(code: .prove, step: .prove, text: "unwell")
      }
    }
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench) { $0.policy.onFailure = .rollback } == 2)
    #expect(hosts.versions() == ["veg": "4.1.0", "flower": "4.1.0", "dry": "4.1.0"])
    #expect(hosts.executions() == ["veg": 2, "flower": 2, "dry": 1])
    #expect(bench.output.contains("went back, since the rollout halted"))
  }

  @Test(arguments: [0, 2])
  func `a rollback that was ordered is followed to its end, whatever comes in between`(denied: Int)
    async throws
  {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet {
      $0.set("veg") { $0.deniedRollbackFollows = denied }
      $0.set("flower") { $0.goesDownOnTheWayBack = true }
      $0.set("dry") { $0.cutover = .rolledBack }
    }
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench) { $0.policy.onFailure = .rollback } == 2)
    #expect(hosts.versions() == ["veg": "4.1.0", "flower": "4.1.0", "dry": "4.1.0"])
    #expect(!bench.output.contains("veg     4.1.0  4.2.0") && !bench.output.contains("not believed"))
    #expect(bench.output.contains("login refused") == (denied > 0))
    #expect(bench.output.contains("went back, since the rollout halted"))
  }

  @Test func `a host that turns unwell in the soak halts`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet {
      $0.set("veg") { $0.unwell = Cause(code: .unhealthy, step: .prove, text: "the pump does not answer") }
    }
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench) { $0.policy.soakSeconds = 60 } == 2)
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 0])
    #expect(bench.output.contains("veg is not well, and asked once more"))
    #expect(bench.output.contains("veg: turned unwell: the pump does not answer"))
    #expect(bench.output.contains("NEEDS HANDS: veg turned unwell on v4.2.0. To go back: fleet rollback veg"))
  }

  @Test func `abort ends a rollout that another fleet on this machine drives`() async throws {
    let bench = try TestBench()
    let gate = Gate()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.gate = gate } }
    async let driver = ThreeRooms.run(["upgrade", "-y"], hosts, bench)
    while hosts.executions()["veg"] == 0 { try await Task.sleep(for: .milliseconds(2)) }
    async let abort = ThreeRooms.run(["abort", "-y"], hosts, bench)
    while !bench.output.contains("interrupted:") { try await Task.sleep(for: .milliseconds(2)) }
    gate.open()
    #expect(await driver == 130)
    #expect(await abort == 0)
    #expect(hosts.versions() == ["veg": "4.2.0", "flower": "4.1.0", "dry": "4.1.0"])
    let id = try #require(try bench.store.ids().last)
    #expect(try bench.store.record(id)?.isOpen == false)
    // Nobody is led to what the other terminal has just closed.
    #expect(bench.output.contains("Given up in another terminal: nobody goes on with it."), "\(bench.output)")
    #expect(!bench.output.contains("fleet resume"), "\(bench.output)")
  }

  @Test func `in the history a rollout that is being driven is at work, and not to be resumed`() async throws
  {
    let bench = try TestBench()
    let gate = Gate()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.gate = gate } }
    async let driver = ThreeRooms.run(["upgrade", "-y"], hosts, bench)
    while hosts.executions()["veg"] == 0 { try await Task.sleep(for: .milliseconds(2)) }
    bench.forget()
    #expect(await ThreeRooms.run(["history"], hosts, bench) == 0)
    #expect(bench.output.contains("at work now") && !bench.output.contains("resume"), "\(bench.output)")
    #expect(await ThreeRooms.run(["history", "-o", "json"], hosts, bench) == 0)
    #expect(bench.output.contains(#""at_work":true"#), "\(bench.output)")
    for words in [["report"], ["report", "--html", "-"]] {
      bench.forget()
      _ = await ThreeRooms.run(words, hosts, bench)
      #expect(bench.output.contains("At work now: not finished yet."), "\(bench.output)")
      #expect(!bench.output.contains("resume") && !bench.output.contains("Unknown"), "\(bench.output)")
    }
    gate.open()
    #expect(await driver == 0)
    bench.forget()
    #expect(await ThreeRooms.run(["history"], hosts, bench) == 0)
    #expect(!bench.output.contains("at work now"), "\(bench.output)")
  }

  @Test func `who comes second on this machine is told who, since when and what to do`() async throws {
    let bench = try TestBench()
    let gate = Gate()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.gate = gate } }
    async let driver = ThreeRooms.run(["upgrade", "-y"], hosts, bench)
    while hosts.executions()["veg"] == 0 { try await Task.sleep(for: .milliseconds(2)) }
    #expect(await ThreeRooms.run(["resume", "-y"], hosts, bench) == 1)
    #expect(bench.errors.contains("since 2026-11-2") && bench.errors.contains("me@laptop"))
    #expect(bench.errors.contains("fleet abort"))
    gate.open()
    #expect(await driver == 0)
  }

  @Test func `a rollout that another machine drives is not taken over`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet()
    #expect(await ThreeRooms.run(["stage", "-y"], hosts, bench) == 0)
    let claim = Claim(
      rollout: try #require(try bench.store.ids().last), who: "you@pc", inventory: nil, sinceMilliseconds: 0,
      lifetimeSeconds: 1_800)
    for agent in hosts.agents.values { agent.change { $0.status.claim = claim } }
    let other = try TestBench()
    #expect(await ThreeRooms.run(["resume", "-y"], hosts, other) == 2)
    #expect(other.errors.contains("you@pc has it"))
    #expect(hosts.executions().values.allSatisfy { $0 == 0 })
  }

  @Test func `upgrade finds a rollout whose log is lost, and the others join it`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet()
    #expect(await ThreeRooms.run(["stage", "-y", "veg"], hosts, bench) == 0)
    let id = try #require(try bench.store.ids().last)
    let other = try TestBench()
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, other) == 0)
    #expect(try other.store.ids() == [id])
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 1])
    #expect(hosts.agents["veg"]?.read { $0.stages } == 1)
  }
}
