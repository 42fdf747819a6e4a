import CoordinatorSupport
import Foundation
import Synchronization
import SystemPackage
import Testing
import Wire

@testable import Driver
@testable import Store
@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// The end of input at a question, as Ctrl-C leaves it where nobody else listens: 130, and nothing is changed. That of
/// `resume`, where cutovers may be followed meanwhile, has its own tests.
@Suite struct CtrlCTests {
  /// What must be as it was.
  private func state(_ hosts: SimulatedFleet, _ bench: TestBench) throws -> [String] {
    let agents = hosts.agents.sorted { $0.key < $1.key }.map { name, agent in
      agent.read {
        "\(name) \($0.claims) \($0.unclaims) \($0.cancelled) \($0.stages) \($0.executions) \($0.status)"
      }
    }
    let files = FileManager.default.enumerator(atPath: bench.folder.string)?.compactMap { name in
      let path = bench.folder.appending("\(name)")
      return "\(path) \((try? StateFiles.read(path))?.count ?? 0)"
    }
    return agents + (files ?? []).sorted()
  }

  @Test(arguments: [
    (["upgrade"], false), (["stage"], false), (["upgrade", "--to", "5.0.0"], false),
    (["rollback", "veg"], false),
    (["abort"], true), (["upgrade"], true),
  ])
  func `where hosts would be acted upon`(words: [String], isOpen: Bool) async throws {
    let (hosts, bench) = isOpen ? try await ThreeRooms.halted() : (ThreeRooms.fleet(), try TestBench())
    bench.forget()
    let before = try state(hosts, bench)
    #expect(await ThreeRooms.run(words, hosts, bench, answers: []) == 130)
    #expect(bench.questions.count == 1)
    #expect(try state(hosts, bench) == before)
    #expect(!bench.output.contains("OUTCOME"), "\(bench.output)")
  }

  @Test func `abort, of what a rollout that is over has left`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    let id = try #require(try bench.store.ids().last)
    #expect(await ThreeRooms.run(["abort", "-y"], hosts, bench) == 0)
    hosts.agents["dry"]?.change { ($0.status.state, $0.status.openJob) = ("staged", id) }
    bench.forget()
    let before = try state(hosts, bench)
    #expect(await ThreeRooms.run(["abort"], hosts, bench, answers: []) == 130)
    #expect(bench.questions.count == 1)
    #expect(try state(hosts, bench) == before)
  }

  /// `clear` asks nothing: that it is typed is the answer.
  @Test func `clear has no question`() async throws {
    let (hosts, bench) = try await ThreeRooms.halted()
    bench.forget()
    #expect(await ThreeRooms.run(["clear", "veg"], hosts, bench, answers: []) == 0)
    #expect(bench.questions == [])
  }

  @Test(arguments: [["remove", "veg"], ["bootstrap"], ["trust", "veg", "dry"]])
  func `in the set-up, where the next host is not asked about any more`(words: [String]) async throws {
    let (hosts, bench, setup) = (ThreeRooms.fleet(), try TestBench(), AskingSetup())
    let before = try state(hosts, bench)
    let world = bench.bench(
      fleet: TestFleet.fleet(ThreeRooms.names), connector: hosts, catalogue: SimulatedCatalogue(),
      setup: setup, answers: [])
    #expect(await FleetProgram.run(words, on: world) == 130)
    #expect(bench.questions.count == 1)
    #expect(setup.done == [])
    #expect(try state(hosts, bench) == before)
  }

  @Test func `of init and of a moved tag`() async throws {
    let (hosts, bench) = (ThreeRooms.fleet(), try TestBench())
    let before = try state(hosts, bench)
    let file = bench.folder.appending("fleet.yaml")
    #expect(await ThreeRooms.run(["init", "-i", file.string], hosts, bench, answers: []) == 130)
    #expect(bench.questions == ["hosts: "])
    bench.forget()
    let moved = SimulatedCatalogue(moved: ["v4.2.0"])
    let words = ["fetch", "--accept", "4.2.0"]
    #expect(await ThreeRooms.run(words, hosts, bench, answers: [], catalogue: moved) == 130)
    #expect(bench.questions.count == 1)
    #expect(try state(hosts, bench) == before)
  }
}

/// A set-up that asks about each host, as the real one does.
private final class AskingSetup: HostSetup {
  private let kept = Mutex<[String]>([])

  var done: [String] { kept.withLock { $0 } }

  private func ask(_ host: Inventory.Host, _ prompter: any Prompter) async throws(SetupError) {
    let isYes: Bool
    do throws(PromptError) { isYes = try await prompter.confirm("\(host.name)?") } catch {
      throw .prompt(error)
    }
    guard isYes else { throw .declined("\(host.name): no") }
    kept.withLock { $0.append(host.name) }
  }

  func ensureKey(for hosts: [Inventory.Host], prompter: any Prompter) async throws(SetupError) {}

  func bootstrap(
    _ host: Inventory.Host, in fleet: Fleet, prompter: any Prompter,
    note: @escaping @Sendable (SetupNote) -> Void
  ) async throws(SetupError) { try await ask(host, prompter) }

  func remove(
    _ host: Inventory.Host, in fleet: Fleet, prompter: any Prompter,
    note: @escaping @Sendable (SetupNote) -> Void
  ) async throws(SetupError) { try await ask(host, prompter) }

  func trust(
    _ host: Inventory.Host, in fleet: Fleet, replace: Bool, prompter: any Prompter
  ) async throws(SetupError) -> String {
    try await ask(host, prompter)
    return "SHA256:abc"
  }

  func tryOut(
    _ host: Inventory.Host, in fleet: Fleet, isListed: Bool, prompter: any Prompter
  ) async throws(SetupError) -> Trial {
    try await ask(host, prompter)
    return Trial()
  }

  func examine(_ host: Inventory.Host, in fleet: Fleet) async -> [Diagnosis] { [] }
}
