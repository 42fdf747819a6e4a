import CoordinatorSupport
import Testing
import Wire

@testable import Inventory
@testable import Coordinator

/// Three hosts with version 4.1.0, and the command line that meets them.
enum ThreeRooms {
  static let names = ["veg", "flower", "dry"]

  static func fleet(_ change: (SimulatedFleet) -> Void = { _ in }) -> SimulatedFleet {
    let fleet = SimulatedFleet(names.map { ($0, "4.1.0") })
    change(fleet)
    return fleet
  }

  /// veg, which goes first, goes back to what it had; the others are staged.
  static func halted(_ change: (SimulatedFleet) -> Void = { _ in }) async throws -> (
    SimulatedFleet, TestBench
  ) {
    let bench = try TestBench()
    let hosts = fleet {
      $0.set("veg") {
        $0.cutover = .rolledBack
        $0.reason = Cause(code: .prove, step: .prove, text: "it answers 503")
      }
      change($0)
    }
    _ = await run(["upgrade", "-y"], hosts, bench)
    return (hosts, bench)
  }

  /// An upgrade that is let go of (Ctrl-C twice) while veg is in its cutover, which then ends.
  static func letGo(
    _ hosts: SimulatedFleet, _ bench: TestBench, _ upgrade: @Sendable () async -> Int32
  ) async throws {
    let gate = Gate()
    hosts.set("veg") { $0.gate = gate }
    async let code = upgrade()
    while hosts.executions()["veg"] == 0 { try await Task.sleep(for: .milliseconds(2)) }
    bench.interrupt()
    bench.interrupt()
    #expect(await code == 130)
    gate.open()
  }

  /// The exit code of a command.
  static func run(
    _ arguments: [String], _ hosts: SimulatedFleet, _ bench: TestBench, answers: [String]? = nil,
    catalogue: SimulatedCatalogue = SimulatedCatalogue(), change: (inout Fleet) -> Void = { _ in }
  ) async -> Int32 {
    await FleetProgram.run(
      arguments,
      on: bench.bench(
        fleet: TestFleet.fleet(names, change: change), connector: hosts, catalogue: catalogue,
        answers: answers))
  }
}
