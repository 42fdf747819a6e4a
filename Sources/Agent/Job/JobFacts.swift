import Upgrade
import Wire

/// What a job found out on its way and needs again after a crash. Replaced whole, before the journal
/// says that it may be relied upon.
struct JobFacts: Codable, Equatable, Sendable {
  /// Where the app lies, and whose it is. nil in a job of a fleet that did not write it down.
  var site: InstallSite?
  var from: String?
  var fromTag: String?
  /// The release that was installed before.
  var fromRelease: ReleaseName?
  /// Nothing of fleet had made what is installed when the job began; nil where that was not looked at.
  var isFromBeforeFleet: Bool?
  /// What is installed by this job, for the result.
  var target: String?
  /// The release of which the staged tree is; nil for a tree from before fleet.
  var release: ReleaseName?
  /// The old version was well when the job began.
  var wasHealthy = true
  /// Services that ran before the stop: those the undo starts again.
  var running: [String] = []
  /// The sockets and paths that start its services, as it was stopped; nil before, and from an older fleet.
  var triggers: [String]?
  /// Those that the new version has too; nil until it is started, and in the undo.
  var wantedTriggers: [String]?
  var stagedBootID: String?
  var stagedMilliseconds: Int64?
  /// Of the staged tree: see ``TreeDigest``.
  var stagedDigest: String?
  /// When the app was stopped, by boot and on the clock that counts from it.
  var stoppedBootID: String?
  var stoppedMilliseconds: Int64?
  var downtimeMilliseconds: Int?
  /// The downtime until the new version was proved, when it is stopped again.
  var earlierDowntimeMilliseconds: Int?
  /// The wait to be confirmed, once it has begun.
  var confirmation: ConfirmationWait?
  var rehearsalMilliseconds: Int?
  var forecastMilliseconds: Int?
  /// Where the migrated copies lie until the stage is complete.
  var rehearsedIn: String?
  var backupName: String?
  /// Rows in all databases after the migration, to count what an undo discards.
  var migratedRows: Int?
  /// The new version, or its finish steps, may have written outside of the install.
  var newBegun: Bool?
  /// Rows in the databases among the outside paths, after the stop.
  var outsideRows: Int?
  var rowsDiscarded: Int?
  var leftBehind: [String] = []
  var warnings: [String]?
  /// What the app said of itself right before the stop; nil before that, and from an older fleet.
  var parity: [ParityReading]?
  /// What of it was found to be so again in the proof.
  var isBack: [ParityRecord]?
  /// What tells that Debian packages changed since the stage.
  var systemStamp: String?
  /// How many of the `finish` steps were begun.
  var finishBegun = 0
  /// Bytes that the rehearsal's copies took.
  var databaseBytes: Int64 = 0
  /// The version that was read back last, and whether it was proved well.
  var now: String?
  var healthy: Bool?
}
