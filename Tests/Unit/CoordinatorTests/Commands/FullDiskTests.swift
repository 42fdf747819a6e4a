import CoordinatorSupport
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Coordinator
@testable import Driver
@testable import Inventory
@testable import Report
@testable import Rollout
@testable import Store

/// Every effect of a rollout on the coordinator's own disk fails, once or from there on. Whatever is said then is so,
/// and with room on the disk the next run goes on to the end.
@Suite(.serialized) struct FullDiskTests {
  /// How a rollout goes where the disk works.
  enum Way: CaseIterable, Sendable {
    case good
    /// The second host goes back.
    case halted
    /// It was let go of, and is gone on with.
    case resumed
    case stageOnly
    /// Every host goes back, with the first that fails.
    case goesBack

    var words: [String] {
      switch self {
      case .good, .halted, .goesBack: ["upgrade", "-y"]
      case .resumed: ["resume", "-y"]
      case .stageOnly: ["stage", "-y"]
      }
    }
  }

  private struct World {
    let bench: TestBench
    let hosts: SimulatedFleet
    let way: Way

    init(_ way: Way) async throws {
      self.way = way
      bench = try TestBench()
      hosts = ThreeRooms.fleet { fleet in
        guard way == .halted || way == .goesBack else { return }
        fleet.set("flower") {
          $0.cutover = .rolledBack
          $0.reason = Cause(code: .prove, step: .prove, text: "it answers 503")
        }
      }
      guard way == .resumed else { return }
      try await ThreeRooms.letGo(hosts, bench) { [hosts, bench] in
        await ThreeRooms.run(["upgrade", "-y"], hosts, bench)
      }
      bench.forget()
    }

    func run(_ words: [String]? = nil) async -> Int32 {
      await ThreeRooms.run(words ?? way.words, hosts, bench) {
        if way == .goesBack { $0.policy.onFailure = .rollback }
      }
    }

    func run(on disk: FailingDisk) async -> Int32 { await disk.during { await run() } }
  }

  private func effects(_ way: Way) async throws -> Int {
    let world = try await World(way)
    let disk = FailingDisk(below: world.bench.folder)
    let code = await world.run(on: disk)
    #expect(
      code == (way == .halted || way == .goesBack ? 2 : 0), "\(world.bench.output)\(world.bench.errors)")
    return disk.effects.count
  }

  @Test(arguments: Way.allCases)
  func `an effect on the coordinator's disk that fails makes nothing untrue`(_ way: Way) async throws {
    let count = try await effects(way)
    #expect(count > 20, "the effects do not pass by the gate")
    for trouble in FailingDisk.fullDisks(effects: count, "full disk, \(way)") {
      let world = try await World(way)
      let disk = FailingDisk(trouble, below: world.bench.folder)
      let code = await world.run(on: disk)
      var problems = said(world, code)
      let told = world.bench.output + world.bench.errors
      problems += try await later(world)
      guard !problems.isEmpty else { continue }
      Issue.record(
        """
        \(way), \(trouble) (\(disk.struck)), exit \(code): \(problems.joined(separator: "; "))
        \(told)
        """)
    }
  }

  /// What is wrong with what the run itself said.
  private func said(_ world: World, _ code: Int32) -> [String] {
    var problems: [String] = []
    let (text, versions) = (world.bench.output + world.bench.errors, world.hosts.versions())
    let areAll = versions.values.allSatisfy { $0 == "4.2.0" }
    // Whatever was begun is told to its end, on whatever disk.
    let hasChanged = versions.values.contains("4.2.0") && world.way != .resumed
    if hasChanged, !text.contains("OUTCOME") { problems.append("it does not report what it did") }
    if text.contains("All good"), !areAll { problems.append("it says All good, with \(versions)") }
    if code == 0, world.way != .stageOnly, !areAll { problems.append("it ends with 0, with \(versions)") }
    if code != 0, world.bench.errors.isEmpty { problems.append("it does not say what is wrong") }
    for (host, version) in versions
    where text.contains("\(host): upgraded") && !text.contains("\(host): back on") && version != "4.2.0" {
      problems.append("it says that \(host) was upgraded, and it has \(version ?? "nothing")")
    }
    return problems
  }

  /// What is wrong with what is told once the disk works again, and with where the next run leads.
  private func later(_ world: World) async throws -> [String] {
    var problems: [String] = []
    let versions = world.hosts.versions()
    if let id = try world.bench.store.ids().last, let record = try? world.bench.store.record(id) {
      for host in Report(record).hosts {
        let isNew = versions[host.host] == "4.2.0"
        switch host.outcome {
        case .upgraded where !isNew: problems.append("\(host.host) is told as upgraded and is not")
        case .untouched where isNew, .refused where isNew, .rolledBack where isNew:
          problems.append("\(host.host) is told as \(host.outcome) and was upgraded")
        default: break
        }
      }
    }
    for _ in 0..<3 where world.hosts.versions().values.contains("4.1.0") {
      world.hosts.set("flower") { $0.cutover = .upgraded }
      world.hosts.agents["flower"]?.change { $0.status.mark = nil }
      _ = await world.run(["upgrade", "-y", "--retry"])
    }
    if world.hosts.versions().values.contains("4.1.0") {
      problems.append("the next run does not end it: \(world.hosts.versions())")
    }
    for (host, agent) in world.hosts.agents {
      if let claim = agent.read({ $0.status.claim }) {
        problems.append("\(host) stays claimed for \(claim.rollout)")
      }
    }
    return problems
  }
}
