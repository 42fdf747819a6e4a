import Effects
import Files
import SystemPackage
import Wire

/// The undo. Each task judges by what exists, and may be done twice.
extension JobSteps {
  /// Each part in any case: whatever else fails, the app has to be down before its tree is exchanged. The first
  /// failure is told.
  func halt() throws(StepFailure) {
    // At boot nothing runs yet: the app's units wait for us. And a job that died before it had noted
    // what ran has not stopped anything.
    if isBootFiles || facts.stoppedMilliseconds == nil { return }
    var failure: StepFailure?
    func inAnyCase(_ part: () throws(StepFailure) -> Void) throws(StepFailure) {
      do { try part() } catch {
        if case .shutdown = error { throw error }
        failure = failure ?? error
      }
    }
    try inAnyCase { () throws(StepFailure) in try startSecondDowntime() }
    // The old version's are meant again.
    if facts.wantedTriggers != nil {
      try inAnyCase { () throws(StepFailure) in try note { $0.wantedTriggers = nil } }
    }
    try inAnyCase { () throws(StepFailure) in try services.hold() }
    try inAnyCase { () throws(StepFailure) in try services.stop(.undo) }
    if let failure { throw failure }
    try countDiscarded()
  }

  /// The rows that the new version wrote, which are set aside with it.
  private func countDiscarded() throws(StepFailure) {
    guard try work.isSwapped(job: job) else { return }
    var discarded: Int?
    if let migrated = facts.migratedRows, let now = rows(in: install) { discarded = max(0, now - migrated) }
    if let before = facts.outsideRows,
      let now = rows(
        of: (try? outsidePaths.databases()) ?? [], atMostSeconds: JobLimits.countSeconds)
    {
      discarded = (discarded ?? 0) + max(0, now - before)
    }
    if let discarded { noteForTheReport { $0.rowsDiscarded = discarded } }
  }

  /// A version that was proved (and waited to be confirmed, say) is stopped again: while it ran the app was up.
  private func startSecondDowntime() throws(StepFailure) {
    guard let earlier = facts.downtimeMilliseconds else { return }
    let bootID = bootID
    try note {
      $0.earlierDowntimeMilliseconds = earlier
      $0.downtimeMilliseconds = nil
      $0.stoppedBootID = bootID
      $0.stoppedMilliseconds = BootClock.milliseconds()
    }
    events.append(JobEvent(event: .down))
  }

  /// Never from under an app that runs: it would go on with what is set aside, and every row that it writes be lost.
  func exchangeBack() throws(StepFailure) {
    guard try work.isSwapped(job: job) else { return }
    if !isBootFiles, try !services.running(.holders).isEmpty { try services.stop(.holders) }
    try work.exchange()
  }

  /// Each part in any case: that one fails is no reason to leave the others as they are. The first failure is told.
  func restore() throws(StepFailure) {
    var failure: StepFailure?
    do { try undoFinish() } catch {
      if case .shutdown = error { throw error }
      failure = error
    }
    do { try outsidePaths.restore(keepsReplaced: facts.newBegun == true, say) } catch {
      failure = failure ?? error
    }
    do { try unitFiles.restore(from: folder.savedUnits) } catch { throw failure ?? .from(error, .undo) }
    // A unit that is a link into the install is the old version's again since the exchange.
    if facts.stoppedMilliseconds != nil { do { try services.reload() } catch { throw failure ?? error } }
    if let failure { throw failure }
  }

  /// The latest first. Only what was begun is taken back.
  private func undoFinish() throws(StepFailure) {
    defer { syncEverything() }
    for step in profile.steps.finish.prefix(facts.finishBegun).reversed() {
      guard let undo = step.undo else { continue }
      let run = Run(
        command: undo, directory: step.directory, timeoutSeconds: JobLimits.undoSeconds,
        user: step.user)
      try finish(run, old: install, code: .undo)
    }
  }

  func startOld() throws(StepFailure) {
    guard facts.stoppedMilliseconds != nil else { return }
    try services.lift()
    do { try services.start(facts.running, .undo) } catch {
      if case .shutdown = error { throw error }
      // What failed once need not fail again, and nothing else brings the app back.
      try services.start(facts.running, .undo)
    }
  }

  /// Before the old version is started once more: what runs and is not well has not what was mended.
  func stopUnwell() {
    guard facts.stoppedMilliseconds != nil, problemNow() != nil else { return }
    do { try services.stop(.undo) } catch { say("what runs could not be stopped: \(error)") }
  }

  func proveOld() throws(StepFailure) {
    noteForTheReport {
      $0.now = nil
      $0.healthy = false
    }
    let version = try Install.version(profile.version, in: install)
    noteForTheReport { $0.now = version }
    guard version == facts.from else {
      throw .because(
        .undo, "the version read back is \(visible(version)), not \(facts.from ?? "unknown")")
    }
    guard facts.wasHealthy else {
      say("the app was not well before the upgrade either; only its services are looked at")
      if let why = try services.notUp(facts.running) { throw .because(.undo, why) }
      return
    }
    backUp(since: try proveHealth(.undo), version: version)
    tellWhatOldLacks()
  }

  func mark(_ cause: Cause?) throws(StepFailure) {
    guard let cause else { return }
    let release: ReleaseName? = if case .upgrade(let order) = order { order.release } else { nil }
    try Marks(paths).set(
      Mark(
        job: job, tag: release?.tag ?? facts.target ?? "", reason: cause,
        timeMilliseconds: WallClock.milliseconds(), logPath: folder.log.string, sha256: release?.sha256))
  }

  func discard() throws(StepFailure) {
    // Only a job that came to `stop` has put a hold and drop-ins there.
    if facts.stoppedMilliseconds != nil { try services.removeHold() }
    if let folder = try? Directory.openReal(work.path) {
      Install.removeTried(in: FilePath(profile.backups), work: folder)
    }
    // The old tree did not become a backup.
    if let name = facts.backupName { try BackupRecords(paths).forget(name) }
    try work.discard(job: job)
  }
}
