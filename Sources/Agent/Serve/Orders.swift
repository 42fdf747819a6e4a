import Upgrade
import Files
import SystemPackage
import Wire

/// Takes orders for jobs. The same order twice is the same job.
struct Orders {
  let paths: AgentPaths
  let bootID: String

  init(_ paths: AgentPaths, _ bootID: String) {
    self.paths = paths
    self.bootID = bootID
  }

  /// A cutover must reach `stop` within this, in seconds, whatever was ordered.
  static let longestOrderSeconds = 24 * 3600

  func stage(_ order: JobOrder) throws(StepFailure) -> Reply {
    try StateFolder(paths).prepare()
    if let other = try Claims(paths: paths, bootID: bootID).inForce(),
      !other.covers(job: order.job)
    {
      return .claimed(other)
    }
    let folder = JobFolder(paths, order.job)
    if folder.exists, try folder.order() == order, try !isOver(folder), try !isStale(folder),
      try isTaken(folder)
    {
      return .ok
    }
    // A boot may still be ending the job before: that is soon done, and no reason to refuse a host.
    let lock = try StateFolder(paths).lock(
      "an order to stage", waitMilliseconds: JobProgram.lockMilliseconds)
    if let other = try otherInstall(order.profile) { return .refused(other) }
    let record = try journal()
    if record.state != .idle, record.state != .staged {
      return .refused(
        Cause(
          code: .claimed, step: .check,
          text: "the job \(record.job ?? "") is open (\(record.state.rawValue)); "
            + "on the host: \(CommandLink.command) recover"))
    }
    try files { () throws(FileError) in
      let jobs = try Directory.open(paths.jobs)
      if let name = FilePath.Component(order.job) {
        try jobs.makeDirectory(name, permissions: FilePermissions(rawValue: 0o700))
      }
    }
    try forgetOldJobs(except: [order.job, record.job ?? "", record.jobWithoutOld ?? ""])
    try Stored.remove(folder.cancelFile)
    try Stored.remove(folder.factsFile)
    // Before there is a job, so that the story of each can be ended: on a full disk it could not be begun then.
    try announce("staging was ordered", folder)
    try Stored.write(order, folder.orderFile)
    try Stored.write(order.job, paths.lastJob)
    lock.release()
    try Launcher(folder: folder).launch(.stage)
    return .ok
  }

  func cutover(_ order: CutoverOrder) throws(StepFailure) -> Reply {
    let folder = JobFolder(paths, order.job)
    if let reply = try replyUnlessStaged(folder) { return reply }
    if let other = try Claims(paths: paths, bootID: bootID).inForce(),
      !other.covers(job: order.job)
    {
      return .claimed(other)
    }
    let lock: FileLock
    do { lock = try StateFolder(paths).lock("an order to cut over") } catch {
      if isUnderWay(folder) { return .ok }
      throw error
    }
    // While the lock was waited for, the same order may have been followed to its end.
    if let reply = try replyUnlessStaged(folder) {
      lock.release()
      return reply
    }
    if let seen = order.seen, let rested = lastRest(of: folder), rested > seen {
      lock.release()
      return .refused(
        Cause(
          code: .orderExpired, step: .ask,
          text: "the order is older than what became of \(order.job) since; nothing was done"))
    }
    do { try write(order, folder) } catch {
      lock.release()
      // Where there is not even room for the order, the app needs what the stage takes.
      if case .failed(let reason) = error, reason.code == .space { try giveUpStage(folder) }
      throw error
    }
    lock.release()
    try Launcher(folder: folder).launch(.cutover)
    return .ok
  }

  /// What is said of a job that cannot be cut over; nil where it is staged.
  private func replyUnlessStaged(_ folder: JobFolder) throws(StepFailure) -> Reply? {
    let record = try journal()
    if folder.exists, record.job == folder.id, record.state == .staged { return nil }
    // Under way, or over: whoever follows it hears how.
    if isUnderWay(folder) || hasEnded(folder) { return .ok }
    return .refused(
      Cause(
        code: .stageExpired, step: .ask,
        text: "\(folder.id) is not staged on this host (\(record.state.rawValue))"))
  }

  /// Why the order is not for the install that this state is of: the last job's, where that is still there, and the job
  /// did something to it.
  private func otherInstall(_ profile: AppProfile) throws(StepFailure) -> Cause? {
    guard let last = try Stored.read(String.self, paths.lastJob) else { return nil }
    let isOpen = try journal().state != .idle
    let hasActed = try JobFolder(paths, last).facts().stoppedMilliseconds != nil
    guard isOpen || hasActed,
      let known = try? JobFolder(paths, last).order().profile.install, known != profile.install,
      let old = try? realPath(FilePath(known)), let new = try? realPath(FilePath(profile.install)), old != new
    else { return nil }
    return Cause(
      code: .install, step: .check,
      text:
        "what fleet knows of \(paths.app) here is of \(old), not of \(new): a second install on a machine "
        + "has an instance: NAME of its own in fleet.yaml; one that moved leaves nothing at its old place")
  }

  private func write(_ order: CutoverOrder, _ folder: JobFolder) throws(StepFailure) {
    let seconds = min(max(order.lifetimeSeconds, 1), Self.longestOrderSeconds)
    try Stored.remove(folder.cancelFile)
    try Stored.remove(folder.confirmFile)
    try Stored.write(
      OrderedCutover(
        bootID: bootID,
        expiresMilliseconds: BootClock.milliseconds() + Int64(seconds) * 1000,
        confirmWithinSeconds: order.confirmWithinSeconds, together: order.together),
      folder.cutoverFile)
    try announce("the cutover was ordered", folder)
  }

  /// The coordinator is there: the job that waits for that may commit. Twice is as good as once.
  ///
  /// - Parameter opened: when this conversation began, on the clock that counts from the boot.
  func confirm(_ job: String, opened: Int64) throws(StepFailure) -> Reply {
    let folder = JobFolder(paths, job)
    let record = try journal()
    func no(_ code: Cause.Code, _ text: String) -> Reply {
      .refused(Cause(code: code, step: .confirm, text: "\(job) \(text)"))
    }
    guard folder.exists else { return no(.fault, "is no job of this host") }
    guard record.job == job else {
      let last = JobEventLog.readAll(folder.events).0.last { $0.event == .rested }
      return last?.result?.outcome?.isCommitted == true
        ? .ok : no(.unconfirmed, "does not wait to be confirmed; it is over")
    }
    switch record.state {
    case .committed: return .ok
    case .proved: break
    case .rollingBack, .rolledBack: return no(.unconfirmed, "goes back already")
    default: return no(.notNow, "does not wait to be confirmed yet (\(record.state.rawValue))")
    }
    guard let wait = try folder.facts().confirmation else {
      return no(.notNow, "does not wait to be confirmed yet")
    }
    guard wait.isFresh(openedIn: bootID, at: opened) else {
      return no(.notNow, "has to be confirmed over a connection that is younger than its new version")
    }
    try Stored.write(true, folder.confirmFile)
    return .ok
  }

  func cancel(_ job: String) throws(StepFailure) -> Reply {
    let folder = JobFolder(paths, job)
    guard folder.exists else {
      return .refused(Cause(code: .fault, step: .check, text: "there is no job \(job) here"))
    }
    try Stored.write(true, folder.cancelFile)
    do { try giveUpStage(folder) } catch {
      // Whoever has the lock: a job that is under way sees the cancel file by itself.
      guard case .failed(let reason) = error, reason.code == .claimed else { throw error }
    }
    return .ok
  }

  /// What is staged and waits is thrown away here and now: nobody else would before the next job.
  private func giveUpStage(_ folder: JobFolder) throws(StepFailure) {
    guard try isStaged(folder) else { return }
    let lock = try StateFolder(paths).lock("an order taken back")
    // A cutover may have been ordered, and ended, meanwhile.
    if try isStaged(folder) {
      let journal: Journal
      do { journal = try Journal.open(paths.journal) } catch { throw .because(.io, "\(error)") }
      let events = try JobEventLog(folder.events)
      let steps = try JobSteps(folder: folder, bootID: bootID, events: events)
      let runner = JobRunner(
        journal: journal, job: folder.id, bootID: bootID, events: events, performer: steps)
      _ = runner.run(.abandon())
    }
    lock.release()
  }

  private func isStaged(_ folder: JobFolder) throws(StepFailure) -> Bool {
    let record = try journal()
    return record.state == .staged && record.job == folder.id
  }

  /// How many jobs stay to be looked at.
  static let keptJobs = 20

  private func forgetOldJobs(except kept: Set<String>) throws(StepFailure) {
    try files { () throws(FileError) in
      let jobs = try Directory.open(paths.jobs)
      var dated: [(name: FilePath.Component, changed: FileTime)] = []
      for name in try jobs.entries() where !kept.contains(name.string) {
        if let status = try jobs.statusIfPresent(of: name) { dated.append((name, status.modified)) }
      }
      for job in dated.sorted(by: { $0.changed > $1.changed }).dropFirst(Self.keptJobs) {
        try jobs.removeTree(job.name)
      }
    }
  }

  private func journal() throws(StepFailure) -> JournalRecord {
    do { return try Journal.peek(paths.journal) ?? JournalRecord() } catch {
      throw .because(.io, "\(error)")
    }
  }

  /// An event that is not the rest of a job: followers wait for what comes after it.
  private func announce(_ text: String, _ folder: JobFolder) throws(StepFailure) {
    guard try JobEventLog(folder.events).append(JobEvent(event: .note, text: text)) else {
      throw .because(.space, "cannot write to \(folder.events); the disk may be full")
    }
  }

  /// Whether a process works on the job or has. Not so, we may have been killed between writing the order down
  /// and starting it.
  private func isTaken(_ folder: JobFolder) throws(StepFailure) -> Bool {
    if try journal().job == folder.id || StateFolder(paths).isLocked { return true }
    return try Launcher(folder: folder).isLaunched(.stage)
  }

  /// The number of the event with which the job rested last.
  private func lastRest(of folder: JobFolder) -> Int? {
    JobEventLog.readAll(folder.events).0.last { $0.event == .rested }?.seq
  }

  private func isUnderWay(_ folder: JobFolder) -> Bool {
    guard let last = JobEventLog.readAll(folder.events).0.last else { return false }
    return last.event != .rested
  }

  private func hasEnded(_ folder: JobFolder) -> Bool {
    JobEventLog.readAll(folder.events).0.last?.result?.outcome != nil
  }

  /// Staged before the last boot, or so long ago that it may expire before its turn comes: its cutover
  /// would be refused.
  private func isStale(_ folder: JobFolder) throws(StepFailure) -> Bool {
    guard try isStaged(folder) else { return false }
    let facts = try folder.facts()
    guard facts.stagedBootID == bootID, let stagedAt = facts.stagedMilliseconds else { return true }
    return BootClock.milliseconds() - stagedAt > JobLimits.stageHours * 3_600_000 / 2
  }

  /// Rested with an outcome: a new order of the same name begins again.
  private func isOver(_ folder: JobFolder) throws(StepFailure) -> Bool {
    guard let last = JobEventLog.readAll(folder.events).0.last, last.event == .rested else {
      return false
    }
    if last.result?.outcome == .deferred, last.result?.reason?.code != .stageExpired {
      // Put off, and still staged: the same stage serves the next order.
      return try journal().job != folder.id
    }
    return last.result?.outcome != nil
  }
}
