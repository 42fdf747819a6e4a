import Upgrade
import Effects
import Files
import Glibc
import SystemPackage
import Wire

/// Ends a job that was found open: with the old version before *commit*, with the new one after it.
/// Done twice, it does nothing the second time.
struct Recovery {
  enum When: Sendable {
    /// The machine runs: after a crash, or by hand.
    case live
    /// At boot before the app: files only.
    case bootFiles
    /// At boot after the app: starts, proves, marks.
    case bootSettle
  }

  let paths: AgentPaths
  let bootID: String
  let when: When
  /// Whose end called for it; nil at boot, and where somebody asks.
  var after: EndedProcess?

  /// How long recovery waits for the lock, in milliseconds: what the job that died had started still holds it,
  /// until that is ended.
  static let lockMilliseconds = (EffectLimits.graceSeconds + EffectLimits.killSeconds + 5) * 1000

  /// What it did, in words for a person; nil when there was nothing to do.
  func run() throws(StepFailure) -> String? {
    // A job that was ordered and never began has made no journal yet.
    guard [paths.journal, paths.lastJob].contains(where: { (try? FileStatus.of($0)) != nil }) else {
      return nil
    }
    let lock: FileLock
    do { lock = try takeTurn() } catch {
      if case .failed(let reason) = error, reason.code == .claimed {
        return "a job is under way; nothing to recover"
      }
      throw error
    }
    // Used to the very end, so that the lock lives as long as the work.
    let words = try end(CommandRunner(lock: lock.descriptor))
    lock.release()
    return words
  }

  private func takeTurn() throws(StepFailure) -> FileLock {
    let lock = try takeLock()
    guard isAwaited else { return lock }
    lock.release()
    waitForProcess()
    return try takeLock()
  }

  private func takeLock() throws(StepFailure) -> FileLock {
    try StateFolder(paths).lock("recover", waitMilliseconds: Self.lockMilliseconds)
  }

  /// Whether nobody has begun the job that was ordered last. Whoever asks may have come between the order and its
  /// process, which takes the lock itself.
  private var isAwaited: Bool {
    guard when == .live, after == nil, let id = try? Stored.read(String.self, paths.lastJob) else {
      return false
    }
    return EventLogRepair.isAwaited(JobEventLog.readAll(JobFolder(paths, id).events).0)
  }

  private func waitForProcess() {
    let end = BootClock.milliseconds() + Follower.orphanMilliseconds
    while BootClock.milliseconds() < end, isAwaited, !StateFolder(paths).isLocked {
      pause(milliseconds: Follower.pollMilliseconds)
    }
  }

  /// Whoever calls it holds the app's lock.
  func end(_ commands: any CommandRunning) throws(StepFailure) -> String? {
    // Only looked at: where none was made yet there may be no room for one, and nothing to do.
    let record: JournalRecord
    do { record = try Journal.peek(paths.journal) ?? JournalRecord() } catch {
      throw .because(.io, "\(error)")
    }
    removeUnfinished(record)
    if let (folder, result) = try jobWithoutOld(record) {
      guard !SystemState.isShuttingDown else { return "the machine is shutting down; nothing is started" }
      return try startOldOnceMore(folder, result, commands)
    }
    guard !Upgrade.recovery(of: record.state).isEmpty, let id = record.job else {
      return when == .bootFiles
        ? nil
        : try EventLogRepair(paths: paths, bootID: bootID, isAtBoot: when != .live, after: after).tell(record)
    }
    if when == .live, SystemState.isShuttingDown {
      return "the machine is shutting down; the job \(id) is ended at the next boot"
    }
    let folder = JobFolder(paths, id)
    let events = try JobEventLog(folder.events)
    let waitsAgain = mayWaitAgain(record, folder)
    let cause = cause(record, folder) ?? (waitsAgain ? nil : unconfirmed(record))
    events.append(JobEvent(event: .note, text: "recovery begins (\(record.state.rawValue))"))
    let outcome = try run(
      .recover(from: record.state, cause: cause, waitsAgain: waitsAgain), folder, events,
      steps(folder, events, commands))
    if outcome == .failed, when == .live, after == nil { throw unended(folder) }
    return "job \(id) was \(record.state.rawValue): "
      + (outcome.map { "now \($0.rawValue)" } ?? "its files are right again")
  }

  /// Whoever asks at the shell hears of it as of any failure.
  private func unended(_ folder: JobFolder) -> StepFailure {
    let why = JobHistory.last(of: folder)?.result?.undoReason?.text ?? "unknown"
    let isPutBack = (try? Journal.peek(paths.journal))?.state == .idle
    return .because(
      .undo,
      "job \(folder.id) "
        + (isPutBack ? "is undone, and the old version is not well" : "could not be undone, and is as it was")
        + ": \(why); log: \(folder.log)")
  }

  func steps(
    _ folder: JobFolder, _ events: JobEventLog, _ commands: any CommandRunning
  ) throws(StepFailure) -> any StepPerformer {
    try UnplacedJob.steps(of: folder) { () throws(StepFailure) in
      let steps = try JobSteps(
        folder: folder, bootID: bootID, events: events, isBootFiles: when == .bootFiles, runner: commands)
      steps.takeTurnIfFree()
      return steps
    }
  }

  func run(
    _ upgrade: Upgrade, _ folder: JobFolder, _ events: JobEventLog, _ steps: any StepPerformer
  ) throws(StepFailure) -> Outcome? {
    let journal: Journal
    do { journal = try Journal.open(paths.journal) } catch { throw .because(.io, "\(error)") }
    let runner = JobRunner(
      journal: journal, job: folder.id, bootID: bootID, events: events, performer: steps)
    return runner.run(
      upgrade, pauseBefore: when == .bootFiles ? [.startOld, .startNew, .settle, .discard] : [])
  }

  /// Temporary files of writers that were killed.
  private func removeUnfinished(_ record: JournalRecord) {
    let last = try? Stored.read(String.self, paths.lastJob)
    let jobs = [record.job, last].compactMap { $0 }.map { JobFolder(paths, $0) }
    for path in [paths.state]
      + jobs.flatMap({ [$0.path, $0.saved, $0.savedUnits.folder, $0.newUnits.folder] })
    {
      (try? Directory.open(path))?.removeUnfinished()
    }
  }

  /// Why the job is open. nil: only power or a shutdown came in between.
  private func cause(_ record: JournalRecord, _ folder: JobFolder) -> Cause? {
    if let cause = record.cause { return cause }
    // At boot nothing has crashed: what the journal tells of this boot, the first half of the recovery wrote.
    guard when == .live, record.bootID == bootID else { return nil }
    let last = JobEventLog.readAll(folder.events).0.last { $0.event == .rested }
    if last?.result?.outcome == .interrupted { return nil }
    return Cause(
      code: .crashed, step: .undo,
      text: "the agent ended in the middle of the job (\(record.state.rawValue))")
  }
}
