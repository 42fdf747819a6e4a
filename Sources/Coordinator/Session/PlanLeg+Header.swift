import Catalogue
import Driver
import Inventory
import Release
import Rollout
import SystemPackage
import Wire

// The rollout that a leg of a plan becomes.
extension PlanLeg {
  /// The newest version that it would replace by an older one; nil where it goes up everywhere.
  var newestLeft: Version? {
    going.compactMap { entry in
      guard case .goes(let from) = entry.verdict, let from = from.flatMap({ Version($0) }) else { return nil }
      return from > tag.version ? from : nil
    }.max()
  }

  var crossesMajor: Bool {
    going.contains { entry in
      guard case .goes(let from) = entry.verdict, let from = from.flatMap({ Version($0) }) else {
        return false
      }
      return from.major != tag.version.major
    }
  }

  func header(
    id: String, fleet: Fleet, policy: Rollout.Policy, who: String, release: FetchedRelease?
  ) -> RolloutHeader {
    var header = RolloutHeader(
      rollout: id, app: fleet.app, name: fleet.name, track: "\(track)", tag: tag.text,
      release: release?.name, verified: release?.verified ?? [], policy: policy,
      hosts: entries.map(\.host.name), inventory: fleet.folder.string, who: who)
    (header.source, header.architecture) = (source.identity, source.architecture)
    header.goal = goal?.text
    header.newer = newer.map { RolloutHeader.NewerRelease(version: "\($0.version)", track: "\($0.track)") }
    return header
  }
}
