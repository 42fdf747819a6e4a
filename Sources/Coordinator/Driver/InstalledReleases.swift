package import Catalogue

/// What the coordinator has of releases that are installed on hosts, by their tags.
package struct InstalledReleases: Sendable {
  /// What such a release consists of; nil where it cannot be had.
  package var listing: @Sendable (String) async -> ListingFile?
  /// How the rollout's release is made of it; nil where all of that is to be sent.
  package var delta: @Sendable (String) async -> DeltaFile?

  package init(
    listing: @escaping @Sendable (String) async -> ListingFile?,
    delta: @escaping @Sendable (String) async -> DeltaFile?
  ) {
    self.listing = listing
    self.delta = delta
  }

  package static let none = InstalledReleases(listing: { _ in nil }, delta: { _ in nil })
}
