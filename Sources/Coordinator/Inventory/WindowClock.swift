import Zones

/// When a host's windows are open. Windows go by the clock on the wall of a zone: an hour that daylight
/// saving skips is in no window, one that it repeats is in a window twice.
package struct WindowClock: Sendable {
  package enum State: Equatable, Sendable {
    /// nil: it does not close within ``horizonDays``.
    case open(until: Int64?)
    /// nil: it does not open within ``horizonDays``, as where two windows never meet.
    case closed(until: Int64?)
  }

  /// All of them must be open; none means at any time.
  let windows: [Window]
  /// Seconds east of Greenwich at an instant (milliseconds since 1970).
  let offsetSeconds: @Sendable (Int64) -> Int

  /// A window of a single weekday comes again within 7 days; where daylight saving skipped it, within 14.
  static let horizonDays: Int64 = 15

  package init(_ windows: [Window], offsetSeconds: @escaping @Sendable (Int64) -> Int) {
    self.windows = windows
    self.offsetSeconds = offsetSeconds
  }

  /// - Parameter zone: IANA name; nil: this machine's.
  package init(_ windows: [Window], zone: String?) {
    let zone = Zone.of(zone)
    self.init(windows) { zone.offsetSeconds(at: $0) }
  }

  /// - Parameter instant: milliseconds since 1970, as all instants here.
  package func state(at instant: Int64) -> State {
    let change = nextChange(after: instant)
    return isOpen(at: instant) ? .open(until: change) : .closed(until: change)
  }

  func isOpen(at instant: Int64) -> Bool {
    let local = Local(instant, offsetSeconds(instant))
    return windows.allSatisfy { $0.holds(local) }
  }

  /// The first instant after this one at which it opens, or closes.
  private func nextChange(after instant: Int64) -> Int64? {
    guard !windows.isEmpty else { return nil }
    let isOpen = isOpen(at: instant)
    var from = instant
    for _ in 0..<Self.horizonDays {
      let to = from + Local.day
      if let change = candidates(from, to).first(where: { self.isOpen(at: $0) != isOpen }) {
        return change
      }
      from = to
    }
    return nil
  }

  /// Where something can change after `from`, up to `to`: at the bounds of a window, and where the wall
  /// clock jumps.
  private func candidates(_ from: Int64, _ to: Int64) -> [Int64] {
    let jumps = jumps(from, to)
    let offsets = Set(([from, to] + jumps).map(offsetSeconds))
    var found = jumps
    for offset in offsets {
      let midnight = Local(from, offset).midnight
      for day in -1...2 {
        for window in windows {
          for minute in [window.opens, window.closes] {
            found.append(
              midnight + Int64(day) * Local.day + Int64(minute) * Local.minute - Int64(offset) * 1000)
          }
        }
      }
    }
    return found.filter { $0 > from && $0 <= to }.sorted()
  }

  /// The instants at which the offset becomes another one. No zone changes it twice within the step.
  private func jumps(_ from: Int64, _ to: Int64) -> [Int64] {
    let step = Local.day / 4
    return stride(from: from, to: to, by: Int(step)).compactMap { begin in
      var (low, high) = (begin, min(begin + step, to))
      let offset = offsetSeconds(low)
      guard offsetSeconds(high) != offset else { return nil }
      while high - low > 1 {
        let middle = low + (high - low) / 2
        if offsetSeconds(middle) == offset { low = middle } else { high = middle }
      }
      return high
    }
  }
}

/// An instant as the clock on the wall shows it.
private struct Local {
  static let minute: Int64 = 60_000
  static let day: Int64 = 24 * 60 * minute

  /// 0 is Monday.
  var weekday: Int
  /// Since midnight, in milliseconds.
  var time: Int64
  /// The day's beginning, in milliseconds on the wall clock.
  var midnight: Int64

  init(_ instant: Int64, _ offsetSeconds: Int) {
    let wall = instant + Int64(offsetSeconds) * 1000
    let days = wall >= 0 ? wall / Self.day : (wall - Self.day + 1) / Self.day
    midnight = days * Self.day
    time = wall - midnight
    // 1970 began on a Thursday.
    weekday = Int(((days + 3) % 7 + 7) % 7)
  }
}

extension Window {
  fileprivate func holds(_ local: Local) -> Bool {
    let opens = Int64(opens) * Local.minute
    let closes = Int64(closes) * Local.minute
    let today = days.contains(Day.allCases[local.weekday])
    guard closes <= opens else { return today && local.time >= opens && local.time < closes }
    let yesterday = days.contains(Day.allCases[(local.weekday + 6) % 7])
    return today && local.time >= opens || yesterday && local.time < closes
  }
}
