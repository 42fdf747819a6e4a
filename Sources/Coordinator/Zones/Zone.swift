/// The clock on the wall of a time zone: how far it is from UTC, and when.
package struct Zone: Equatable, Sendable {
  /// When it becomes another distance, in seconds since 1970, ascending.
  var changes: [Int64] = []
  /// Seconds east of Greenwich: before the first change, and from each on.
  var offsets: [Int]
  /// How it goes on after the last change.
  var rule: ZoneRule?

  package static let utc = Zone(offsets: [0])

  /// Seconds east of Greenwich at an instant.
  ///
  /// - Parameter instant: milliseconds since 1970.
  package func offsetSeconds(at instant: Int64) -> Int {
    let seconds = instant >= 0 ? instant / 1000 : (instant + 1) / 1000 - 1
    if let rule, changes.last.map({ seconds >= $0 }) ?? true { return rule.offset(at: seconds) }
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = (low + high) / 2
      if changes[middle] <= seconds { low = middle + 1 } else { high = middle }
    }
    return offsets[low]
  }
}
