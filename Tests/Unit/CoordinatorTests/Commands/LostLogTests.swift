import CoordinatorSupport
import Testing
import Wire

@testable import Rollout
@testable import Driver
@testable import Report
@testable import Inventory
@testable import Coordinator

/// The coordinator's state is gone; what the agents have is all that is known of the rollout.
@Suite struct LostLogTests {
  private let hosts = SimulatedFleet(["veg", "flower", "dry"].map { ($0, "4.1.0") })

  private func run(
    _ arguments: [String], _ bench: TestBench, onFailure: RolloutPolicy.OnFailure = .halt
  ) async -> Int32 {
    var fleet = TestFleet.fleet(["veg", "flower", "dry"])
    fleet.policy.onFailure = onFailure
    return await FleetProgram.run(
      arguments, on: bench.bench(fleet: fleet, connector: hosts, catalogue: SimulatedCatalogue()))
  }

  /// Staged on these, by a coordinator that is then forgotten. The rollout's id.
  private func staged(_ names: String...) async throws -> String {
    let bench = try TestBench()
    #expect(await run(["stage", "-y"] + names, bench) == 0)
    return try #require(try bench.store.ids().last)
  }

  /// What a host's last job came to.
  private func end(_ host: String, _ job: String, _ outcome: Outcome, now: String) {
    hosts.agents[host]?.change {
      let (from, target) = job.hasSuffix(".back") ? ("4.2.0", "4.1.0") : ("4.1.0", "4.2.0")
      var result = JobResult(job: job, outcome: outcome, from: from, target: target)
      (result.now, result.healthy, result.downtimeMilliseconds) = (now, true, 2_140)
      if outcome == .rolledBack { result.reason = Cause(code: .prove, step: .prove, text: "it answers 503") }
      $0.status.last = result
      $0.status.openJob = nil
      $0.status.state = "idle"
      $0.version = now
    }
  }

  private func report(_ id: String, _ bench: TestBench) throws -> Report {
    Report(try #require(try bench.store.record(id)))
  }

  @Test func `the agents tell what is under way`() async throws {
    _ = try await staged("veg", "flower")
    #expect(await run(["resume", "-y"], try TestBench()) == 0)
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 0])
    #expect(hosts.agents["veg"]?.read { $0.stages } == 1)
  }

  @Test func `a host that was upgraded before is called that, and not untouched`() async throws {
    let id = try await staged("veg", "flower")
    end("veg", id, .upgraded, now: "4.2.0")
    let bench = try TestBench()
    #expect(await run(["resume", "-y"], bench) == 0)
    let report = try report(id, bench)
    #expect(report.hosts.map(\.outcome) == [.upgraded, .upgraded, .untouched])
    #expect(report.hosts[0].downtimeMs == 2_140 && report.hosts[0].from == "4.1.0")
    #expect(hosts.executions() == ["veg": 0, "flower": 1, "dry": 0])
  }

  @Test func `a failure before halts, and resume said once more goes on`() async throws {
    let id = try await staged("veg", "flower")
    end("veg", id, .rolledBack, now: "4.1.0")
    let bench = try TestBench()
    #expect(await run(["resume", "-y"], bench) == 2)
    var told = try report(id, bench)
    #expect(told.outcome == .halted)
    #expect(told.hosts.map(\.outcome) == [.rolledBack, .untouched, .untouched])
    #expect(told.hosts[1].reason?.code == .staged)
    #expect(hosts.executions()["flower"] == 0)
    #expect(await run(["resume", "-y", "--retry", "flower"], bench) != 1)
    told = try report(id, bench)
    #expect(told.hosts[1].outcome == .upgraded)
  }

  @Test func `a failure before is tried again where a person says so`() async throws {
    let id = try await staged("veg", "flower")
    end("veg", id, .rolledBack, now: "4.1.0")
    let bench = try TestBench()
    // It halts first: it was not known before that it had failed.
    #expect(await run(["resume", "-y"], bench) == 2)
    #expect(await run(["resume", "-y", "--retry"], bench) == 0, "\(bench.output) \(bench.errors)")
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 1])
    let told = try report(id, bench)
    #expect(told.hosts.map(\.outcome) == [.upgraded, .upgraded, .upgraded])
  }

  @Test func `hosts on their way back are followed back, and the others go back too`() async throws {
    let id = try await staged("flower")
    let back = "\(id).back"
    end("veg", back, .upgraded, now: "4.1.0")
    end("dry", id, .upgraded, now: "4.2.0")
    hosts.agents["flower"]?.change {
      $0.version = "4.2.0"
      let result = JobResult(job: back, target: "4.1.0")
      $0.jobs[back] = SimulatedAgent.Job(
        events: [JobEvent(seq: 1, event: .rested, result: result)], result: result, isRollback: true)
      $0.status.openJob = back
    }
    let bench = try TestBench()
    #expect(await run(["resume", "-y"], bench) == 2)
    let report = try report(id, bench)
    #expect(report.outcome == .halted)
    #expect(report.hosts.map(\.outcome) == [.rolledBack, .rolledBack, .rolledBack])
    #expect(report.hosts.map { $0.now?.version } == ["4.1.0", "4.1.0", "4.1.0"])
    #expect(hosts.executions() == ["veg": 0, "flower": 1, "dry": 1])
    #expect(try bench.store.ids() == [id])
  }
}
