import Catalogue
import Driver
import Hosts
import Inventory

extension Session {
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
