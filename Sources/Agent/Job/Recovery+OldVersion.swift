import Upgrade
import Effects
import Files
import SystemPackage
import Wire

/// An old version that an undo put back and that did not come up, started and proved once more: where a person asks,
/// what kept it down may be mended.
extension Recovery {
  /// The job that left it down, where nothing was proved to run since.
  func jobWithoutOld(_ record: JournalRecord) throws(StepFailure) -> (JobFolder, JobResult)? {
    guard when == .live, after == nil, record.state == .idle, let job = record.jobWithoutOld else {
      return nil
    }
    // Whoever follows a job that has not told its end asks, too, and is no person.
    if let last = try Stored.read(String.self, paths.lastJob) {
      guard JobEventLog.readAll(JobFolder(paths, last).events).0.last?.event == .rested else { return nil }
    }
    let folder = JobFolder(paths, job)
    guard let result = JobHistory.last(of: folder)?.result else { return nil }
    // Cut short when this was done before, with other orders since: nobody else ends that story.
    if JobEventLog.readAll(folder.events).0.last?.event != .rested {
      try JobEventLog(folder.events).append(JobEvent(event: .rested, result: result))
    }
    return (folder, result)
  }

  func startOldOnceMore(
    _ folder: JobFolder, _ before: JobResult, _ commands: any CommandRunning
  ) throws(StepFailure) -> String {
    let lost = Self.notPutBack(JobEventLog.readAll(folder.events).0)
    let events = try JobEventLog(folder.events)
    let steps = try JobSteps(
      folder: folder, bootID: bootID, events: events, isBootFiles: false, runner: commands)
    steps.stopUnwell()
    // A mark that somebody has cleared does not come back.
    let cause = try Marks(paths).mark()?.job == folder.id ? before.reason : nil
    let undoCause = lost == nil ? nil : before.undoReason
    let outcome = try run(
      .recover(from: .rolledBack, cause: cause, undoCause: undoCause), folder, events, steps)
    let ended = (try? Journal.peek(paths.journal))?.ended
    guard let ended, ended.outcome != .failed else {
      if outcome == .interrupted {
        // It is as it was, and so it is told.
        let result = steps.rest(.failed, cause: cause, undoCause: before.undoReason)
        events.append(JobEvent(event: .rested, result: result))
        throw .because(.undo, "it was cut off before the old version was proved; type it again")
      }
      let why = ended?.undoCause?.text ?? "it did not prove"
      throw .because(
        .undo, "the old version was started once more, and is not well: \(why); log: \(folder.log)")
    }
    let version = visible(steps.facts.now ?? "unknown", limit: 60)
    return "the old version (\(version)) runs again, "
      + (steps.facts.healthy == true ? "and is well" : "and its services are up")
      + (lost.map {
        "; but on the way back not all was put back: \($0); what was saved is in \(folder.saved)"
      } ?? "")
  }

  /// What an undo could not put back of unit files and paths outside of the install, in words.
  static func notPutBack(_ story: [JobEvent]) -> String? {
    var isRestoring = false
    var lost: String?
    for event in story {
      if event.event == .stepStarted { isRestoring = event.text == Upgrade.Task.restore.words }
      if event.event == .stepEnded, isRestoring, event.ok == false { lost = event.text ?? "unknown" }
    }
    return lost
  }
}
