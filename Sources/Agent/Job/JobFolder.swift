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
  /// See ``CutoverOrder/together``.
  var together: Bool?
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
