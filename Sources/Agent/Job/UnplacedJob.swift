import Effects
import Upgrade
import Files
import SystemPackage
import Wire

/// A job that ended before it had written down where the app lies, and now that cannot be found out either: it has made
/// nothing, so there is nothing to take back.
final class UnplacedJob: StepPerformer {
  let facts: JobFacts
  private let folder: JobFolder

  init(folder: JobFolder, facts: JobFacts) {
    self.folder = folder
    self.facts = facts
  }

  /// The steps of a job, or this in their place.
  static func steps(
    of folder: JobFolder, _ make: () throws(StepFailure) -> JobSteps
  ) throws(StepFailure) -> any StepPerformer {
    do { return try make() } catch {
      // A fleet that wrote no place down had read the version, whatever it was about to do.
      guard let facts = try? folder.facts(), facts.site == nil, facts.from == nil else { throw error }
      return UnplacedJob(folder: folder, facts: facts)
    }
  }

  var isShuttingDown: Bool { Termination.isWanted }

  func perform(_ task: Upgrade.Task, cause: Cause?) throws(StepFailure) {
    guard task == .discard else { throw .fault("\(task.rawValue) of a job that has no place") }
  }

  func rest(_ outcome: Outcome?, cause: Cause?, undoCause: Cause?) -> JobResult {
    var result = JobResult(job: folder.id, outcome: outcome, target: "")
    result.reason = cause
    result.undoReason = undoCause
    result.steps = StepStory.records(of: JobEventLog.readAll(folder.events).0)
    result.logPath = folder.log.string
    return result
  }
}
