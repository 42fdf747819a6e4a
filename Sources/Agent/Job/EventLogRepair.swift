import Upgrade
import Files
import SystemPackage
import Wire

/// A job's process that has ended: one half of the job.
struct EndedProcess: Equatable, Sendable {
  let job: String
  let phase: JobPhase
}

/// The last word of a job's story, where a crash came between the journal's and it, or the job was ordered and
/// never began: without it whoever follows the job would wait for ever.
struct EventLogRepair {
  let paths: AgentPaths
  let bootID: String
  /// After a boot that a job did not end is nobody's fault.
  let isAtBoot: Bool
  /// nil: nobody has worked on the job for a while, or somebody asks.
  var after: EndedProcess?

  /// Writes it down if it is missing, for the job that was ordered last. The app's lock is held, and no job is
  /// open. Returns what it did, in words; nil when nothing was missing.
  func tell(_ record: JournalRecord) throws(StepFailure) -> String? {
    guard let id = try Stored.read(String.self, paths.lastJob) else { return nil }
    let folder = JobFolder(paths, id)
    let story = JobEventLog.readAll(folder.events).0
    guard folder.exists, story.last?.event != .rested else { return nil }
    if let after, !Self.concerns(after, id, story) { return nil }
    let end = Self.end(of: id, record, story, wasCut: isAtBoot || record.bootID != bootID)
    let events = try JobEventLog(folder.events)
    let steps = try UnplacedJob.steps(of: folder) { () throws(StepFailure) in
      try JobSteps(folder: folder, bootID: bootID, events: events)
    }
    let undoCause = record.ended?.job == id ? record.ended?.undoCause : nil
    let result = steps.rest(end.outcome, cause: end.cause, undoCause: undoCause)
    guard events.append(JobEvent(event: .rested, result: result)) else {
      throw .because(.space, "how the job \(id) ended cannot be written down in \(folder.events)")
    }
    return "the job \(id) had not told how it rests: \(end.outcome?.rawValue ?? "staged")"
  }

  /// Whether what is missing is that process's to tell. Behind its own last word there may already be the next order,
  /// whose process is just being started.
  static func concerns(_ ended: EndedProcess, _ job: String, _ story: [JobEvent]) -> Bool {
    guard ended.job == job else { return false }
    guard let rest = story.last(where: { $0.event == .rested }) else { return true }
    // A cutover begins behind the last word of its stage.
    return (ended.phase == .cutover && rest.result?.outcome == nil) || !isAwaited(story)
  }

  /// Whether the story ends with an order that nobody has begun: its process may just be being started.
  static func isAwaited(_ story: [JobEvent]) -> Bool {
    let order = story.reversed().prefix { $0.event != .rested }
    return !order.isEmpty && !order.contains { $0.event == .stepStarted }
  }

  /// How a job rests by what the journal and the story so far say.
  ///
  /// - Parameter wasCut: the power was cut, or the machine shut down, since the journal was written.
  static func end(
    of job: String, _ record: JournalRecord, _ story: [JobEvent], wasCut: Bool
  ) -> (outcome: Outcome?, cause: Cause?) {
    let steps = (story.split { $0.event == .rested }.last ?? []).filter { $0.event == .stepStarted }
    if record.state == .idle, let ended = record.ended, ended.job == job, !steps.isEmpty {
      return (ended.outcome, record.cause)
    }
    let isStaged = record.state == .staged && record.job == job
    if isStaged, steps.contains(where: { $0.step != .ask }) { return (nil, nil) }
    if wasCut { return (.interrupted, nil) }
    let words = isStaged ? "before the stop; it is still staged" : "before the job began; nothing was touched"
    return (
      isStaged ? .deferred : .refused,
      Cause(code: .crashed, step: isStaged ? .ask : .check, text: "the agent ended \(words)")
    )
  }
}
