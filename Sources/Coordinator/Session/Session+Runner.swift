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
    listing: @escaping @Sendable (String) async -> ListingFile? = { _ in nil }
  ) async throws -> RolloutRunner.Ended {
    let (record, log) = try store.begin(header, at: context.time.nowMilliseconds())
    let display = makeDisplay()
    defer { display.end() }
    display.begin(record)
    return await runner(
      of: entries.map(\.host), release, over: connector, gate: gate, listing: listing, display: display
    ).run(record, log: log, from: .plan(entries))
  }

  /// What drives a rollout over these hosts from here.
  ///
  /// - Parameter listing: of an installed release, by its tag.
  func runner(
    of hosts: [Host], _ release: FetchedRelease?, over connector: any HostConnector, gate: CutoverGate,
    listing: @escaping @Sendable (String) async -> ListingFile?, display: any Display
  ) -> RolloutRunner {
    RolloutRunner(
      hosts: hosts, release: release, connector: connector, renewal: context.renewal, leftClaims: leftClaims,
      time: context.time, display: display, interrupts: context.interrupts(), gate: gate, listing: listing)
  }
}
