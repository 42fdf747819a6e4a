package import Wire

/// How much an agent may tell of one job: a host that tells without end fills the disk with the log of its rollout,
/// and holds whoever listens. Pure.
package struct StoryBudget: Equatable, Sendable {
  package init() {}

  package private(set) var isSpent = false
  private var events = 0
  private var heartbeats = 0
  private var textBytes = 0

  /// False once it is too much.
  package mutating func take(_ event: JobEvent) -> Bool {
    guard !isSpent else { return false }
    if event.event == .heartbeat { heartbeats += 1 } else { events += 1 }
    textBytes += event.text?.utf8.count ?? 0
    isSpent =
      events > WireLimits.eventsPerJob || heartbeats > HostLimits.heartbeatsPerJob
      || textBytes > HostLimits.storyBytes
    return !isSpent
  }
}
