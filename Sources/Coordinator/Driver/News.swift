import Release
import Inventory
import Rollout
import Text
import Wire

/// What a host's work reports to the loop.
enum News: Sendable {
  case event(Event)
  /// The story beside the events.
  case line(EventLine)
  /// `fleet abort` on this machine wants it to end.
  case aborted

  static func event(_ event: Rollout.Event) -> News { .event(Event(event)) }

  /// With what a probe found out beside it.
  struct Event: Sendable {
    var event: Rollout.Event
    var profile: AppProfile?
    var listing: String?
    var installed: String?
    var since: String?
    var healthy: Bool?

    init(_ event: Rollout.Event) { self.event = event }

    /// - Parameter now: milliseconds since 1970.
    init(_ entry: PlanEntry, now: Int64) {
      event = entry.event
      profile = entry.profile?.agent
      healthy = entry.health.isWell
      listing = entry.listing?.text
      installed = entry.installed?.text
      since = entry.installedSecondsAgo.map { UTC.text(now - Int64($0) * 1000) }
    }
  }
}
