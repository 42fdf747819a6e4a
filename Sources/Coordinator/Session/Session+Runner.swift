import Catalogue
import Driver
import Hosts
import Inventory

extension Session {
  /// Begins a rollout with a plan that was agreed to, and goes on to its end.
  ///
  /// - Parameter header: with the wished id.
  func drive(
    _ header: RolloutHeader, _ entries: [PlanEntry], _ release: FetchedRelease?,
    over connector: any HostConnector, gate: CutoverGate,
    installed: InstalledReleases = .none
  ) async throws -> RolloutRunner.Ended {
    let (record, log) = try store.begin(header, at: context.time.nowMilliseconds())
    let display = makeDisplay()
    defer { display.end() }
    display.begin(record)
    return await runner(
      of: entries.map(\.host), release, over: connector, gate: gate, installed: installed, display: display
    ).run(record, log: log, from: .plan(entries))
  }

  /// What drives a rollout over these hosts from here.
  func runner(
    of hosts: [Host], _ release: FetchedRelease?, over connector: any HostConnector, gate: CutoverGate,
    installed: InstalledReleases, display: any Display
  ) -> RolloutRunner {
    RolloutRunner(
      hosts: hosts, release: release, connector: connector, renewal: context.renewal, leftClaims: leftClaims,
      time: context.time, display: display, interrupts: context.interrupts(), gate: gate, installed: installed
    )
  }
}
