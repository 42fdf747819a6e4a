import CoordinatorSupport
import Foundation
import Testing
import Wire

@testable import Inventory
@testable import Hosts
@testable import Catalogue
@testable import Coordinator

/// What is said of a room is what is seen of it now, also where nothing new is begun there.
@Suite struct SeenNowTests {
  private let unwell = Cause(code: .unhealthy, step: .prove, text: "growroom.service is inactive")

  /// veg and flower are upgraded, dry is away: the rollout stays open. Then veg turns unwell.
  private func openRollout() async throws -> (SimulatedFleet, TestBench) {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet { $0.set("dry") { $0.connectError = .unreachable("dry: no route") } }
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench) == 4)
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 0])
    hosts.set("veg") { $0.unwell = unwell }
    bench.forget()
    return (hosts, bench)
  }

  @Test(arguments: [
    ["resume", "-y"], ["upgrade", "-y"], ["upgrade", "-y", "veg"], ["upgrade", "-y", "--repair", "veg"],
  ])
  func `a room that turned unwell since is told where an open rollout is gone on with`(_ words: [String])
    async throws
  {
    let (hosts, bench) = try await openRollout()
    #expect(await ThreeRooms.run(words, hosts, bench) == 2, "\(bench.output)")
    let title = bench.output.split(separator: "\n").first { $0.contains("nwell") } ?? ""
    #expect(
      title.contains("nwell") && title.contains("veg") && !title.contains("Every reached room runs"),
      "\(bench.output)")
    #expect(bench.output.contains("fleet doctor veg"), "\(bench.output)")
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 0])
  }

  @Test func `one that turned unwell, or is away now, keeps nobody calm where others go on`() async throws {
    for isAway in [false, true] {
      let (hosts, bench) = try await openRollout()
      hosts.set("dry") { $0.connectError = nil }
      if isAway { hosts.set("veg") { $0.connectError = .unreachable("veg: no route") } }
      #expect(await ThreeRooms.run(["resume", "-y"], hosts, bench) == (isAway ? 4 : 2), "\(bench.output)")
      #expect(hosts.executions()["dry"] == 1)
      #expect(
        !bench.output.contains("All good") && !bench.output.contains("Every reached room runs"),
        "\(bench.output)")
      let told =
        isAway ? "Upgraded: veg, flower and dry are on v4.2.0. Not reached: veg;" : "Unwell now: veg."
      #expect(bench.output.contains(told), "\(bench.output)")
    }
  }

  @Test func `a room that was taken out of the inventory is told as that`() async throws {
    let (hosts, bench) = try await openRollout()
    let code = await FleetProgram.run(
      ["resume", "-y"],
      on: bench.bench(
        fleet: TestFleet.fleet(["veg", "flower"]), connector: hosts, catalogue: SimulatedCatalogue()))
    #expect(code == 2, "\(bench.output)")
    #expect(
      bench.errors.contains(
        "No more in fleet.yaml, and not asked: dry;  fleet abort ends the rollout without."),
      "\(bench.errors)")
  }

  @Test func `a room that runs is told as that, and what is away can go on`() async throws {
    let (hosts, bench) = try await openRollout()
    hosts.set("veg") { $0.unwell = nil }
    hosts.set("dry") { $0.connectError = nil }
    #expect(await ThreeRooms.run(["resume", "-y"], hosts, bench) == 0, "\(bench.output)")
    #expect(bench.output.contains("All good: veg, flower and dry are on v4.2.0."))
  }

  @Test(arguments: [["plan"], ["upgrade", "--check"]])
  func `a current room that is not well is not nothing to do`(_ words: [String]) async throws {
    let (hosts, bench) = try await openRollout()
    #expect(await ThreeRooms.run(words + ["veg", "flower"], hosts, bench) == 2, "\(bench.output)")
    #expect(bench.output.contains("Nothing to upgrade; unwell: veg."), "\(bench.output)")
    #expect(bench.output.contains("fleet doctor veg"), "\(bench.output)")
  }

  @Test func `status of an install that is gone is no success`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    hosts.agents["veg"]?.change { $0.version = nil }
    #expect(await ThreeRooms.run(["status", "veg"], hosts, bench) == 2, "\(bench.output)")
    #expect(await ThreeRooms.run(["status", "flower"], hosts, bench) == 0)
  }

  // MARK: who keeps others from going

  @Test(arguments: [["plan"], ["upgrade"], ["upgrade", "-y"], ["resume"], ["resume", "-y"]])
  func `nobody goes before a canary that is marked, nobody is asked, and it is said`(_ words: [String])
    async throws
  {
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet {
      $0.set("veg") {
        ($0.cutover, $0.reason) = (.rolledBack, Cause(code: .prove, step: .prove, text: "it answers 503"))
      }
    }
    func run(_ words: [String]) async -> Int32 {
      await ThreeRooms.run(words, hosts, bench) { $0.policy.canary = .hosts(["veg"]) }
    }
    #expect(await run(["upgrade", "-y"]) == 2)
    bench.forget()
    #expect(await run(words) == 2, "\(bench.output) \(bench.errors)")
    let told = bench.output + bench.errors
    if words == ["plan"] {
      // Once, and not for each that waits.
      #expect(told.lowercased().ranges(of: "nobody goes before").count == 1, "\(told)")
      #expect(
        told.ranges(of: "untouched").count == 2 && told.contains("waits for the canary"), "\(words) \(told)")
    }
    #expect(!bench.questions.contains { $0.contains("Upgrade ") }, "\(bench.questions)")
    if words.contains("-y") {
      #expect(told.contains("with --yes it goes nowhere by itself"), "\(told)")
    } else {
      #expect(
        told.lowercased().contains("nobody goes before the canary veg, which does not (refused: marked"),
        "\(told)")
    }
    #expect(hosts.executions() == ["veg": 1, "flower": 0, "dry": 0])
  }

  @Test func `a canary that is held keeps the others, which is told each night and is no success`()
    async throws
  {
    for words in [["upgrade", "-y", "-q"], ["upgrade", "-y"], ["plan"]] {
      let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
      let code = await ThreeRooms.run(words, hosts, bench) {
        $0.policy.canary = .hosts(["veg"])
        $0.hosts[0].hold = true
      }
      #expect(code == 2, "\(words): \(bench.output)")
      #expect(
        (bench.output + bench.errors).lowercased().ranges(of: "nobody goes before the canary veg").count == 1,
        "\(words): \(bench.output)")
      #expect(hosts.executions() == ["veg": 0, "flower": 0, "dry": 0])
    }
  }

  @Test func `a canary that could not go first goes first the next time, too, or nobody goes`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    let missing = Cause(code: .packages, step: .check, text: "these Debian packages are missing: x")
    hosts.set("veg") { $0.stage = (.refused, missing) }
    func run(_ words: [String]) async -> Int32 {
      bench.forget()
      return await ThreeRooms.run(words, hosts, bench) { $0.policy.canary = .hosts(["veg"]) }
    }
    for words in [["upgrade", "-y"], ["upgrade", "-y"], ["resume", "-y"], ["upgrade", "-y"]] {
      #expect(await run(words) == 2, "\(words): \(bench.output) \(bench.errors)")
      #expect(hosts.executions() == ["veg": 0, "flower": 0, "dry": 0], "\(words): \(bench.output)")
    }
    hosts.set("veg") { $0.stage = nil }
    #expect(await run(["upgrade", "-y"]) == 0, "\(bench.output) \(bench.errors)")
    let orders = bench.output.split(separator: "\n").filter { $0.hasSuffix(": cutting over") }
    #expect(orders.first?.contains("veg") == true && orders.count == 3, "\(orders)")
  }

  @Test func `resume goes by what the rollout has shown already`() async throws {
    // It runs on veg, so it is not the release that failed on flower; and the canary has gone, whatever is named now.
    let bench = try TestBench()
    let hosts = ThreeRooms.fleet {
      $0.set("flower") {
        ($0.cutover, $0.reason) = (.rolledBack, Cause(code: .prove, step: .prove, text: "it answers 503"))
      }
    }
    func run(_ words: [String], canary: [String]) async -> Int32 {
      await ThreeRooms.run(words, hosts, bench) { $0.policy.canary = .hosts(canary) }
    }
    #expect(await run(["upgrade", "-y"], canary: ["veg"]) == 2)
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 0])
    bench.forget()
    _ = await run(["resume", "-y", "-v"], canary: ["flower"])
    #expect(!bench.output.contains("as canary"), "\(bench.output)")
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 1], "\(bench.output) \(bench.errors)")
  }

  @Test func `a canary whose coordinator died in its cutover is followed, and the others go on`() async throws
  {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    @Sendable func run(_ words: [String]) async -> Int32 {
      await ThreeRooms.run(words, hosts, bench) { $0.policy.canary = .hosts(["veg"]) }
    }
    try await ThreeRooms.letGo(hosts, bench) { await run(["upgrade", "-y"]) }
    #expect(await run(["resume", "-y"]) == 0, "\(bench.output) \(bench.errors)")
    #expect(hosts.executions() == ["veg": 1, "flower": 1, "dry": 1])
  }

  @Test func `a part of the rollout does not go before its canary, and is not asked for`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    func run(_ words: [String], answers: [String]? = nil) async -> Int32 {
      await ThreeRooms.run(words, hosts, bench, answers: answers) { $0.policy.canary = .hosts(["veg"]) }
    }
    #expect(await run(["stage", "-y"]) == 0)
    bench.forget()
    #expect(await run(["resume", "flower"]) == 2, "\(bench.output) \(bench.errors)")
    #expect(bench.errors.contains("nobody goes before the canary veg"), "\(bench.errors)")
    #expect(hosts.executions() == ["veg": 0, "flower": 0, "dry": 0] && bench.questions.isEmpty)
    #expect(await run(["resume", "-y"]) == 0)
  }

  @Test func `a canary that has the release keeps nobody from going`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    hosts.agents["veg"]?.change { $0.version = "4.2.0" }
    let code = await ThreeRooms.run(["upgrade", "-y"], hosts, bench) { $0.policy.canary = .hosts(["veg"]) }
    #expect(code == 0, "\(bench.output)")
    #expect(hosts.executions() == ["veg": 0, "flower": 1, "dry": 1])
  }

  @Test func `once the mark is cleared, what is said leads to trying it again`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    #expect(await ThreeRooms.run(["clear", "veg"], hosts, bench) == 0)
    bench.forget()
    #expect(await ThreeRooms.run(["upgrade", "-y"], hosts, bench) == 2)
    #expect(bench.output.contains("fleet upgrade --retry veg"), "\(bench.output)")
    #expect(!bench.output.contains("fleet clear"), "\(bench.output)")
    #expect(bench.output.contains("once more;  else in fleet.yaml: skip: [\"4.2.0\"]"), "\(bench.output)")
  }

  @Test func `doctor says where the releases cannot be had, once`() async throws {
    for (error, code) in [
      (CatalogueError.source("no address found for example\nTry again"), Int32(2)), (nil, 0),
    ] {
      let bench = try TestBench()
      let good = Diagnosis(verdict: .good, subject: "SSH", text: "reached")
      let ended = await FleetProgram.run(
        ["doctor"],
        on: bench.bench(
          fleet: TestFleet.fleet(["veg", "flower"]), catalogue: SimulatedCatalogue(error: error),
          setup: SimulatedSetup(found: ["veg": [good], "flower": [good]])))
      #expect(ended == code, "\(bench.output)")
      #expect(
        bench.output.components(separatedBy: "no address found for example. Try again").count
          == (error == nil ? 1 : 2))
      #expect(bench.output.contains(error == nil ? "4 are offered" : "the releases cannot be had"))
    }
  }
}
