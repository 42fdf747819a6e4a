import CoordinatorSupport
import SystemPackage
import Testing
import Wire

@testable import Catalogue
@testable import Hosts
@testable import Driver
@testable import Store
@testable import Report
@testable import Inventory
@testable import Coordinator

@Suite struct UpgradeCommandTests {
  @Test func `a host that has no room for the release says so itself`() async throws {
    let bench = try TestBench()
    let full = Cause(code: .space, step: .receive, text: "7 MB are needed, and 2 MB are free")
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.refusesUpload = full } }
    _ = await ThreeRooms.run(["upgrade", "-y", "-o", "json"], hosts, bench)
    #expect(bench.output.contains(#""code":"space""#) && bench.output.contains(#""step":"receive""#))
    #expect(!bench.output.contains(#""code":"protocol""#))
  }

  private let names = ["veg", "flower", "dry"]

  private func fleet(_ change: (SimulatedFleet) -> Void = { _ in }) -> SimulatedFleet {
    let fleet = SimulatedFleet(names.map { ($0, "4.1.0") })
    change(fleet)
    return fleet
  }

  private func run(
    _ arguments: [String], _ hosts: SimulatedFleet, _ bench: TestBench,
    catalogue: SimulatedCatalogue = SimulatedCatalogue(), answers: [String]? = nil,
    change: (inout Fleet) -> Void = { _ in }
  ) async -> Int32 {
    await FleetProgram.run(
      arguments,
      on: bench.bench(
        fleet: TestFleet.fleet(names, change: change), connector: hosts, catalogue: catalogue,
        answers: answers))
  }

  private func reason(_ code: Cause.Code, _ step: Step) -> Cause {
    Cause(code: code, step: step, text: "because of \(code.rawValue)")
  }

  @Test func `all hosts are upgraded: 0`() async throws {
    let bench = try TestBench()
    let hosts = fleet()
    #expect(await run(["upgrade", "-y", "--track", "v4"], hosts, bench) == 0)
    #expect(hosts.versions().values.allSatisfy { $0 == "4.2.0" })
    #expect(bench.output.contains("All good: veg, flower and dry are on v4.2.0."))
    #expect(bench.errors.contains("inventory: test"))
    let report = try Report(
      decoding: StateFiles.read(bench.store.path(of: bench.store.ids()[0]).appending("report.json")))
    #expect(report.hosts.map(\.outcome) == [.upgraded, .upgraded, .upgraded])
    #expect(report.hosts.allSatisfy { $0.bytesSent == 6_800_000 })
    let job = try bench.store.ids()[0]
    #expect(hosts.agents["veg"]?.read { $0.claims.allSatisfy { $0 == job } && $0.unclaims == [job] } == true)
  }

  @Test func `the listing of what fleet did not install goes along`() async throws {
    let bench = try TestBench()
    let hosts = fleet()
    _ = await run(["upgrade", "-y", "veg"], hosts, bench)
    let agent = try #require(hosts.agents["veg"])
    #expect(agent.read { $0.uploads.count } == 2)
    #expect(agent.read { $0.orders[0].installedListing?.sha256 } == "ab")
  }

  @Test(arguments: [Outcome.refused, .deferred])
  func `an app that is not well is told, whatever its host was left out for`(_ outcome: Outcome) async throws
  {
    let bench = try TestBench()
    let hosts = fleet {
      $0.set("veg") {
        $0.stage = (outcome, Cause(code: .leftBehind, step: .account, text: "files"))
        $0.liesAboutStage = { $0.healthy = false }
      }
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) != 0)
    #expect(bench.output.contains("Unwell before anything was done: veg."), "\(bench.output)")
    #expect(!bench.output.contains("Every reached room runs"))
  }

  @Test func `a host that is rolled back halts: 2, and the others are untouched`() async throws {
    let bench = try TestBench()
    let hosts = fleet {
      $0.set("veg") {
        $0.cutover = .rolledBack
        $0.reason = Cause(code: .prove, step: .prove, text: "503")
      }
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(bench.output.contains("Halted. Every reached room runs; nothing needs you tonight."))
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 0])
  }

  @Test(arguments: [
    (Outcome.failed, Int32(2)), (.rolledBack, 2), (.deferred, 5), (.interrupted, 4),
  ])
  func `one host's outcome at its cutover decides the exit code`(outcome: Outcome, code: Int32) async throws {
    let bench = try TestBench()
    let hosts = fleet {
      $0.set("dry") {
        $0.cutover = outcome
        $0.reason = Cause(code: outcome == .deferred ? .guardSaidNo : .prove, step: .ask, text: "x")
      }
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) == code)
  }

  @Test(arguments: [
    (Outcome.refused, Cause.Code.space, Int32(2)), (.refused, .rehearsal, 2), (.deferred, .notNow, 5),
  ])
  func `one host's outcome in its stage decides the exit code`(
    outcome: Outcome, reason: Cause.Code, code: Int32
  ) async throws {
    let bench = try TestBench()
    let hosts = fleet {
      $0.set("dry") { $0.stage = (outcome, Cause(code: reason, step: .check, text: "x")) }
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) == code)
    #expect(hosts.executions()["dry"] == 0)
    #expect(hosts.executions()["veg"] == (reason == .rehearsal ? 0 : 1))
  }

  @Test func `an unreachable host: 4, and the others are upgraded`() async throws {
    let bench = try TestBench()
    let hosts = fleet { $0.set("flower") { $0.connectError = .unreachable("flower: no route to host") } }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 4)
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 1])
    #expect(bench.output.contains("Not reached: flower; look whether it is on."))
  }

  @Test func `no host is reachable: 4, and no release is fetched`() async throws {
    let bench = try TestBench()
    let hosts = fleet { fleet in
      for name in ["veg", "flower", "dry"] { fleet.set(name) { $0.connectError = .unreachable("gone") } }
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 4)
  }

  @Test func `a host that dies in its cutover is unknown: 4 when it is the last`() async throws {
    let bench = try TestBench()
    let hosts = fleet { $0.set("dry") { $0.diesInCutover = true } }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 4)
    #expect(bench.output.contains("Unknown: dry."))
  }

  @Test func `a connection that breaks in the cutover is made again, and the job runs once`() async throws {
    let bench = try TestBench()
    let hosts = fleet {
      $0.set("veg") {
        $0.breaksInCutover = true
        $0.failedConnections = 4
      }
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 0)
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 1])
    #expect(bench.output.contains("veg: connection lost"))
    #expect(bench.output.contains("veg: heard of again"))
  }

  @Test func `a connection that breaks while staging is made again`() async throws {
    let bench = try TestBench()
    let hosts = fleet {
      $0.set("veg") {
        $0.breaksInStage = true
        $0.failedConnections = 2
      }
    }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 0)
    #expect(hosts.agents["veg"]?.read { $0.stages } == 1)
  }

  @Test func `an order that was lost is given again, and the job runs once`() async throws {
    let bench = try TestBench()
    let hosts = fleet { $0.set("veg") { $0.losesOrder = true } }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 0)
    #expect(hosts.executions()["veg"] == 1)
  }

  @Test func `another coordinator's claim refuses the host: 2`() async throws {
    let bench = try TestBench()
    let other = Claim(
      rollout: "other", who: "you@pc", inventory: "/home/you/rooms", sinceMilliseconds: 0, lifetimeSeconds: 60
    )
    let hosts = fleet { $0.set("dry") { $0.claimedBy = other } }
    #expect(await run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(bench.output.contains("you@pc has it for other of /home/you/rooms since 19"))
  }

  @Test func `a release that is not there: 6`() async throws {
    let bench = try TestBench()
    #expect(await run(["upgrade", "-y", "--to", "4.7.0"], fleet(), bench) == 6)
    let wrong = SimulatedCatalogue(error: .unverified("the tree is another one"))
    #expect(await run(["upgrade", "-y"], fleet(), bench, catalogue: wrong) == 6)
    #expect(bench.errors.contains("the tree is another one"))
  }

  @Test func `without a terminal and without --yes nothing is guessed: 64`() async throws {
    let bench = try TestBench()
    let hosts = fleet()
    #expect(await run(["upgrade"], hosts, bench) == 64)
    #expect(bench.errors.contains("--yes"))
    #expect(hosts.agents["veg"]?.read { $0.claims } == [])
  }

  @Test func `a person who says no changes nothing: 130`() async throws {
    let bench = try TestBench()
    let hosts = fleet()
    #expect(await run(["upgrade"], hosts, bench, answers: ["n"]) == 130)
    #expect(bench.questions == ["Upgrade 3 hosts to v4.2.0? [y/N] "])
    #expect(bench.output.contains("veg     4.1.0  4.2.0"))
    #expect(try bench.store.ids() == [])
    #expect(await run(["upgrade"], hosts, bench, answers: ["y"]) == 0)
  }

  @Test func `crossing a major is said in the question`() async throws {
    let bench = try TestBench()
    #expect(await run(["upgrade", "--to", "5.0.0", "veg"], fleet(), bench, answers: ["no"]) == 130)
    #expect(bench.questions == ["Upgrade 1 host to v5.0.0? This crosses a major. [y/N] "])
    bench.forget()
    let down = ["upgrade", "--to", "4.0.26", "--allow-downgrade", "veg"]
    #expect(await run(down, fleet(), bench, answers: ["no"]) == 130)
    #expect(
      bench.questions == [
        "Downgrade 1 host to v4.0.26? The data is of 4.1.0, which an older version may not understand. [y/N] "
      ])
  }

  /// Of `upgrade` and of `resume`, which goes on after a halt.
  @Test(arguments: [
    (["-y"], true, true), (["-y"], false, false), (["-y", "-q"], true, false), (["-y", "-v"], false, true),
    (["-y", "-o", "json"], true, false),
  ])
  func `with --yes the plan is shown at a terminal, and not to cron`(
    options: [String], isTerminal: Bool, isShown: Bool
  ) async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("dry") { $0.connectError = .unreachable("dry: no route") } }
    for verb in ["upgrade", "resume"] {
      bench.forget()
      let world = bench.bench(
        fleet: TestFleet.fleet(names), connector: hosts, catalogue: SimulatedCatalogue(), canDraw: isTerminal)
      _ = await FleetProgram.run([verb] + options, on: world)
      let plan = bench.output.split(separator: "\n").filter { $0.contains("HOST ") && $0.contains(" TO ") }
      #expect(plan.count == (isShown ? 1 : 0), "\(verb): \(bench.output)")
      #expect(bench.errors.contains("yes (--yes)") == !options.contains("-q"), "\(verb): \(bench.errors)")
      hosts.set("dry") { $0.connectError = nil }
    }
    #expect(hosts.versions().values.allSatisfy { $0 == "4.2.0" })
  }

  @Test func `from cron, with nothing to do, it says nothing: 0`() async throws {
    let bench = try TestBench()
    let hosts = SimulatedFleet(names.map { ($0, "4.2.0") })
    let good = try TestBench()
    #expect(await run(["upgrade", "-y", "-q"], fleet(), good) == 0)
    #expect(good.output + good.errors == "", "nor of a night that went well")
    #expect(await run(["upgrade", "-y", "-q"], hosts, bench) == 0)
    #expect(bench.output == "")
    #expect(bench.errors == "")
    #expect(try bench.store.ids() == [])
  }

  @Test func `quiet still tells what is wrong`() async throws {
    let bench = try TestBench()
    let hosts = fleet { $0.set("veg") { $0.cutover = .rolledBack } }
    #expect(await run(["upgrade", "-y", "-q"], hosts, bench) == 2)
    #expect(bench.output.hasPrefix("Halted."))
  }

  @Test func `json is one object a line, and the last one is the report`() async throws {
    let bench = try TestBench()
    #expect(await run(["upgrade", "-y", "-o", "json"], fleet(), bench) == 0)
    let lines = bench.output.split(separator: "\n")
    #expect(lines.count > 30)
    for line in lines.dropLast() { _ = try EventLine(decoding: line.utf8) }
    #expect(try Report(decoding: lines[lines.count - 1].utf8).exitCode == 0)
  }

  @Test func `Ctrl-C finishes the cutover under way and begins no other: 130`() async throws {
    let bench = try TestBench()
    let gate = Gate()
    let hosts = fleet { $0.set("veg") { $0.gate = gate } }
    async let code = run(["upgrade", "-y"], hosts, bench)
    while hosts.executions()["veg"] == 0 { try await Task.sleep(for: .milliseconds(2)) }
    bench.interrupt()
    while !bench.output.contains("interrupted:") { try await Task.sleep(for: .milliseconds(2)) }
    gate.open()
    #expect(await code == 130)
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 0])
    #expect(hosts.versions()["veg"] == "4.2.0")
  }

  @Test func `the second Ctrl-C lets go at once, and resume follows`() async throws {
    let bench = try TestBench()
    let gate = Gate()
    let hosts = fleet { $0.set("veg") { $0.gate = gate } }
    async let code = run(["upgrade", "-y"], hosts, bench)
    while hosts.executions()["veg"] == 0 { try await Task.sleep(for: .milliseconds(2)) }
    bench.interrupt()
    bench.interrupt()
    #expect(await code == 130)
    #expect(bench.output.contains("Unknown: veg."))
    gate.open()
    let other = try TestBench()
    _ = other
    #expect(await run(["resume", "-y"], hosts, bench) == 0)
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 1])
  }

  @Test func `hosts on two tracks become two rollouts, and the worst code counts`() async throws {
    let bench = try TestBench()
    let hosts = fleet {
      $0.set("dry") { $0.cutover = .deferred }
    }
    let code = await run(
      ["upgrade", "-y"], hosts, bench,
      catalogue: SimulatedCatalogue(tags: ["v4.1.0", "v4.1.1", "v4.2.0"])
    ) { $0.hosts[2].track = "v4.1" }
    #expect(code == 5)
    #expect(try bench.store.ids().count == 2)
    #expect(hosts.versions() == ["veg": "4.2.0", "flower": "4.2.0", "dry": "4.1.0"])
  }

  @Test func `plan and --check change nothing`() async throws {
    let bench = try TestBench()
    let hosts = fleet { $0.set("dry") { $0.connectError = .unreachable("dry: no route") } }
    #expect(await run(["plan"], hosts, bench) == 4)
    #expect(await run(["upgrade", "--check", "veg"], hosts, bench) == 0)
    #expect(await run(["plan", "-o", "json", "veg"], hosts, bench) == 0)
    #expect(bench.output.contains("\"target\":\"4.2.0\""))
    #expect(hosts.agents["veg"]?.read { $0.claims } == [])
    #expect(try bench.store.ids() == [])
  }

  @Test(arguments: [
    (["plan"], "fleet upgrade"), (["plan", "veg", "--limit", "flower"], "fleet upgrade veg flower"),
    (["plan", "--track", "v4", "all:!dry"], "fleet upgrade --track v4 'all:!dry'"),
    (
      ["plan", "--to", "5.0.0", "--leave", "--repair", "veg"], "fleet upgrade --to 5.0.0 --leave --repair veg"
    ),
    (["plan", "--to", "4.0.26", "--allow-downgrade"], "fleet upgrade --to 4.0.26 --allow-downgrade"),
    (["upgrade", "--check", "--retry", "--ignore-window"], "fleet upgrade --retry --ignore-window"),
    (["plan", "-i", "my rooms", "veg"], "fleet upgrade -i 'my rooms' veg"),
  ])
  func `a plan ends with the same for good`(words: [String], next: String) async throws {
    let bench = try TestBench()
    #expect(await run(words, fleet(), bench) == 0)
    #expect(bench.output.hasSuffix("\nnext: \(next)    asks, and then does it\n"), "\(bench.output)")
    bench.forget()
    #expect(await run(words + ["-o", "json"], fleet(), bench) == 0)
    #expect(!bench.output.contains("next"))
  }

  @Test func `where nobody can go, a plan ends with what would let somebody`() async throws {
    let bench = try TestBench()
    let hosts = fleet {
      $0.agents["veg"]?.change {
        $0.status.mark = Mark(
          job: "x", tag: "v4.2.0", reason: reason(.prove, .prove), timeMilliseconds: 0, logPath: "/log")
      }
      $0.set("flower") { $0.connectError = .noAgent("flower: there is no agent yet") }
      $0.set("dry") { $0.connectError = .unreachable("dry: no route") }
    }
    #expect(await run(["plan"], hosts, bench) == 2)
    #expect(bench.output.contains("next: fleet clear veg "), "\(bench.output)")
    #expect(bench.output.contains("      fleet bootstrap flower "), "\(bench.output)")
    #expect(bench.output.contains("      fleet upgrade dry "), "\(bench.output)")
    // Where there is nothing to do there is no next step.
    bench.forget()
    let current = SimulatedCatalogue(tags: ["v4.1.0"])
    #expect(await run(["plan"], fleet(), bench, catalogue: current) == 0)
    #expect(!bench.output.contains("next:"), "\(bench.output)")
  }

  @Test func `a plan says who goes, who does not and why, and what the downtime will be`() async throws {
    let bench = try TestBench()
    let hosts = fleet { $0.set("dry") { $0.connectError = .unreachable("dry: no route to host") } }
    var staged = JobResult(job: "20261122-101500-v4.2.0", from: "4.1.0", target: "4.2.0")
    staged.forecastMilliseconds = 2_140
    hosts.agents["veg"]?.change { [staged] in $0.status.last = staged }
    var last = JobResult(job: "20261101-101500-v4.1.0", outcome: .upgraded, from: "4.0.26", target: "4.1.0")
    last.downtimeMilliseconds = 3_000
    hosts.agents["flower"]?.change { [last] in $0.status.last = last }
    #expect(await run(["plan"], hosts, bench, catalogue: SimulatedCatalogue(fetched: ["v4.1.0"])) == 4)
    #expect(
      bench.output == """
        HOST    FROM   TO     DOWNTIME         NOTE
        veg     4.1.0  4.2.0  about 2.1 s      staged, ready
        flower  4.1.0  4.2.0  3.0 s last time
        dry            -                       unreachable: no route to host
        2 hosts go: the first as canary, then batches of 1.
        v5.0.0 is out on track v5; a major is never crossed by itself.
        next: fleet upgrade    asks, and then does it

        """)
    bench.forget()
    #expect(await run(["plan", "-o", "json"], hosts, bench) == 4)
    #expect(
      bench.output.contains("\"forecast_ms\":2140") && bench.output.contains("\"last_downtime_ms\":3000"))
  }

  @Test func `on a terminal the drawing is taken away again, and the cursor given back`() async throws {
    let bench = try TestBench()
    let code = await FleetProgram.run(
      ["upgrade", "-y"],
      on: bench.bench(
        fleet: TestFleet.fleet(names), connector: fleet(), catalogue: SimulatedCatalogue(), canDraw: true))
    #expect(code == 0)
    #expect(bench.output.contains("\u{1B}[?25l"))
    let after = bench.output.split(separator: "\u{1B}[?25h", maxSplits: 1)
    #expect(after.last?.hasPrefix("All good") == true)
  }
}
