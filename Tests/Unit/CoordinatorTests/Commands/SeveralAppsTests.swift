import CoordinatorSupport
import Testing
import Wire

@testable import Hosts
@testable import Inventory
@testable import Coordinator

/// One inventory of two apps: growroom on veg and flower, mycodo on flower and dry.
@Suite struct SeveralAppsTests {
  private static let apps = ["growroom", "mycodo"]

  private static func fleet(_ app: String) -> Fleet {
    TestFleet.fleet(app == "growroom" ? ["veg", "flower"] : ["flower", "dry"]) {
      $0.app = app
      $0.apps = apps
      $0.elsewhere = app == "growroom" ? ["dry"] : ["veg"]
    }
  }

  private func run(_ words: [String], _ hosts: SimulatedFleet, _ bench: TestBench) async -> Int32 {
    var world = bench.bench(connector: hosts, catalogue: SimulatedCatalogue())
    world.loadFleet = { choice in
      guard let app = choice.app else {
        var errors = InventoryErrors([InventoryError(file: "fleet.yaml", message: "it is of two")])
        errors.appsToChooseFrom = Self.apps
        throw errors
      }
      return LoadedFleet(fleet: Self.fleet(app), origin: "inventory: test")
    }
    return await FleetProgram.run(words, on: world)
  }

  @Test func `who acts has to say on which, and is told how`() async throws {
    for words in [
      ["upgrade", "-y"], ["rollback", "veg"], ["resume"], ["clear", "veg"], ["stage"], ["report"],
    ] {
      let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
      #expect(await run(words + ["-i", "my rooms"], hosts, bench) == 64)
      let verb = words[0]
      #expect(
        bench.errors
          == "fleet: the inventory is of growroom and mycodo. Which one? fleet \(verb) -i 'my rooms' --app growroom, "
          + "or: fleet \(verb) -i 'my rooms' --app mycodo\n")
      #expect(bench.output.isEmpty && hosts.executions().values.allSatisfy { $0 == 0 })
    }
  }

  @Test func `who looks sees all of them, and for a program says which`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    #expect(await run(["status"], hosts, bench) == 0)
    let parts = bench.output.split(separator: "== ").map { $0.split(separator: "\n") }
    try #require(parts.count == 2)
    #expect(parts[0].first == "growroom" && parts[1].first == "mycodo")
    #expect(parts[0].contains { $0.hasPrefix("flower") } && parts[0].contains { $0.hasPrefix("veg") })
    #expect(parts[1].contains { $0.hasPrefix("flower") } && parts[1].contains { $0.hasPrefix("dry") })
    bench.forget()
    #expect(await run(["status", "-o", "json"], hosts, bench) == 64)
    #expect(bench.output.isEmpty)
    #expect(await run(["status", "-o", "json", "--app", "mycodo"], hosts, bench) == 0)
  }

  @Test func `a host that is named is looked at where it is`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    #expect(await run(["status", "dry"], hosts, bench) == 0)
    #expect(bench.output.hasPrefix("== growroom\nnone of these hosts\n\n== mycodo\n"))
    bench.forget()
    #expect(await run(["status", "drx"], hosts, bench) == 64)
    #expect(bench.errors.contains("no host or group is called \"drx\""))
    bench.forget()
    #expect(await run(["upgrade", "-y", "dry", "--app", "growroom"], hosts, bench) == 64)
    #expect(bench.errors.contains("fleet: \"dry\": that is no host that runs this app"))
  }

  @Test func `the worst of them is how it ended`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    hosts.set("dry") { $0.connectError = .unreachable("dry: no route to host") }
    #expect(await run(["status"], hosts, bench) == 4)
    hosts.set("dry") { $0.connectError = nil }
    hosts.set("veg") { $0.connectError = .unreachable("veg: no route to host") }
    #expect(await run(["status"], hosts, bench) == 4)
  }

  @Test func `a rollout is of one, and what is to be typed next names it`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    hosts.set("veg") {
      $0.cutover = .rolledBack
      $0.reason = Cause(code: .prove, step: .prove, text: "it answers 503")
    }
    #expect(await run(["upgrade", "-y", "--app", "growroom"], hosts, bench) == 2)
    #expect(hosts.executions()["dry"] == 0 && hosts.versions()["dry"] == "4.1.0")
    #expect(bench.output.contains("next: fleet logs --app growroom veg "), "\(bench.output)")
    #expect(bench.output.contains("fleet clear --app growroom veg"))

    // The other app has no rollout yet, and nothing that is open.
    bench.forget()
    #expect(await run(["report", "--app", "mycodo"], hosts, bench) == 64)
    #expect(bench.errors.contains("there was no rollout yet"))
    bench.forget()
    #expect(await run(["resume", "-y", "--app", "mycodo"], hosts, bench) != 2)
    #expect(hosts.executions()["dry"] == 0)
    bench.forget()
    #expect(await run(["upgrade", "-y", "--app", "mycodo", "dry"], hosts, bench) == 0)
    #expect(hosts.versions()["dry"] == "4.2.0")

    // Each has its own last one.
    for (app, tells) in [("growroom", "rolled back"), ("mycodo", "upgraded")] {
      bench.forget()
      _ = await run(["report", "--app", app], hosts, bench)
      #expect(bench.output.contains(tells), "\(bench.output)")
      bench.forget()
      #expect(await run(["history", "--app", app], hosts, bench) == 0)
      #expect(bench.output.split(separator: "\n").count == 2, "\(bench.output)")
    }
    bench.forget()
    #expect(await run(["status", "--app", "growroom", "@failed"], hosts, bench) == 2)
    #expect(await run(["status", "--app", "mycodo", "@failed"], hosts, bench) == 64)
  }

  @Test func `--app stands before the command, too`() async throws {
    let (bench, hosts) = (try TestBench(), ThreeRooms.fleet())
    #expect(await run(["--app", "mycodo", "status"], hosts, bench) == 0)
    #expect(!bench.output.contains("veg"))
  }
}
