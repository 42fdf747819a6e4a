import Upgrade
import Effects
import Files
import Glibc
import SystemPackage
import Wire

/// `fleet-agent job APP JOB stage|cutover`: one half of a job, in a process of its own.
struct JobProgram {
  let paths: AgentPaths
  let bootID: String

  /// How long a job waits for somebody who only looks to let the lock go, in milliseconds.
  static let lockMilliseconds = 20_000

  func run(_ id: String, _ phase: JobPhase) throws(StepFailure) -> Int32 {
    let lock = try StateFolder(paths).lock(
      "job \(id) (\(phase.rawValue))", waitMilliseconds: Self.lockMilliseconds)
    // Used to the very end, so that the lock lives as long as the work.
    let status = try work(JobFolder(paths, id), phase, CommandRunner(lock: lock.descriptor))
    lock.release()
    return status
  }

  /// Whoever calls it holds the app's lock.
  func work(
    _ folder: JobFolder, _ phase: JobPhase, _ commands: any CommandRunning
  ) throws(StepFailure) -> Int32 {
    let id = folder.id
    // The order that started us is the last thing that its story tells. If it already rests, the order was given
    // twice, and another process has done it.
    if JobEventLog.readAll(folder.events).0.last?.event == .rested { return 0 }
    let events = try JobEventLog(folder.events)
    do {
      let journal = try openJournal()
      try requireTurn(id, phase, journal.current)
      let steps = try JobSteps(folder: folder, bootID: bootID, events: events, runner: commands)
      steps.looksAtTheEnd = true
      let runner = JobRunner(
        journal: journal, job: id, bootID: bootID, events: events, performer: steps)
      let outcome = runner.run(try start(folder, phase))
      return outcome == nil || outcome == .upgraded ? 0 : 1
    } catch {
      // It could not even begin, so nothing was touched: what is staged still is.
      let record = try? Journal.peek(paths.journal)
      let isStaged = record?.state == .staged && record?.job == id
      var result = JobResult(job: id, outcome: isStaged ? .deferred : .refused, target: "")
      if case .failed = error { result.reason = error.cause(at: phase == .stage ? .check : .ask) }
      events.append(JobEvent(event: .rested, result: result))
      throw error
    }
  }

  private func start(_ folder: JobFolder, _ phase: JobPhase) throws(StepFailure) -> Upgrade {
    guard phase == .cutover else { return .stage() }
    let ordered = try Stored.read(OrderedCutover.self, folder.cutoverFile)
    return .cutover(confirmed: ordered?.confirmWithinSeconds != nil)
  }

  private func openJournal() throws(StepFailure) -> Journal {
    do { return try Journal.open(paths.journal) } catch { throw .because(.io, "\(error)") }
  }

  private func requireTurn(
    _ id: String, _ phase: JobPhase, _ record: JournalRecord
  ) throws(StepFailure) {
    let isRight =
      switch phase {
      case .stage: record.state == .idle || record.state == .staged
      case .cutover: record.state == .staged && record.job == id
      }
    guard isRight else {
      throw .because(
        .claimed, "the journal says \(record.state.rawValue) of job \(record.job ?? "none")")
    }
  }

  /// `fleet-agent supervise APP JOB PHASE`, where there is no systemd: runs the job as a child and
  /// recovers after it, however it ended.
  func supervise(_ id: String, _ phase: JobPhase) throws(StepFailure) -> Int32 {
    let program = JobFolder(paths, id).program.string
    _ = Detach.wait(
      for: try Detach.spawn([program, "job", paths.app, id, phase.rawValue]),
      atMostSeconds: Launcher.longestJobSeconds)
    return Detach.wait(for: try Detach.spawn([program, "recover", paths.app, id, phase.rawValue]))
  }
}
