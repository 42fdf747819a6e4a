import Effects
import Files
package import SystemPackage
package import Wire

/// What a job was asked to do; written once, before it begins.
package enum JobOrder: Codable, Equatable, Sendable {
  case upgrade(StageOrder)
  case rollback(RollbackOrder)

  package var job: String {
    switch self {
    case .upgrade(let order): order.job
    case .rollback(let order): order.job
    }
  }

  package var profile: AppProfile {
    switch self {
    case .upgrade(let order): order.profile
    case .rollback(let order): order.profile
    }
  }

  /// What it is called that such a job is committed.
  var success: Outcome {
    switch self {
    case .upgrade: .upgraded
    case .rollback: .restored
    }
  }
}

/// A cutover that was ordered, bound to this boot.
struct OrderedCutover: Codable, Equatable, Sendable {
  var bootID: String
  /// On the clock that counts from the boot.
  var expiresMilliseconds: Int64
  /// See ``CutoverOrder/confirmWithinSeconds``, within its bounds.
  var confirmWithinSeconds: Int?
}

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

/// The folder of one job: `/var/lib/fleet-agent/APP/jobs/JOB`.
package struct JobFolder: Sendable {
  package let paths: AgentPaths
  package let id: String
  package var path: FilePath { paths.job(id) }

  package init(_ paths: AgentPaths, _ id: String) {
    self.paths = paths
    self.id = id
  }

  var orderFile: FilePath { path.appending("order.json") }
  var cutoverFile: FilePath { path.appending("cutover.json") }
  var factsFile: FilePath { path.appending("facts.json") }
  /// Its presence asks a job to stop before `stop`.
  var cancelFile: FilePath { path.appending("cancel") }
  var events: FilePath { path.appending("events.jsonl") }
  /// Its presence says that the coordinator came back in.
  var confirmFile: FilePath { path.appending("confirmed") }
  package var log: FilePath { path.appending("log") }
  /// The job's own link of the agent's binary.
  var program: FilePath { path.appending("fleet-agent") }
  /// Previous unit files and outside paths, for the undo.
  var saved: FilePath { path.appending("saved") }
  var savedUnits: UnitShelf { UnitShelf(folder: path.appending("saved-units")) }
  /// The unit files of what is installed by this job: read before anybody but root had them in hand.
  var newUnits: UnitShelf { UnitShelf(folder: path.appending("new-units")) }
  /// What the release consists of, as its archive was judged.
  var manifest: FilePath { path.appending("manifest.json") }
  /// What the early carry put into the staged tree, by its method.
  func carryRecord(_ method: String) -> FilePath { path.appending("carried-\(method)") }

  package var exists: Bool { (try? FileStatus.of(orderFile)) != nil }

  func order() throws(StepFailure) -> JobOrder {
    guard let order = try Stored.read(JobOrder.self, orderFile) else {
      throw .fault("the job \(id) has no order")
    }
    return order
  }

  func facts() throws(StepFailure) -> JobFacts {
    try Stored.read(JobFacts.self, factsFile) ?? JobFacts()
  }

  var isConfirmed: Bool { (try? FileStatus.of(confirmFile)) != nil }
  var isCancelled: Bool { (try? FileStatus.of(cancelFile)) != nil }
}
