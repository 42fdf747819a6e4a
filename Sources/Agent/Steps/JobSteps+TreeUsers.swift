import Effects
import Files
import SystemPackage
import Wire

/// That nobody uses the install who may not. Somebody may only be passing by (a nightly look through all files, say),
/// so each question is asked again before it counts.
extension JobSteps {
  /// Whoever uses the install beside the app would still do so after the stop: better nothing is stopped then.
  func requireNobodyElseUses() throws(StepFailure) {
    let users = try lookForUsers(.before, mayBeTakenBack: true, TreeUse.strangers)
    guard !users.isEmpty else { return }
    throw .because(
      .holders,
      "used by others than the app: \(users.prefix(5).joined(separator: "; ")); end that, or leave the directory",
      tail: users)
  }

  /// A process that kept a database open across the exchange would write into the backup.
  func requireNobodyHolds() throws(StepFailure) {
    let users = try lookForUsers(.after, mayBeTakenBack: false, TreeUse.remaining)
    guard !users.isEmpty else { return }
    throw .because(
      .holders,
      "still using the install after the stop: \(users.prefix(5).joined(separator: "; "))",
      tail: users)
  }

  /// How often is looked, and the pause in between; after the stop the app is down meanwhile.
  private struct Looks {
    let times: Int
    let pauseMilliseconds: Int

    static let before = Looks(times: 3, pauseMilliseconds: 1_000)
    static let after = Looks(times: 5, pauseMilliseconds: 200)
  }

  /// - Returns: who was there at the last look; nobody as soon as one look finds nobody.
  private func lookForUsers(
    _ looks: Looks, mayBeTakenBack: Bool,
    _ find: (any ServiceControl, FilePath, (String) -> Void) throws(TreeUseError) -> [String]
  ) throws(StepFailure) -> [String] {
    var users: [String] = []
    for look in 0..<looks.times {
      if look > 0 {
        pause(milliseconds: looks.pauseMilliseconds)
        if mayBeTakenBack { try throwIfInterrupted() }
      }
      users = []
      // The app may take one away as it stops.
      let databases = outsideDatabases.filter { (try? FileStatus.of($0)) != nil }
      for place in [install] + databases {
        do { users += try find(services.control(), place, say) } catch { throw .from(error, .holders) }
      }
      if users.isEmpty { break }
    }
    return users
  }
}
