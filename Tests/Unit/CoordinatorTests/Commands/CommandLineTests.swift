import CoordinatorSupport
import SystemPackage
import Testing
import Wire

@testable import Catalogue
@testable import Driver
@testable import Report
@testable import Store
@testable import Inventory
@testable import Coordinator

@Suite struct CommandLineTests {
  private func run(
    _ arguments: [String], _ bench: TestBench, hosts: SimulatedFleet? = nil,
    catalogue: SimulatedCatalogue? = nil, answers: [String]? = nil, fleet: Bool = true
  ) async -> Int32 {
    await FleetProgram.run(
      arguments,
      on: bench.bench(
        fleet: fleet ? TestFleet.fleet(["veg", "flower"]) : nil, connector: hosts, catalogue: catalogue,
        answers: answers))
  }

  private var hosts: SimulatedFleet { SimulatedFleet([("veg", "4.1.0"), ("flower", "4.2.0")]) }

  @Test(arguments: [
    ["nonsense"], ["upgrade", "--track", "four"], ["upgrade", "--to", "new"],
    ["upgrade", "--track", "v4", "--to", "4.2.0"], ["upgrade", "--allow-downgrade"],
    ["upgrade", "-o", "xml"],
    ["fetch"], ["fetch", "--to", "4.2.0", "--track", "v4"], ["logs"], ["logs", "veg", "--lines", "0"],
    ["rollback", "veg", "--to", "4.1.0", "--backup", "x"], ["clear"], ["trust"], ["remove"],
    ["history", "--last", "0"], ["init", "a b"], ["init", "veg=$(reboot)"],
  ])
  func `a wrong command line: 64, before anything is touched`(arguments: [String]) async throws {
    let bench = try TestBench()
    #expect(await run(arguments, bench, fleet: false) == 64)
    #expect(bench.errors != "")
    #expect(bench.output == "")
  }

  /// As other programs have it. Each that all commands take, once; a value may be called as a command is.
  @Test(arguments: [
    (["-i", "status", "plan", "veg"], ["plan", "-i", "status", "veg"]),
    (["--inventory", "rooms", "-v", "plan"], ["plan", "--inventory", "rooms", "-v"]),
    (["--inventory=rooms", "-q", "plan"], ["plan", "--inventory=rooms", "-q"]),
    (["-y", "-o", "json", "upgrade", "-C"], ["upgrade", "-y", "-o", "json", "-C"]),
    (["--yes", "--output=json", "status"], ["status", "--yes", "--output=json"]),
    (
      ["--verbose", "--quiet", "--output", "json", "status"],
      ["status", "--verbose", "--quiet", "--output", "json"]
    ),
    (["plan", "-v"], ["plan", "-v"]),
    (["-i", "rooms", "water"], ["-i", "rooms", "water"]),
    (["-i", "status"], ["-i", "status"]), (["-i"], ["-i"]), ([], []),
    (["-i", "a", "--track", "v4", "plan"], ["-i", "a", "--track", "v4", "plan"]),
    (["-i=a", "plan"], ["-i=a", "plan"]), (["--version"], ["--version"]),
    (["-i", "new", "profile", "-q", "check", "a"], ["profile", "check", "-i", "new", "-q", "a"]),
    (["profile", "-q"], ["profile", "-q"]), (["profile", "--help", "new"], ["profile", "--help", "new"]),
  ])
  func `what all commands take may stand before the command`(arguments: [String], read: [String]) {
    #expect(CommonOptions.behindCommand(arguments, of: FleetProgram.verbs, parts: FleetProgram.parts) == read)
  }

  @Test func `an option before the command is that command's`() async throws {
    let bench = try TestBench()
    #expect(await run(["-o", "json", "words", "canary"], bench, fleet: false) == 0)
    #expect(bench.output.hasPrefix("{") || bench.output.hasPrefix("["), "\(bench.output)")
  }

  @Test(arguments: [
    (["--track", "v4", "plan", "my rooms"], "fleet plan --track v4 'my rooms'"),
    (["-C", "upgrade"], "fleet upgrade -C"),
  ])
  func `another option before the command: says what to type`(arguments: [String], right: String) async throws
  {
    let bench = try TestBench()
    #expect(await run(arguments, bench, fleet: false) == 64)
    #expect(bench.errors.hasSuffix("The command comes first: \(right)\n"))
  }

  @Test(arguments: [
    (["upgrde"], "there is no command \"upgrde\"; did you mean \"fleet upgrade\"?"),
    (["backup", "veg"], "there is no command \"backup\"; did you mean \"fleet backups\"?"),
    (["statsu", "-o", "json"], "there is no command \"statsu\"; did you mean \"fleet status\"?"),
    (["boot"], "there is no command \"boot\"; did you mean \"fleet bootstrap\"?"),
    (["update"], "there is no command \"update\"; did you mean \"fleet upgrade\"?"),
    (["help", "rolback"], "there is no command \"rolback\"; did you mean \"fleet rollback\"?"),
    (["version"], "there is no command \"version\"; did you mean \"fleet --version\"?"),
    (["water"], "there is no command \"water\"; \"fleet --help\" lists them"),
  ])
  func `a command that is none: 64, and the one that was meant`(arguments: [String], says: String)
    async throws
  {
    let bench = try TestBench()
    #expect(await run(arguments, bench, fleet: false) == 64)
    #expect(bench.errors == "fleet: \(says)\n")
  }

  @Test(arguments: [["help"], ["help", "upgrade"], ["--help"]])
  func `help is a result`(arguments: [String]) async throws {
    let bench = try TestBench()
    #expect(await run(arguments, bench, fleet: false) == 0)
    #expect(bench.errors == "" && bench.output.contains("fleet upgrade"))
  }

  @Test func `a host that is not in the inventory: 64`() async throws {
    let bench = try TestBench()
    #expect(await run(["status", "vegg"], bench, hosts: hosts) == 64)
    #expect(bench.errors.contains("did you mean \"veg\""))
  }

  @Test func `every verb explains itself with an example`() async throws {
    for verb in [
      "init", "try", "bootstrap", "trust", "doctor", "remove", "profile", "releases", "plan", "fetch",
      "stage", "upgrade",
      "resume",
      "abort", "status", "report", "history", "logs", "rollback", "backups", "clear", "words",
    ] {
      let bench = try TestBench()
      #expect(await run([verb, "--help"], bench, fleet: false) == 0)
      #expect(bench.output.contains("Example"), "\(verb)")
      #expect(bench.output.contains("fleet \(verb)"), "\(verb)")
    }
    let bench = try TestBench()
    #expect(await run(["--version"], bench, fleet: false) == 0)
    #expect(bench.output == "fleet 0.1.0\n")
    #expect(await run([], bench, fleet: false) == 0)
    #expect(bench.output.contains("fleet upgrade --track v4"))
  }

  @Test func `a wrong inventory: 3`() async throws {
    let bench = try TestBench()
    var world = bench.bench()
    world.loadFleet = { _ in
      throw InventoryErrors([InventoryError(file: "fleet.yaml", line: 3, message: "unknown key \"hots\"")])
    }
    #expect(await FleetProgram.run(["status"], on: world) == 3)
    #expect(bench.errors == "fleet: fleet.yaml:3: unknown key \"hots\"\n")
  }

  @Test func `fleet's own fault: 1`() async throws {
    let bench = try TestBench()
    try StateFiles.write([], to: bench.folder.appending("fleet"))
    let code = await FleetProgram.run(
      ["upgrade", "-y"],
      on: bench.bench(
        fleet: TestFleet.fleet(["veg"]), connector: hosts, catalogue: SimulatedCatalogue()))
    #expect(code == 1)
  }

  @Test(arguments: [["status"], ["plan"], ["upgrade", "-y"]])
  func `what carries a connection is told once, with --verbose`(arguments: [String]) async throws {
    let fleet = SimulatedFleet([("veg", "4.1.0"), ("flower", "4.1.0")])
    fleet.agents["veg"]?.change { $0.conduct.carrier = "your own ssh, for KnownHostsCommand" }
    for verbose in [["-v"], []] {
      let bench = try TestBench()
      _ = await FleetProgram.run(
        arguments + verbose,
        on: bench.bench(
          fleet: TestFleet.fleet(["veg", "flower"]), connector: fleet, catalogue: SimulatedCatalogue()))
      let told = bench.errors.split(separator: "\n").filter { $0.contains("is reached by") }
      #expect(told == (verbose.isEmpty ? [] : ["veg is reached by your own ssh, for KnownHostsCommand"]))
    }
  }

  @Test func `status shows what is there, in text and as JSON`() async throws {
    let bench = try TestBench()
    #expect(await run(["status"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 0)
    #expect(
      bench.output == """
        HOST    VERSION  HEALTH  AVAILABLE  TRACK  AGENT  LAST UPGRADE  FREE  BACKUPS  NOTE
        veg     4.1.0    well    4.2.0      v4     0.1.0                      0
        flower  4.2.0    well    -          v4     0.1.0                      0
        v5.0.0 is out on track v5; a major is never crossed by itself.

        """)
    #expect(bench.waits.first == "asking veg and flower ..." && bench.waits.last == .some(nil))
    bench.forget()
    #expect(await run(["status", "-o", "json"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 0)
    #expect(bench.output.hasPrefix("[{"))
    #expect(bench.output.contains("\"newer_majors\":[{\"track\":\"v5\",\"version\":\"5.0.0\"}]"))
    #expect(bench.waits.isEmpty)
  }

  @Test func `status tells of marks, of what is staged and of the last upgrade`() async throws {
    let bench = try TestBench()
    let hosts = hosts
    let reason = Cause(code: .prove, step: .prove, text: "503\u{1B}[2J")
    hosts.agents["veg"]?.change {
      $0.agentVersion = "0.0.9"
      $0.status.mark = Mark(job: "x", tag: "v4.2.0", reason: reason, timeMilliseconds: 0, logPath: "/log")
      var last = JobResult(
        job: "20261122-101500-v4.2.0.2", outcome: .rolledBack, from: "4.1.0", target: "4.2.0")
      last.reason = reason
      $0.status.last = last
      $0.status.freeBytes = 12_300_000_000
    }
    #expect(await run(["status", "veg"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 2)
    let line = try #require(bench.output.split(separator: "\n").dropFirst().first)
    #expect(
      line == "veg   4.1.0    well    4.2.0      v4     0.0.9  2026-11-22 rolled back  12 GB  0        "
        + "marked by v4.2.0: 503\\u{1b}[2J; the next upgrade brings agent 0.1.0")
  }

  @Test func `an app that is not well is seen by status, plan and upgrade`() async throws {
    let bench = try TestBench()
    let hosts = hosts
    for agent in hosts.agents.values {
      agent.change {
        $0.conduct.unwell = Cause(code: .unhealthy, step: .prove, text: "growroom.service is failed")
        $0.conduct.isUnwellBefore = true
      }
    }
    #expect(await run(["status"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 2)
    #expect(bench.output.contains("veg     4.1.0    UNWELL  4.2.0"), "\(bench.output)")
    bench.forget()
    #expect(await run(["plan"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 2)
    #expect(bench.output.contains("refused: it is not well now: growroom.service is failed; --repair"))
    bench.forget()
    // One would go, one is current: nothing is done, and neither is called well.
    #expect(await run(["upgrade", "-y"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 2)
    #expect(bench.output.contains("Unwell before anything was done: veg and flower."), "\(bench.output)")
    #expect(bench.output.contains("fleet upgrade --repair veg"))
    #expect(bench.output.contains("fleet doctor flower"))
    #expect(hosts.executions().values.allSatisfy { $0 == 0 })
  }

  @Test func `one install under two names: nothing is ordered, and both are told`() async throws {
    let bench = try TestBench()
    let hosts = hosts
    for agent in hosts.agents.values {
      agent.change {
        $0.version = "4.1.0"
        $0.place = InstallPlace(
          bootID: "b", root: "1:1", hostname: "grow-pi", path: "/opt/growroom", install: "1:2",
          state: "1:3 growroom")
      }
    }
    #expect(await run(["upgrade", "-y"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 2)
    #expect(
      bench.output.contains("it is the same install as flower (/opt/growroom on grow-pi)"), "\(bench.output)")
    #expect(bench.output.contains("it is the same install as veg"))
    #expect(hosts.agents.values.allSatisfy { $0.read { $0.claims.isEmpty && $0.stages == 0 } })
    bench.forget()
    #expect(await run(["status"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 2)
    #expect(bench.output.contains("it is the same install as veg"))
  }

  @Test func `status tells why the last upgrade was refused, and which version no profile is for`()
    async throws
  {
    let bench = try TestBench()
    let hosts = hosts
    var last = JobResult(job: "20261122-101500-v4.2.0", outcome: .refused, from: "4.1.0", target: "4.2.0")
    last.reason = Cause(code: .rehearsal, step: .rehearse, text: "NameError: LONGTEXT")
    hosts.agents["veg"]?.change { [last] in $0.status.last = last }
    #expect(await run(["status", "veg"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 0)
    #expect(bench.output.contains("2026-11-22 refused"))
    #expect(bench.output.contains("4.2.0 refused: rehearse: NameError: LONGTEXT\n"))
    bench.forget()
    hosts.agents["veg"]?.change { $0.version = "nonsense" }
    #expect(await run(["status", "veg"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 0)
    let line = bench.output.split(separator: "\n").dropFirst().first ?? ""
    #expect(
      line.contains(
        "what it has (nonsense) is no version that can be ordered: let version: match in the profile read one such as "
          + "4.2.0; or fleet upgrade --to VERSION --allow-downgrade veg, whichever is newer"))
  }

  @Test func `the last upgrade is the last that came to its end, whatever is staged since`() async throws {
    let bench = try TestBench()
    let hosts = hosts
    #expect(await run(["upgrade", "-y", "veg"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 0)
    let newer = SimulatedCatalogue(tags: ["v4.2.0", "v4.3.0"])
    #expect(await run(["stage", "-y"], bench, hosts: hosts, catalogue: newer) == 0)
    bench.forget()
    #expect(await run(["status", "veg"], bench, hosts: hosts, catalogue: newer) == 0)
    #expect(bench.output.contains("2026-11-22 upgraded"), "\(bench.output)")
    #expect(bench.output.contains("staged: 20261122-"))
    bench.forget()
    #expect(await run(["abort", "-y"], bench, hosts: hosts, catalogue: newer) == 0)
    #expect(await run(["status", "veg"], bench, hosts: hosts, catalogue: newer) == 0)
    #expect(
      bench.output.contains("2026-11-22 upgraded"), "what was taken back is no upgrade: \(bench.output)")
    // And nothing but upgrades that stayed is what the next one may take.
    bench.forget()
    #expect(await run(["plan"], bench, hosts: hosts, catalogue: newer) == 0)
    #expect(bench.output.contains("veg     4.2.0  4.3.0  2.1 s last time\n"), "\(bench.output)")
    #expect(bench.output.contains("flower  4.2.0  4.3.0  unknown\n"))
  }

  @Test func `what a failed upgrade took is no forecast`() async throws {
    let bench = try TestBench()
    let hosts = hosts
    hosts.set("veg") {
      $0.cutover = .rolledBack
      $0.reason = Cause(code: .prove, step: .prove, text: "503")
    }
    #expect(await run(["upgrade", "-y", "veg"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 2)
    #expect(await run(["clear", "veg"], bench, hosts: hosts) == 0)
    bench.forget()
    let newer = SimulatedCatalogue(tags: ["v4.1.0", "v4.2.0", "v4.3.0"])
    #expect(await run(["plan", "veg"], bench, hosts: hosts, catalogue: newer) == 0)
    #expect(bench.output.contains("veg   4.1.0  4.3.0  unknown\n"), "\(bench.output)")
    bench.forget()
    #expect(await run(["plan", "veg", "-o", "json"], bench, hosts: hosts, catalogue: newer) == 0)
    #expect(bench.output.contains("\"last_downtime_ms\":null"))
    // An agent of before tells only how the last job rested.
    let last = JobResult(job: "20261122-101500-v4.2.0", outcome: .rolledBack, from: "4.1.0", target: "4.2.0")
    var status = HostStatus(app: "growroom", state: .idle)
    status.last = last
    status.last?.downtimeMilliseconds = 58_900
    #expect(status.lastUpgradeDowntime == nil)
    status.last?.outcome = .upgraded
    #expect(status.lastUpgradeDowntime == 58_900)
  }

  @Test func `status tells whose claim it is, and of a cutover whether somebody follows it`() async throws {
    let bench = try TestBench()
    let hosts = hosts
    func told(_ state: String, _ claim: Claim?) async -> String {
      hosts.agents["veg"]?.change {
        ($0.status.state, $0.status.openJob, $0.status.claim) = (state, state == "idle" ? nil : "j", claim)
      }
      bench.forget()
      _ = await run(["status", "veg"], bench, hosts: hosts, catalogue: SimulatedCatalogue())
      return bench.output
    }
    let other = Claim(
      rollout: "j", who: "you@pc", inventory: nil, sinceMilliseconds: 0, lifetimeSeconds: 60)
    #expect(await told("swapped", other).contains("in its cutover (swapped): j; claimed by you@pc, j"))
    #expect(await told("swapped", nil).contains("in its cutover (swapped): j, fleet resume follows it"))
    #expect(
      await run(["upgrade", "-y", "flower"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 0)
    #expect(await told("begin", other).contains("being staged: j; claimed by you@pc, j"))
    hosts.agents["veg"]?.change { ($0.status.state, $0.status.openJob, $0.status.claim) = ("idle", nil, nil) }
    #expect(await run(["stage", "-y", "veg"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 0)
    let id = try #require(try bench.store.ids().last)
    let own = Claim(
      rollout: id, who: "me@laptop", inventory: nil, sinceMilliseconds: 0, lifetimeSeconds: 60)
    #expect(await told("idle", own).contains("left claimed by me@laptop, \(id): the next run takes it"))
    let (held, _) = try bench.store.open(id)
    #expect(await told("idle", own).contains("; claimed by me@laptop, \(id)") == false)
    #expect(await told("idle", own).contains("claimed by me@laptop, \(id)\n"))
    withExtendedLifetime(held) {}
  }

  @Test func `status does not call it an upgrade when a host was taken back by hand`() async throws {
    let bench = try TestBench()
    let hosts = hosts
    hosts.agents["veg"]?.change {
      $0.status.last = JobResult(
        job: "20261122-101500-v4.1.0", outcome: .upgraded, from: "4.2.0", target: "4.1.0")
    }
    #expect(await run(["status", "veg"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 0)
    #expect(bench.output.contains("2026-11-22 back to 4.1.0"))
  }

  @Test func `status goes without the releases where they cannot be read`() async throws {
    let bench = try TestBench()
    let away = SimulatedCatalogue(error: .source("no address found for api.github.com"))
    #expect(await run(["status"], bench, hosts: hosts, catalogue: away) == 0)
    #expect(bench.output.contains("veg     4.1.0"))
    #expect(bench.errors.contains("which releases there are is not known"))
  }

  @Test func `releases lists the newest of each track, or all of one`() async throws {
    let bench = try TestBench()
    #expect(await run(["releases"], bench, catalogue: SimulatedCatalogue()) == 0)
    #expect(bench.output.contains("v5     v5.0.0  1"))
    #expect(bench.output.contains("v4     v4.2.0  3"))
    bench.forget()
    #expect(await run(["releases", "--track", "v4"], bench, catalogue: SimulatedCatalogue()) == 0)
    #expect(bench.output.contains("v4.0.26") && !bench.output.contains("v5.0.0"))
    #expect(await run(["releases", "--track", "v7"], bench, catalogue: SimulatedCatalogue()) == 6)
  }

  @Test func `a moved tag is refused, and taken with --accept after asking`() async throws {
    let bench = try TestBench()
    let moved = SimulatedCatalogue(moved: ["v4.2.0"])
    #expect(await run(["fetch", "--to", "4.2.0"], bench, catalogue: moved) == 6)
    #expect(await run(["fetch", "--accept", "4.2.0"], bench, catalogue: moved, answers: ["n"]) == 130)
    #expect(await run(["fetch", "--accept", "4.2.0"], bench, catalogue: moved, answers: ["y"]) == 0)
    #expect(bench.errors.contains("was moved"))
  }

  @Test func `logs are shown with their control characters visible`() async throws {
    let bench = try TestBench()
    #expect(await run(["logs", "veg"], bench, hosts: hosts) == 0)
    #expect(bench.output == "one\ntwo\\u{1b}\n")
  }

  @Test func `backups are listed, the newest first`() async throws {
    let bench = try TestBench()
    #expect(await run(["backups", "veg"], bench, hosts: hosts) == 0)
    #expect(bench.output.contains("veg   new     4.1.0    11 h  1.0 MB\nveg   old     4.0.26   3 d   9.0 MB"))
  }

  @Test func `hosts without a backup are named, and are nothing in JSON`() async throws {
    let bench = try TestBench()
    let hosts = hosts
    hosts.agents["flower"]?.change { $0.backups = [] }
    #expect(await run(["backups"], bench, hosts: hosts) == 0)
    #expect(bench.output.hasPrefix("HOST "))
    #expect(bench.output.hasSuffix("\nNo backups yet: flower.\n"))
    bench.forget()
    #expect(await run(["backups", "flower"], bench, hosts: hosts) == 0)
    #expect(bench.output == "No backups yet: flower.\n")
    bench.forget()
    #expect(await run(["backups", "flower", "-o", "json"], bench, hosts: hosts) == 0)
    #expect(bench.output == "[]\n")
  }

  @Test func `a rollback asks, says what becomes of the data, is staged and then cut over`() async throws {
    let bench = try TestBench()
    let hosts = hosts
    #expect(await run(["rollback", "veg"], bench, hosts: hosts, answers: ["n"]) == 130)
    #expect(bench.questions.first?.contains("Roll veg back to 4.1.0 (new)?") == true)
    #expect(
      bench.questions.first?.contains(
        "What was written since (less than a day) stays in the backup that is made of what runs now, and the app "
          + "will not have it.") == true, "\(bench.questions)")
    #expect(await run(["rollback", "veg", "--to", "4.0.26", "-y"], bench, hosts: hosts) == 0)
    #expect(
      bench.output.contains(
        "what 4.1.0 wrote into the install lies in /var/backups/App-backup-4.1.0, and the running app does not"
      ))
    #expect(hosts.executions()["veg"] == 1)
    #expect(await run(["rollback", "veg", "--to", "3.0.0", "-y"], bench, hosts: hosts) == 64)
  }

  /// How the job ended, what is said of it, and the exit code.
  private static let rollbacks: [(outcome: Outcome, says: String, exit: Int32)] = [
    (.restored, "Back: veg is on 4.0.26.", 0), (.upgraded, "Back: veg is on 4.0.26.", 0),
    (.rolledBack, "Not restored: veg.", 2), (.failed, "NEEDS HANDS: veg is down", 2),
    (.refused, "Not restored: veg.", 2), (.deferred, "Not restored: veg.", 5),
    (.interrupted, "Not restored: veg.", 4),
  ]

  @Test(arguments: rollbacks.indices) func `a rollback that came back to what was to be left is no success`(
    _ index: Int
  ) async throws {
    let bench = try TestBench()
    let hosts = hosts
    let now = Self.rollbacks[index]
    hosts.set("veg") {
      $0.rollback = now.outcome
      if !now.outcome.isCommitted {
        $0.reason = Cause(code: .prove, step: .prove, text: "the backup is not well")
      }
    }
    let code = await run(["rollback", "veg", "--to", "4.0.26", "-y"], bench, hosts: hosts)
    #expect(code == now.exit)
    #expect(bench.output.contains(now.says), "\(bench.output)")
    #expect(bench.output.contains("the backup is not well") == (now.exit != 0))
  }

  @Test func `a rollback is drawn on a terminal, and the drawing taken away`() async throws {
    let bench = try TestBench()
    let world = bench.bench(fleet: TestFleet.fleet(["veg", "flower"]), connector: hosts, canDraw: true)
    #expect(await FleetProgram.run(["rollback", "veg", "-y"], on: world) == 0)
    var screen = ScreenDouble(width: 100, height: 30)
    screen.take(bench.output.replacing("\n", with: "\r\n"))
    #expect(bench.output.contains("Rolling back to new"))
    #expect(screen.lines.first == "Back: veg is on 4.1.0.", "\(screen.lines)")
    #expect(!screen.lines.contains { $0.contains("Rolling back") }, "\(screen.lines)")
  }

  @Test func `report and history read what was kept`() async throws {
    let bench = try TestBench()
    #expect(await run(["report"], bench) == 64)
    #expect(await run(["upgrade", "-y"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 0)
    let id = try #require(try bench.store.ids().first)
    #expect(bench.store.lastInventories() == [TestFleet.fleet(["veg"]).folder])
    bench.forget()
    #expect(await run(["report"], bench) == 0)
    #expect(bench.output.contains("All good: veg is on v4.2.0."))
    bench.forget()
    #expect(await run(["report", id, "-o", "json"], bench) == 0)
    #expect(try Report(decoding: bench.output.utf8.dropLast()).rollout == id)
    #expect(await run(["report", "../../etc/passwd"], bench) == 64)
    let page = bench.folder.appending("page.html")
    #expect(await run(["report", "--html", page.string], bench) == 0)
    let kept = try StateFiles.read(bench.store.path(of: id).appending("report.html"))
    #expect(try StateFiles.read(page) == kept)
    #expect(String(decoding: kept, as: UTF8.self).contains("<h1>All good: veg is on v4.2.0.</h1>"))
    bench.forget()
    #expect(await run(["report", "--html", "-"], bench) == 0)
    #expect(bench.output == String(decoding: kept, as: UTF8.self))
    bench.forget()
    #expect(await run(["history"], bench) == 0)
    let lines = bench.output.split(separator: "\n")
    #expect(
      lines.first
        == "STARTED           RELEASE  OUTCOME  UPGRADED  DOWNTIME  TOOK  ROLLOUT                 NOTE")
    // How long it took is this machine's business.
    #expect(
      lines.count > 1 && lines[1].hasPrefix("2026-11-22 10:15  v4.2.0   done     1 of 2    2.1 s     "))
    #expect(lines.count > 1 && lines[1].hasSuffix(id))
  }

  @Test func `history says where a rollout did not reach, and names resume only where it would do something`()
    async throws
  {
    let bench = try TestBench()
    let hosts = SimulatedFleet([("veg", "4.1.0"), ("flower", "4.1.0")])
    let reason = Cause(code: .install, step: .check, text: "it is a mount point")
    for name in ["veg", "flower"] { hosts.agents[name]?.change { $0.conduct.stage = (.refused, reason) } }
    #expect(await run(["upgrade", "-y"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 2)
    #expect(bench.output.contains("Nothing was upgraded: veg and flower were refused."))
    bench.forget()
    #expect(await run(["history"], bench) == 0)
    #expect(bench.output.contains("  not everywhere  0 of 2 "))
    #expect(!bench.output.contains("resume"))

    hosts.agents["veg"]?.change {
      $0.conduct.stage = (.deferred, Cause(code: .notNow, step: .check, text: "dark"))
    }
    #expect(await run(["resume", "-y"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 2)
    bench.forget()
    #expect(await run(["history"], bench) == 0)
    #expect(bench.output.contains("open: fleet resume"))
  }
}
