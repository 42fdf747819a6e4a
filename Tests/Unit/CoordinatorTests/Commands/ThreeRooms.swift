import CoordinatorSupport

@testable import Coordinator

/// Three hosts with version 4.1.0, and the command line that meets them.
enum ThreeRooms {
  static let names = ["veg", "flower", "dry"]

  static func fleet(_ change: (SimulatedFleet) -> Void = { _ in }) -> SimulatedFleet {
    let fleet = SimulatedFleet(names.map { ($0, "4.1.0") })
    change(fleet)
    return fleet
  }

  /// The exit code of a command.
  static func run(
    _ arguments: [String], _ hosts: SimulatedFleet, _ bench: TestBench,
    change: (inout Fleet) -> Void = { _ in }
  ) async -> Int32 {
    await FleetProgram.run(
      arguments,
      on: bench.bench(
        fleet: TestFleet.fleet(names, change: change), connector: hosts, catalogue: SimulatedCatalogue()))
  }
}
