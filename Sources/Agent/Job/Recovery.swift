internal import Files
internal import Glibc
internal import SystemPackage
internal import Wire

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

  /// How long a live recovery waits for the lock, in milliseconds: the job that died still holds it
  /// for a moment.
  static let lockMilliseconds = 10_000

  /// What it did, in words for a person; nil when there was nothing to do.
  func run() throws(StepFailure) -> String? {
    guard (try? FileStatus.of(paths.journal)) != nil else { return nil }
    let lock: FileLock
    do {
      lock = try StateFolder(paths).lock("recover", waitMilliseconds: Self.lockMilliseconds)
    } catch {
      if case .failed(let reason) = error, reason.code == .claimed {
        return "a job is under way; nothing to recover"
      }
      throw error
    }
    // Used to the very end, so that the lock lives as long as the work.
    let words = try end()
    lock.release()
    return words
  }

  private func end() throws(StepFailure) -> String? {
    let journal: Journal
    do { journal = try Journal.open(paths.journal) } catch { throw .because(.io, "\(error)") }
    let record = journal.current
    guard !Upgrade.recovery(of: record.state).isEmpty, let id = record.job else {
      return try endStory(record)
    }
    if when == .live, SystemState.isShuttingDown {
      return "the machine is shutting down; the job \(id) is ended at the next boot"
    }
    let folder = JobFolder(paths, id)
    let events = try EventLog(folder.events)
    let waitsAgain = mayWaitAgain(record, folder)
    let cause = cause(record, folder) ?? (waitsAgain ? nil : unconfirmed(record))
    events.append(JobEvent(event: .note, text: "recovery begins (\(record.state.rawValue))"))
    let steps = try JobSteps(
      folder: folder, bootID: bootID, events: events, isBootFiles: when == .bootFiles)
    let runner = JobRunner(
      journal: journal, job: id, bootID: bootID, events: events, performer: steps)
    let outcome = runner.run(
      .recover(from: record.state, cause: cause, waitsAgain: waitsAgain),
      pauseBefore: when == .bootFiles ? [.startOld, .startNew, .settle, .discard] : [])
    return "job \(id) was \(record.state.rawValue): "
      + (outcome.map { "now \($0.rawValue)" } ?? "its files are right again")
  }

  /// The journal is synced before the last event is, so a job may be over and its story not say so. Whoever
  /// follows it would wait for ever.
  private func endStory(_ record: JournalRecord) throws(StepFailure) -> String? {
    guard let id = record.state == .staged ? record.job : record.ended?.job else { return nil }
    let folder = JobFolder(paths, id)
    guard folder.exists, EventLog.lacksEnd(EventLog.readAll(folder.events).0) else { return nil }
    let events = try EventLog(folder.events)
    let steps = try JobSteps(folder: folder, bootID: bootID, events: events)
    let result = steps.rest(
      record.ended?.outcome, cause: record.cause, undoCause: record.ended?.undoCause)
    events.append(JobEvent(event: .rested, result: result))
    return "job \(id) was over; its story says so now"
  }

  /// Why the job is open. nil: only power or a shutdown came in between.
  private func cause(_ record: JournalRecord, _ folder: JobFolder) -> Reason? {
    if let cause = record.cause { return cause }
    // At boot nothing has crashed: what the journal tells of this boot, the first half of the recovery wrote.
    guard when == .live, record.bootID == bootID else { return nil }
    let last = EventLog.readAll(folder.events).0.last { $0.event == .rested }
    if last?.result?.outcome == .interrupted { return nil }
    return Reason(
      code: .crashed, step: .undo,
      text: "the agent ended in the middle of the job (\(record.state.rawValue))")
  }
}
