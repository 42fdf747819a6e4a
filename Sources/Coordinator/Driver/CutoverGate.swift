import Text
import Inventory
import Rollout
import Wire

/// Whether a host may be cut over now: its windows, and how long the canary has run. Pure; the clock is
/// the caller's. What it says enters the rollout as an event, so a log that is read again on another
/// day means the same.
package struct CutoverGate: Sendable {
  enum Answer: Equatable, Sendable {
    /// The order may live so long.
    case open(lifetimeSeconds: Int)
    case closed(Cause)
  }

  /// IANA name, of the windows; nil: the coordinator's.
  var zone: String?
  /// `--ignore-window`.
  var ignoresWindows = false

  package init(zone: String? = nil, ignoresWindows: Bool = false) {
    self.zone = zone
    self.ignoresWindows = ignoresWindows
  }

  /// - Parameter now: milliseconds since 1970.
  func ask(_ host: Host, in record: RolloutRecord, now: Int64) -> Answer {
    if let wait = canaryWait(host.name, in: record, now: now) { return .closed(wait) }
    return window(of: host, lifetimeSeconds: record.header.policy.orderLifetimeSeconds, now: now)
  }

  // MARK: Windows

  /// An order ends with the window, less the time that it may be under way: its life counts on the host
  /// from when it arrives there.
  func window(of host: Host, lifetimeSeconds: Int, now: Int64) -> Answer {
    // They were checked when the inventory was read.
    let windows = host.windows.compactMap { try? Window($0) }
    guard !ignoresWindows, !windows.isEmpty else { return .open(lifetimeSeconds: lifetimeSeconds) }
    let clock = WindowClock(windows, zone: zone)
    switch clock.state(at: now) {
    case .open(nil): return .open(lifetimeSeconds: lifetimeSeconds)
    case .open(let closes?):
      let left = Int((closes - now) / 1000) - RolloutLimits.orderTransitSeconds
      guard left <= 0 else { return .open(lifetimeSeconds: min(lifetimeSeconds, left)) }
      guard case .closed(let opens) = clock.state(at: closes) else {
        return .open(lifetimeSeconds: lifetimeSeconds)
      }
      return .closed(Self.cause(opens, zone, now))
    case .closed(let opens): return .closed(Self.cause(opens, zone, now))
    }
  }

  private static func cause(_ opens: Int64?, _ zone: String?, _ now: Int64) -> Cause {
    let text =
      opens.map { "window opens \(Wording.day($0, zone: zone, now: now))" }
      ?? "its windows are never open at once"
    return Cause(code: .window, text: text)
  }

  // MARK: Canary

  /// Why this host must still wait for the canary; nil when it need not.
  func canaryWait(_ host: String, in record: RolloutRecord, now: Int64) -> Cause? {
    let seconds = record.header.policy.canaryForSeconds
    let canaries = record.rollout.canaries.filter { record.rollout[$0]?.outcome?.isAtRelease == true }
    guard seconds > 0, !canaries.contains(host) else { return nil }
    let since = canaries.compactMap { record.facts[$0]?.atReleaseSince.flatMap { UTC.milliseconds($0) } }
    // All of them must have run it that long.
    guard let last = since.max(), now < last + Int64(seconds) * 1000 else { return nil }
    let until = Wording.day(last + Int64(seconds) * 1000, zone: zone, now: now)
    return Cause(
      code: .canaryFor,
      text: "the canary \(Wording.list(canaries)) runs it first, until \(until)")
  }
}
