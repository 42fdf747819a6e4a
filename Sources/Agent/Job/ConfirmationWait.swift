import Wire

/// How long a new version that is well waits for the coordinator to come back in. Counted on the clock that
/// counts from the boot; a boot in between begins the time anew, once, and never again: a host that reboots
/// for ever must not stay undecided for ever.
struct ConfirmationWait: Codable, Equatable, Sendable {
  var withinSeconds: Int
  /// The boots in which it waited.
  private(set) var boots: [String]
  /// When the wait began in the last of them; nil while the new version is still being proved there.
  private(set) var sinceMilliseconds: Int64?

  /// The boots in which a version may wait.
  static let mostBoots = 2

  init(withinSeconds: Int, bootID: String) {
    self.withinSeconds = min(max(withinSeconds, 1), WireLimits.confirmSeconds.upperBound)
    boots = [bootID]
  }

  /// Goes on in this boot; false when it may not.
  mutating func goOn(in bootID: String) -> Bool {
    if boots.last == bootID { return true }
    guard boots.count < Self.mostBoots else { return false }
    boots.append(bootID)
    sinceMilliseconds = nil
    return true
  }

  /// The wait begins now, unless it had begun.
  mutating func begin(at now: Int64) { sinceMilliseconds = sinceMilliseconds ?? now }

  func isOver(at now: Int64) -> Bool {
    guard let sinceMilliseconds else { return false }
    return now - sinceMilliseconds >= Int64(withinSeconds) * 1000
  }

  /// Whether a connection that was made in `bootID` at `opened` was made after the new version was proved:
  /// an older one says nothing about whether the host can still be reached.
  func isFresh(openedIn bootID: String, at opened: Int64) -> Bool {
    // Proved in an earlier boot: whatever is open now was opened after it.
    guard boots == [bootID] else { return true }
    guard let sinceMilliseconds else { return false }
    return opened >= sinceMilliseconds
  }
}
