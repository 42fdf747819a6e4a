import Driver
import Inventory
import Release

// Which rollouts of before a leg of a plan goes on with.
extension RolloutHeader {
  /// An upgrade to the same release. From where it was an older fleet did not write down, and the inventory may say
  /// that in other words since.
  func isOf(_ leg: PlanLeg, in fleet: Fleet) -> Bool {
    tag == leg.tag.text && restores == nil && isFrom(leg.source, in: fleet)
  }

  /// nil or unknown: it may be.
  func isFrom(_ other: ReleaseSource, in fleet: Fleet) -> Bool {
    source == other.identity || !fleet.profiles.contains { isFrom($0.source) }
  }

  /// The profile by which its release is fetched and verified; the first, where no profile names its source any more.
  func profile(in fleet: Fleet) -> Profile? {
    var profile = fleet.profiles.first { isFrom($0.source) } ?? fleet.profiles.first
    if let source = profile?.source { profile?.source = source.made(for: architecture) }
    return profile
  }

  private func isFrom(_ source: ReleaseSource) -> Bool {
    source.made(for: architecture).identity == self.source
  }
}
