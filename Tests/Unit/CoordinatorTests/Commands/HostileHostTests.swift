import CoordinatorSupport
import SystemPackage
import Testing
import Wire

@testable import Inventory
@testable import Driver
@testable import Rollout
@testable import Store
@testable import Report
@testable import Coordinator

/// One host's agent plays false: what is said, the outcome, the exit code and what to do next agree, and the others
/// are served.
@Suite struct HostileHostTests {
  private func report(_ bench: TestBench) throws -> Report {
    let id = try #require(try bench.store.ids().last)
    return try Report(decoding: StateFiles.read(bench.store.path(of: id).appending("report.json")))
  }

  private static let lies: [(String, @Sendable (inout JobResult) -> Void)] = [
    ("9.9.9 runs there, not 4.2.0", { $0.now = "9.9.9" }),
    ("not which version runs", { $0.now = nil }),
    ("its app is not well", { $0.healthy = false }),
    ("reports on the job 20250101-000000-v1.0.0", { $0.job = "20250101-000000-v1.0.0" }),
    ("reports on 1.0.0, and 4.2.0 was ordered", { $0.target = "1.0.0" }),
    ("it had 3.0.0", { $0.from = "3.0.0" }),
    ("no job ends so", { $0.outcome = .current }),
    ("no job ends so", { $0.outcome = .untouched }),
    ("rolled back, and that 4.2.0 runs there", { $0.outcome = .rolledBack }),
  ]

  @Test(arguments: lies.indices)
  func `a lie about a cutover is unknown, and never all good`(index: Int) async throws {
    let (words, lie) = Self.lies[index]
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("flower") { $0.lies = lie } }
    let code = await ThreeRooms.run(["upgrade", "-y", "--track", "v4"], hosts, bench) {
      $0.policy.maxFailures = 1
    }
    #expect(code == RunExit.unreachable.rawValue)
    let report = try report(bench)
    #expect(report.hosts.map(\.outcome) == [.upgraded, .unknown, .upgraded])
    #expect(report.exitCode == code)
    #expect(report.hosts[1].reason?.code == .notBelieved)
    #expect(report.hosts[1].reason?.text.contains(words) == true, "\(report.hosts[1].reason?.text ?? "")")
    #expect(report.hosts[1].now?.version == nil && report.hosts[1].downtimeMs == nil)
    let title = ReportText(report).title
    #expect(title.hasPrefix("Not everywhere yet: veg and dry are on v4.2.0."))
    #expect(title.hasSuffix("Unknown: flower."))
    #expect(!bench.output.contains("All good") && !title.contains("Every reached room runs"))
    #expect(NextSteps(report).lines.map(\.command) == ["fleet status flower", "fleet resume"])
  }

  @Test func `a canary that lies halts: 2`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.lies = { $0.now = "9.9.9" } } }
    #expect(
      await ThreeRooms.run(["upgrade", "-y", "--track", "v4"], hosts, bench) == RunExit.failed.rawValue)
    let report = try report(bench)
    #expect(report.hosts.map(\.outcome) == [.unknown, .untouched, .untouched])
    #expect(ReportText(report).title == "Halted. Unknown: veg.")
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 0])
  }

  @Test func `where nothing is known of the only host, there is not nothing to do: 4`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.liesAboutStage = { $0.now = "9.9.9" } } }
    #expect(await ThreeRooms.run(["upgrade", "-y", "veg"], hosts, bench) == RunExit.unreachable.rawValue)
    #expect(ReportText(try report(bench)).title == "Not everywhere yet. Unknown: veg.")
  }

  @Test func `a lie about a stage is unknown, and the others go on: 4`() async throws {
    let lies: [@Sendable (inout JobResult) -> Void] = [
      {
        $0.outcome = .upgraded
        $0.now = "4.2.0"
      },
      { $0.job = "another" }, { $0.target = "1.0.0" }, { $0.outcome = .current }, { $0.now = "9.9.9" },
    ]
    for lie in lies {
      let bench = try TestBench()
      let hosts = ThreeRooms.fleet { $0.set("veg") { $0.liesAboutStage = lie } }
      #expect(
        await ThreeRooms.run(["upgrade", "-y", "--track", "v4"], hosts, bench) == RunExit.unreachable.rawValue
      )
      let report = try report(bench)
      #expect(report.hosts.map(\.outcome) == [.unknown, .upgraded, .upgraded])
      #expect(report.hosts[0].reason?.code == .notBelieved)
      #expect(hosts.executions() == ["veg": 0, "flower": 1, "dry": 1])
    }
  }

  @Test(arguments: [
    "soaked", "plan_approved", "plan_declined", "finished", "closed", "resumed", "interrupted", "begun",
    "cleared", "order_expired", "connection_lost", "found_going_back", "host_probed", "rollout", "soaking",
    "suspected",
    "uploaded", "stage_began",
  ])
  func `an agent's event cannot pass for one of the rollout's own`(name: String) async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet {
      $0.set("veg") {
        $0.alsoSays = [
          JobEvent(
            event: JobEvent.Name(rawValue: name), ok: true, milliseconds: .max, done: .max, total: .max,
            text: "flower")
        ]
      }
    }
    #expect(await ThreeRooms.run(["upgrade", "-y", "--track", "v4"], hosts, bench) == 0)
    let report = try report(bench)
    #expect(report.hosts.map(\.outcome) == [.upgraded, .upgraded, .upgraded])
    #expect(report.hosts[0].bytesSent == 6_800_000)
    let log = try StateFiles.read(bench.store.path(of: report.rollout).appending("events.jsonl"))
    let lines = StateFiles.lines(log)
    #expect(lines.contains { $0.event == "other_event" && $0.host == "veg" })
    #expect(lines.count { $0.event == "finished" } == 1)
  }

  // MARK: Without end

  @Test func `a stage that never ends is unknown, and the others go on: 4`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.neverEndsStage = true } }
    #expect(
      await ThreeRooms.run(["upgrade", "-y", "--track", "v4"], hosts, bench) == RunExit.unreachable.rawValue)
    let report = try report(bench)
    #expect(report.hosts.map(\.outcome) == [.unknown, .upgraded, .upgraded])
    #expect(report.hosts[0].reason?.text.contains("longer than any job may") == true)
  }

  @Test func `a cutover that never ends is unknown, and the others go on where one may fail: 4`() async throws
  {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("flower") { $0.neverEndsCutover = true } }
    let code = await ThreeRooms.run(["upgrade", "-y", "--track", "v4"], hosts, bench) {
      $0.policy.maxFailures = 1
    }
    #expect(code == RunExit.unreachable.rawValue)
    #expect(try report(bench).hosts.map(\.outcome) == [.upgraded, .unknown, .upgraded])
  }

  @Test func `a host that told the truth later is believed then`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.neverEndsStage = true } }
    #expect(
      await ThreeRooms.run(["upgrade", "-y", "--track", "v4"], hosts, bench) == RunExit.unreachable.rawValue)
    hosts.set("veg") { $0.neverEndsStage = false }
    #expect(await ThreeRooms.run(["resume", "-y"], hosts, bench) == 0)
    #expect(try report(bench).hosts.map(\.outcome) == [.upgraded, .upgraded, .upgraded])
  }

  @Test func `numbers of a host that cannot be end no command`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { hosts in
      for name in ThreeRooms.names {
        hosts.set(name) {
          $0.lies = {
            ($0.downtimeMilliseconds, $0.rehearsalMilliseconds, $0.rowsDiscarded) = (.max, .min, .max)
            $0.steps = [.max, .min, -1, .max].map { StepRecord(step: .migrate, milliseconds: $0, ok: true) }
          }
          $0.alsoSays = [
            JobEvent(event: .stepProgress, step: .receive, done: .max, total: .max),
            JobEvent(timeMilliseconds: .min, event: .up, milliseconds: .max),
          ]
        }
        hosts.agents[name]?.change {
          $0.backups = [.max, .min, -1, 0].map {
            Backup(name: "new", version: "4.1.0", tag: nil, timeMilliseconds: $0, bytes: $0)
          }
          ($0.status.freeBytes, $0.status.installedSecondsAgo, $0.status.backups) = (.min, .max, .min)
        }
      }
    }
    for arguments in [
      ["plan"], ["upgrade", "-y", "--track", "v4"], ["status"], ["report"], ["history"], ["backups"],
      ["resume", "-y"], ["rollback", "veg", "-y"],
    ] {
      let code = await ThreeRooms.run(arguments, hosts, bench)
      #expect(code == 0, "\(arguments): \(bench.errors)")
    }
  }

  // MARK: Claims and rollbacks

  private let no = Cause(code: .space, step: .check, text: "there is no room")

  @Test func `a rollback that is refused gives its claim back: 2`() async throws {
    for isStaged in [false, true] {
      let bench = try TestBench()
      let hosts = ThreeRooms.fleet { hosts in
        hosts.set("veg") { if isStaged { $0.refusesCutover = no } else { $0.refusesRollback = no } }
      }
      #expect(await ThreeRooms.run(["rollback", "veg", "-y"], hosts, bench) == 2)
      let agent = try #require(hosts.agents["veg"])
      #expect(agent.read { !$0.claims.isEmpty && Set($0.unclaims) == Set($0.claims) })
    }
  }

  @Test func `a rollback whose end is not heard of is unknown, and open: 4`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.neverEndsCutover = true } }
    #expect(await ThreeRooms.run(["rollback", "veg", "-y"], hosts, bench) == 4)
    #expect(hosts.agents["veg"]?.read { $0.cancelled } == [], "what is under way is not taken back")
    bench.forget()
    #expect(await ThreeRooms.run(["history"], hosts, bench) == 0)
    #expect(bench.output.contains("veg, by hand; open: fleet resume"), "\(bench.output)")
  }

  @Test func `a rollback that ended elsewhere than was ordered is no rollback: 4`() async throws {
    let lies: [@Sendable (inout JobResult) -> Void] = [
      { $0.now = "9.9.9" }, { $0.target = "9.9.9" }, { $0.job = "another" }, { $0.now = nil },
    ]
    for lie in lies {
      let bench = try TestBench()
      let hosts = ThreeRooms.fleet { $0.set("veg") { $0.lies = lie } }
      #expect(await ThreeRooms.run(["rollback", "veg", "--to", "4.0.26", "-y"], hosts, bench) == 4)
      #expect(
        !bench.output.contains("Back:") && bench.output.contains("How it ended is not known. Unknown: veg."))
      #expect(bench.output.contains("it is not believed") && bench.output.contains("next: fleet status veg"))
    }
  }

  @Test func `a claim whose answer was lost is given back`() async throws {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("veg") { $0.lostClaimAnswers = 1_000 } }
    _ = await ThreeRooms.run(["upgrade", "-y", "veg"], hosts, bench)
    let agent = try #require(hosts.agents["veg"])
    #expect(agent.read { !$0.claims.isEmpty && $0.unclaims.last == $0.claims.last })
  }
}
