import CoordinatorSupport
import Foundation
import Synchronization
import SystemPackage
import Testing
import Wire

@testable import Hosts
@testable import Inventory
@testable import Driver
@testable import Report
@testable import Store
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

  private func report(_ log: FilePath) -> String {
    log.removingLastComponent().appending("report.json").string
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

  @Test func `the release is fetched from where it was when it was begun, whichever profile comes first`()
    async throws
  {
    let (hosts, bench) = try await ThreeRooms.halted()
    let asked = Mutex<[ReleaseSource]>([])
    var catalogue = SimulatedCatalogue()
    catalogue.hears = { _, source in asked.withLock { $0.append(source) } }
    #expect(await run(["clear", "veg"], hosts, bench) == 0)
    hosts.set("veg") { $0.cutover = .upgraded }
    let code = await ThreeRooms.run(["resume", "-y", "--retry"], hosts, bench, catalogue: catalogue) {
      fleet in
      var other = TestFleet.profile
      other.source = .github(repository: "someone/else", api: "https://api.example.org", tokenVariable: nil)
      fleet.profiles.insert(other, at: 0)
    }
    #expect(code == 0, "\(bench.errors)")
    let sources = asked.withLock { Set($0.map(\.identity)) }
    #expect(sources == [TestFleet.profile.source.identity])
  }

  @Test func `clear, and resume with --retry, end a rollout that halted`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    #expect(hosts.agents["veg"]?.read { $0.status.mark != nil } == true)
    hosts.set("veg") { ($0.cutover, $0.reason) = (.upgraded, nil) }
    #expect(await run(["clear", "veg"], hosts, bench) == 0)
    #expect(await run(["resume", "--retry", "-y"], hosts, bench) == 0)
    #expect(hosts.versions().values.allSatisfy { $0 == "4.2.0" })
    #expect(hosts.executions() == ["veg": 2, "flower": 1, "dry": 1])
    #expect(hosts.agents["veg"]?.read { $0.claims.last?.hasSuffix(".2") } == true)
    #expect(hosts.agents["flower"]?.read { $0.stages } == 1)
    #expect(await run(["resume"], hosts, bench) == 0)
    #expect(bench.errors.contains("There is no open rollout."))
  }

  @Test func `resume shows the plan and asks, and without anybody to ask nothing is done: 64`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    let id = try #require(try bench.store.ids().last)
    let log = try StateFiles.read(log(bench))
    bench.forget()
    #expect(await run(["resume"], hosts, bench) == 64)
    #expect(bench.errors.contains("--yes"))
    #expect(await ThreeRooms.run(["resume"], hosts, bench, answers: ["n"]) == 130)
    #expect(
      bench.questions == ["Upgrade 2 hosts to v4.2.0? v4.2.0 failed on veg (health: it answers 503). [y/N] "])
    #expect(bench.output.contains("veg     4.1.0  -                refused: marked by v4.2.0"))
    #expect(bench.output.contains("flower  4.1.0  4.2.0"))
    #expect(bench.errors.contains("Nothing was done."))
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 0])
    // Nothing came of either, so nothing is written down.
    #expect(try StateFiles.read(bench.store.path(of: id).appending("events.jsonl")) == log)
    #expect(await ThreeRooms.run(["resume"], hosts, bench, answers: ["y"]) == 2)
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 1])
  }

  /// Neither where it had ended, nor where its coordinator died in the middle.
  @Test(arguments: [false, true])
  func `Ctrl-C at the question of resume: 130, and nothing is done or written down`(isCut: Bool) async throws
  {
    let (hosts, bench) = isCut ? (ThreeRooms.fleet(), try TestBench()) : try await ThreeRooms.halted()
    if isCut { #expect(await run(["stage", "-y"], hosts, bench) == 0) }
    let path = try log(bench)
    if isCut {
      let lines = try StateFiles.read(path).split(separator: 0x0A)
      let cut = try #require(lines.firstIndex { String(decoding: $0, as: UTF8.self).contains("\"staged\"") })
      try StateFiles.write(Array(lines.prefix(cut).joined(separator: [0x0A])) + [0x0A], to: path)
      try FileManager.default.removeItem(atPath: report(path))
    }
    let before = try StateFiles.read(path)
    let claims = hosts.agents.mapValues { agent in agent.read { $0.claims } }
    bench.forget()
    let words = ["resume", "--retry"]
    #expect(await ThreeRooms.run(words, hosts, bench, answers: [TestBench.ctrlC]) == 130)
    #expect(bench.questions.count == 1)
    #expect(bench.errors.hasSuffix("\nNothing was done.\n"), "\(bench.errors)")
    #expect(!bench.output.contains("Halted."), "\(bench.output)")
    #expect(try StateFiles.read(path) == before)
    #expect(hosts.agents.mapValues { agent in agent.read { $0.claims } } == claims)
    #expect(FileManager.default.fileExists(atPath: report(path)) == !isCut)
    // It can be gone on with as before.
    bench.forget()
    hosts.set("veg") { ($0.cutover, $0.reason) = (.upgraded, nil) }
    #expect(await run(words + ["-y"], hosts, bench) == (isCut ? 0 : 2), "\(bench.output)\(bench.errors)")
  }

  @Test func `resume only follows a cutover without a question`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet([("veg", "4.1.0")])
    @Sendable func run(_ arguments: [String]) async -> Int32 {
      await FleetProgram.run(
        arguments,
        on: bench.bench(
          fleet: TestFleet.fleet(["veg"]), connector: hosts, catalogue: SimulatedCatalogue()))
    }
    try await ThreeRooms.letGo(hosts, bench) { await run(["upgrade", "-y"]) }
    #expect(await run(["resume"]) == 0)
    #expect(bench.output.contains("All good: veg is on v4.2.0."))
    #expect(bench.questions == [])
  }

  @Test func `on a terminal the drawing gives way to the question, and comes back`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    bench.forget()
    let world = bench.bench(
      fleet: TestFleet.fleet(names), connector: hosts, catalogue: SimulatedCatalogue(), answers: ["y"],
      canDraw: true)
    #expect(await FleetProgram.run(["resume"], on: world) == 2)
    #expect(bench.questions.count == 1)
    var screen = ScreenDouble(width: 100, height: 30)
    screen.take(bench.output.replacing("\n", with: "\r\n"))
    #expect(screen.lines.contains { $0.hasPrefix("HOST    FROM   TO") }, "the plan stays on the screen")
    #expect(!screen.lines.contains { $0.contains("asking") }, "\(screen.lines)")
  }

  @Test func `a resume of which nothing comes changes neither report nor history`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    for name in ["flower", "dry"] { hosts.set(name) { $0.connectError = .unreachable("\(name): no route") } }
    // First what is news: the others are away now.
    #expect(await run(["resume", "-y"], hosts, bench) == 2)
    func told() async throws -> [String] {
      bench.forget()
      _ = await run(["report", "-o", "json"], hosts, bench)
      let report = bench.output
      bench.forget()
      _ = await run(["history"], hosts, bench)
      return [report, bench.output]
    }
    let before = try await told()
    #expect(before[0].contains("\"outcome\":\"rolled_back\"") && before[0].contains("\"downtime_ms\":2140"))
    #expect(before[1].contains("2.1 s"))
    bench.forget()
    #expect(await run(["resume", "-y"], hosts, bench) == 2)
    #expect(bench.errors.contains("veg: refused: marked by v4.2.0: it answers 503; fleet clear veg"))
    #expect(try await told() == before)
    #expect(try bench.store.ids().count == 1)
  }

  @Test func `a second try adds to the first: its downtime counts, and what went wrong is told`() async throws
  {
    let (hosts, bench) = try await ThreeRooms.halted()
    #expect(await run(["clear", "veg"], hosts, bench) == 0)
    hosts.set("veg") { ($0.cutover, $0.reason) = (.upgraded, nil) }
    bench.forget()
    #expect(await run(["resume", "--retry", "-y", "veg"], hosts, bench) == 0)
    let line = try #require(bench.output.split(separator: "\n").first { $0.hasPrefix("veg ") })
    #expect(line.contains("upgraded") && line.contains("4.3 s"), "\(line)")
    #expect(line.contains("before: rolled back, health: it answers 503"), "\(line)")
    let report = Report(try #require(try bench.store.record(try bench.store.ids()[0])))
    #expect(report.hosts[0].earlier.map(\.outcome) == [.rolledBack])
    #expect(report.hosts[0].earlier.map(\.downtimeMs) == [2_140])
    #expect(report.hosts[0].downtimeMs == 4_280)
  }

  @Test
  func `upgrade from cron does not go on by itself after a halt, whatever was cleared or given up since`()
    async throws
  {
    let (hosts, bench) = try await ThreeRooms.halted()
    #expect(await run(["upgrade", "-y", "-q"], hosts, bench) == 2)
    #expect(await run(["clear", "veg"], hosts, bench) == 0)
    #expect(await run(["upgrade", "-y", "-q"], hosts, bench) == 2)
    #expect(await run(["abort", "-y"], hosts, bench) == 0)
    bench.forget()
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 0])
    #expect(
      bench.errors.contains("v4.2.0 failed on veg (health: it answers 503): with --yes it goes nowhere"))
    #expect(
      bench.output.contains(
        "fleet upgrade flower dry     asks before 4.2.0 goes there;  in fleet.yaml: skip: [\"4.2.0\"]"),
      "\(bench.output)")
    #expect(try bench.store.ids().count == 1)
    // A newer one is another matter.
    let newer = SimulatedCatalogue(tags: ["v4.1.0", "v4.2.0", "v4.3.0"])
    hosts.set("veg") { ($0.cutover, $0.reason) = (.upgraded, nil) }
    #expect(await run(["upgrade", "-y"], hosts, bench, catalogue: newer) == 0)
  }

  @Test func `from cron a release that is well elsewhere goes on to those that were left`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet {
      $0.set("flower") {
        $0.cutover = .rolledBack
        $0.reason = Cause(code: .prove, step: .prove, text: "it answers 503")
      }
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 0])
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(hosts.executions()["dry"] == 0, "it is marked, and nobody has looked")
    #expect(await run(["clear", "flower"], hosts, bench) == 0)
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
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
    #expect(hosts.agents.values.allSatisfy { agent in agent.read { $0.status.openJob == nil } })
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
