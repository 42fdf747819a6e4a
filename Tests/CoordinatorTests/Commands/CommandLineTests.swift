import SystemPackage
import Testing
import Wire

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

  @Test func `a host that is not in the inventory: 64`() async throws {
    let bench = try TestBench()
    #expect(await run(["status", "vegg"], bench, hosts: hosts) == 64)
    #expect(bench.errors.contains("did you mean \"veg\""))
  }

  @Test func `every verb explains itself with an example`() async throws {
    for verb in [
      "init", "bootstrap", "trust", "doctor", "remove", "releases", "plan", "fetch", "stage", "upgrade",
      "resume",
      "abort", "status", "report", "history", "logs", "rollback", "backups", "clear",
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

  @Test func `status shows what is there, in text and as JSON`() async throws {
    let bench = try TestBench()
    #expect(await run(["status"], bench, hosts: hosts) == 0)
    #expect(bench.output.contains("veg     4.1.0    idle"))
    bench.forget()
    #expect(await run(["status", "-o", "json"], bench, hosts: hosts) == 0)
    #expect(bench.output.hasPrefix("[{"))
  }

  @Test func `releases lists the newest of each track, or all of one`() async throws {
    let bench = try TestBench()
    #expect(await run(["releases"], bench, catalogue: SimulatedCatalogue()) == 0)
    #expect(bench.output.contains("v5     v5.0.0   1"))
    #expect(bench.output.contains("v4     v4.2.0   3"))
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
    #expect(bench.output.contains("veg   new     4.1.0    1.0 MB\nveg   old     4.0.26   9.0 MB"))
  }

  @Test func `a rollback asks, says what is set aside, is staged and then cut over`() async throws {
    let bench = try TestBench()
    let hosts = hosts
    #expect(await run(["rollback", "veg"], bench, hosts: hosts, answers: ["n"]) == 130)
    #expect(bench.questions.first?.contains("Roll veg back to 4.1.0 (new)?") == true)
    #expect(bench.questions.first?.contains("is set aside") == true)
    #expect(await run(["rollback", "veg", "--to", "4.0.26", "-y"], bench, hosts: hosts) == 0)
    #expect(hosts.executions()["veg"] == 1)
    #expect(await run(["rollback", "veg", "--to", "3.0.0", "-y"], bench, hosts: hosts) == 64)
  }

  @Test func `report and history read what was kept`() async throws {
    let bench = try TestBench()
    #expect(await run(["report"], bench) == 64)
    #expect(await run(["upgrade", "-y"], bench, hosts: hosts, catalogue: SimulatedCatalogue()) == 0)
    let id = try #require(try bench.store.ids().first)
    bench.forget()
    #expect(await run(["report"], bench) == 0)
    #expect(bench.output.contains("All good: veg is on v4.2.0."))
    bench.forget()
    #expect(await run(["report", id, "-o", "json"], bench) == 0)
    #expect(try Report(decoding: bench.output.utf8.dropLast()).rollout == id)
    #expect(await run(["report", "../../etc/passwd"], bench) == 64)
    bench.forget()
    #expect(await run(["history"], bench) == 0)
    #expect(bench.output.contains("\(id)  done     1 of 2"))
  }

  @Test func `init writes an inventory that can be read, and never over another`() async throws {
    let bench = try TestBench()
    #expect(await run(["init", "veg=192.168.1.21", "flower=me@flower.local"], bench, fleet: false) == 0)
    let path = bench.folder.appending(".config").appending("fleet").appending("fleet.yaml")
    let text = String(decoding: try StateFiles.read(path), as: UTF8.self)
    #expect(text == "app: mycodo\nhosts:\n  veg: \"192.168.1.21\"\n  flower: \"me@flower.local\"\n")
    #expect(await run(["init", "veg"], bench, fleet: false) == 64)
    #expect(String(decoding: try StateFiles.read(path), as: UTF8.self) == text)
  }
}
