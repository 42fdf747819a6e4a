import CoordinatorSupport
import SystemPackage
import Testing
import Wire

@testable import Driver
@testable import Report
@testable import Store
@testable import Inventory
@testable import Coordinator

/// What a report says to type next is typed here as it stands, by somebody who answers yes to all that is asked: never
/// does that put the release that has failed in once more.
@Suite struct SafeStepTests {
  /// The commands behind `next:`, as words without `fleet`.
  private func steps(_ output: String) -> [[String]] {
    let lines = output.split(separator: "\n")
    guard let first = lines.firstIndex(where: { $0.hasPrefix("next: ") }) else { return [] }
    let block = [lines[first]] + lines[(first + 1)...].prefix { $0.hasPrefix("      fleet ") }
    return block.map { line in
      let command = line.dropFirst(6).split(separator: "  ", maxSplits: 1).first ?? ""
      return command.split(separator: " ").dropFirst().map(String.init)
    }
  }

  @discardableResult
  private func type(
    _ words: [String], _ hosts: SimulatedFleet, _ bench: TestBench, answers: [String] = ["y", "y"],
    skip: [String] = []
  ) async -> Int32 {
    await ThreeRooms.run(words, hosts, bench, answers: answers) { $0.skip = skip }
  }

  private let once = ["veg": 1, "flower": 0, "dry": 0]

  @Test func `after a failed canary each step alone is safe, and so are all in their order`() async throws {
    let (_, said) = try await ThreeRooms.halted()
    let steps = steps(said.output)
    #expect(steps == [["logs", "veg"], ["clear", "veg"], ["abort"]], "\(said.output)")
    #expect(said.output.contains("skip: [\"4.2.0\"]"))
    for step in steps {
      let (hosts, bench) = try await ThreeRooms.halted()
      #expect(await type(step, hosts, bench) == 0, "\(step)")
      #expect(hosts.executions() == once, "\(step)")
      // And what a person types by habit afterwards, and cron every night.
      #expect(await type(["upgrade", "-y"], hosts, bench) == 2, "\(step)")
      #expect(hosts.executions() == once, "\(step), then cron")
    }
    let (hosts, bench) = try await ThreeRooms.halted()
    for step in steps { #expect(await type(step, hosts, bench) == 0, "\(step)") }
    #expect(hosts.executions() == once)
    // Where a person ends: nothing is open, staged, marked or claimed.
    for agent in hosts.agents.values {
      #expect(
        agent.read {
          $0.status.mark == nil && $0.status.openJob == nil && $0.status.claim == nil && $0.version == "4.1.0"
        })
    }
    bench.forget()
    #expect(await type(["resume"], hosts, bench) == 0)
    #expect(bench.errors.contains("There is no open rollout.") && bench.questions.isEmpty)
    #expect(await type(["report"], hosts, bench) == 2)
    #expect(
      bench.output.contains("Given up since") && self.steps(bench.output).map(\.first) == ["logs", "clear"])
    #expect(await type(["upgrade"], hosts, bench, skip: ["4.2.0"]) == 0)
    #expect(bench.output.contains("Nothing to do: veg, flower and dry are current."))
    #expect(hosts.executions() == once)
  }

  /// The way that was printed once: logs, clear, skip, resume.
  @Test func `a release that fleet.yaml passes over is not gone on with, and it is said how to end that`()
    async throws
  {
    let (hosts, bench) = try await ThreeRooms.halted()
    await type(["clear", "veg"], hosts, bench)
    let log = bench.store.path(of: try #require(try bench.store.ids().last)).appending("events.jsonl")
    let before = try StateFiles.read(log)
    bench.forget()
    for words in [["resume"], ["resume", "-y"], ["resume", "--retry", "-y"]] {
      #expect(await type(words, hosts, bench, skip: ["4.2.0"]) == 2)
      #expect(hosts.executions() == once)
      // What was done is not to be typed once more.
      #expect(!bench.output.contains("fleet clear") && !bench.output.contains("skip:"), "\(bench.output)")
      #expect(bench.output.contains("fleet abort       gives 4.2.0 up\n"), "\(bench.output)")
    }
    #expect(bench.questions.isEmpty)
    #expect(try StateFiles.read(log) == before)
    #expect(
      bench.errors.contains("v4.2.0 is in skip of fleet.yaml, so nothing new of it is begun; fleet abort"))
    bench.forget()
    #expect(await type(["upgrade"], hosts, bench, skip: ["4.2.0"]) == 0)
    #expect(bench.errors.contains("is open: v4.2.0 is in skip of fleet.yaml"))
    bench.forget()
    #expect(await type(["history"], hosts, bench, skip: ["4.2.0"]) == 0)
    #expect(!bench.output.contains("resume"))
    #expect(await type(["abort"], hosts, bench, skip: ["4.2.0"]) == 0)
    #expect(hosts.agents.values.allSatisfy { agent in agent.read { $0.status.openJob == nil } })
  }

  @Test func `what is in its cutover is followed to its end though its release is passed over`() async throws
  {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    try await ThreeRooms.letGo(hosts, bench) { await type(["upgrade", "-y"], hosts, bench) }
    #expect(await type(["resume"], hosts, bench, skip: ["4.2.0"]) == 0)
    #expect(hosts.executions() == once)
    #expect(hosts.versions()["veg"] == "4.2.0")
    let report = Report(try #require(try bench.store.record(try bench.store.ids()[0])))
    #expect(report.hosts[0].outcome == .upgraded)
  }

  @Test func `cleared is the host, not the release: it goes there again only when that is said`() async throws
  {
    for (words, executions) in [
      (["resume"], ["veg": 1, "flower": 1, "dry": 1]),
      (["resume", "-y"], ["veg": 1, "flower": 0, "dry": 0]),
      (["upgrade", "-y"], ["veg": 1, "flower": 0, "dry": 0]),
      (["upgrade"], ["veg": 1, "flower": 1, "dry": 1]),
      (["resume", "--retry", "-y"], ["veg": 2, "flower": 0, "dry": 0]),
      (["upgrade", "--retry", "-y"], ["veg": 2, "flower": 0, "dry": 0]),
    ] {
      let (hosts, bench) = try await ThreeRooms.halted()
      bench.forget()
      #expect(await type(["clear", "veg"], hosts, bench) == 0)
      #expect(
        bench.output
          == "veg: cleared: the mark of v4.2.0 is gone; it goes there again only with --retry (a second clear "
          + "forgets that)\n")
      #expect(await type(words, hosts, bench) == 2)
      #expect(hosts.executions() == executions, "\(words)")
    }
  }

  @Test func `that a first run was said to try again is not said of the next`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    await type(["clear", "veg"], hosts, bench)
    await type(["abort"], hosts, bench)
    #expect(await type(["upgrade", "--retry", "-y"], hosts, bench) == 2)
    #expect(hosts.executions()["veg"] == 2)
    await type(["clear", "veg"], hosts, bench)
    #expect(await type(["resume"], hosts, bench) == 2)
    #expect(hosts.executions()["veg"] == 2 && hosts.executions()["flower"] == 1)
  }

  @Test func `a second clear forgets what is remembered, and a third has nothing to do`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    await type(["clear", "veg"], hosts, bench)
    bench.forget()
    await type(["clear", "veg"], hosts, bench)
    #expect(bench.output == "veg: cleared: v4.2.0 may go there again\n")
    bench.forget()
    await type(["clear", "veg", "-o", "json"], hosts, bench)
    #expect(
      bench.output == "[{\"cleared\":true,\"forgotten\":[],\"host\":\"veg\",\"remembered\":[]}]\n")
    bench.forget()
    await type(["clear", "veg"], hosts, bench)
    #expect(bench.output == "veg: there was nothing to clear\n")
  }

  @Test func `a failed canary is not gone on with by what is printed, one of many is`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet {
      $0.set("flower") {
        $0.cutover = .rolledBack
        $0.reason = Cause(code: .prove, step: .prove, text: "it answers 503")
      }
    }
    await type(["upgrade", "-y"], hosts, bench)
    #expect(steps(bench.output) == [["logs", "flower"], ["clear", "flower"], ["resume"]])
    bench.forget()
    // It asks.
    #expect(await type(["resume"], hosts, bench, answers: ["n"]) == 130)
    #expect(hosts.executions()["dry"] == 0 && bench.questions.count == 1)
  }

  /// Its agent does not remember a failure: it was proved, and turned unwell only later.
  @Test(arguments: [RolloutPolicy.OnFailure.halt, .rollback])
  func `a canary that turned unwell is not followed by the others, whatever is typed of what is printed`(
    onFailure: RolloutPolicy.OnFailure
  ) async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet {
      $0.set("veg") { $0.unwell = Cause(code: .unhealthy, step: .prove, text: "it answers 503") }
    }
    func run(_ words: [String], answers: [String]? = ["y"]) async -> Int32 {
      await ThreeRooms.run(words, hosts, bench, answers: answers) {
        $0.policy.soakSeconds = 60
        $0.policy.onFailure = onFailure
      }
    }
    #expect(await run(["upgrade", "-y"]) == 2)
    let steps = steps(bench.output)
    #expect(steps.last == ["abort"] && !steps.contains(["resume"]), "\(bench.output)")
    #expect(await run(["upgrade", "-y"]) == 2)
    for step in steps { #expect(await run(step) == 0, "\(step)") }
    hosts.set("veg") { $0.unwell = nil }
    #expect(hosts.versions()["veg"] == "4.1.0")
    bench.forget()
    #expect(await run(["upgrade", "-y"]) == 2, "\(bench.output)")
    #expect(bench.output.contains("Nothing was upgraded: v4.2.0 failed on veg"), "\(bench.output)")
    #expect(hosts.executions()["flower"] == 0 && hosts.executions()["dry"] == 0, "\(bench.output)")
    #expect(
      bench.errors.contains(
        "v4.2.0 failed on veg (turned unwell: it answers 503): with --yes it goes nowhere"))
    bench.forget()
    #expect(await run(["upgrade"], answers: ["n"]) == 130)
    #expect(bench.questions[0].contains("v4.2.0 failed on veg (turned unwell: it answers 503)."))
  }

  @Test(arguments: [Cause.Code.prepare, .rehearsal])
  func `what a stage found out is tried again by what is printed, once that is mended`(code: Cause.Code)
    async throws
  {
    let bench = try TestBench()
    let step = code == .prepare ? Step.prepare : .rehearse
    let hosts = ThreeRooms.fleet {
      $0.set("flower") { $0.stage = (.refused, Cause(code: code, step: step, text: "no such column")) }
    }
    await type(["upgrade", "-y"], hosts, bench)
    let refusal = Refusal(
      tag: "v4.2.0", sha256: "", reason: Cause(code: code, step: step, text: "no such column"))
    hosts.agents["flower"]?.change { $0.status.refusals = [refusal] }
    let steps = steps(bench.output)
    #expect(steps == [["logs", "flower"], ["upgrade", "--retry", "flower"], ["resume"]], "\(bench.output)")
    hosts.set("flower") { $0.stage = nil }
    bench.forget()
    // Said again nothing comes of it, and the same is told.
    #expect(await type(["upgrade", "flower"], hosts, bench) == 2)
    #expect(self.steps(bench.output) == steps)
    #expect(bench.errors.contains("flower: refused: refused before: no such column; --retry tries it again"))
    #expect(await type(["upgrade", "--retry", "flower"], hosts, bench) == 0)
    #expect(hosts.executions()["flower"] == 1)
  }

  @Test func `@failed means the hosts that failed, also after a resume of which nothing came`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    #expect(await type(["resume"], hosts, bench, answers: ["n"]) == 130)
    bench.forget()
    #expect(await type(["clear", "@failed"], hosts, bench) == 0)
    #expect(bench.output.hasPrefix("veg: cleared"))
    #expect(bench.output.split(separator: "\n").count == 1)
  }

  @Test func `where nothing was begun there is nothing to go on with`() async throws {
    let hosts = SimulatedFleet([])
    let bench = try TestBench()
    #expect(await type(["upgrade", "-y"], hosts, bench) == 4)
    #expect(steps(bench.output) == [["upgrade"] + ThreeRooms.names], "\(bench.output)")
    bench.forget()
    await type(["plan"], hosts, bench)
    #expect(bench.output.contains("No host can go: see what is noted of each."))
    bench.forget()
    await type(["plan"], SimulatedFleet([("veg", "4.2.0"), ("flower", "4.2.0")]), bench)
    #expect(bench.output.contains("Nobody goes: dry cannot, the others need not."))
  }
}
