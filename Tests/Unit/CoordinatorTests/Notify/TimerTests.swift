import CoordinatorSupport
import Foundation
import SystemPackage
import Testing

@testable import Inventory
@testable import Store
@testable import Coordinator

/// The units that come with fleet say what fleet understands.
@Suite struct TimerTests {
  private func unit(_ name: String) throws -> [String: String] {
    let path = checkout.pushing("contrib/systemd").appending(name)
    let lines = String(decoding: try StateFiles.read(path), as: UTF8.self).split(separator: "\n")
    var keys: [String: String] = [:]
    for line in lines where !line.hasPrefix("#") {
      if let equals = line.firstIndex(of: "=") {
        keys[String(line[..<equals])] = String(line[line.index(after: equals)...])
      }
    }
    return keys
  }

  @Test func `the timer's service runs a command line that fleet takes`() async throws {
    let words = try #require(try unit("fleet-releases.service")["ExecStart"]).split(separator: " ").map(
      String.init)
    #expect(words.first == "%h/.local/bin/fleet")
    let bench = try TestBench()
    let notifier = KeepingNotifier()
    let code = await FleetProgram.run(
      Array(words.dropFirst()),
      on: bench.bench(
        fleet: TestFleet.fleet(["veg"]) { $0.notify = [.ntfy("https://ntfy.sh/x")] },
        connector: SimulatedFleet([("veg", "4.1.0")]), catalogue: SimulatedCatalogue(), notifier: notifier))
    #expect(code == 0)
    #expect(notifier.notices.count == 1)
  }

  @Test func `the timer comes daily, and after a night off`() throws {
    let timer = try unit("fleet-releases.timer")
    #expect(timer["OnCalendar"] == "daily" && timer["Persistent"] == "true")
    #expect(timer["WantedBy"] == "timers.target")
  }
}
