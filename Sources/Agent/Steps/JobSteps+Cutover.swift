import Effects
import Database
import Files
import Release
import SystemPackage
import Wire

/// From *guard* to *commit*: the only downtime.
extension JobSteps {
  /// The last moment at which nothing has happened yet. Fails closed.
  func ask() throws(StepFailure) {
    guard let ordered = try Stored.read(OrderedCutover.self, folder.cutoverFile) else {
      throw .because(.orderExpired, "there is no order to cut over")
    }
    try requireInForce(ordered)
    try takeTurn(ordered)
    if let mark = try Marks(paths).mark() {
      throw .because(.marked, "this host was marked meanwhile (\(mark.reason.text))")
    }
    oldTree = try files { () throws(FileError) in try Directory.openReal(install) }
    try requireFreshStage()
    try outsidePaths.check()
    try requireRoomOutside()
    outsideDatabases = try outsidePaths.databases()
    try requireNobodyElseUses()
    try askGuards()
    try noteParity()
    // So that what goes to the disk while the app is down is only what was carried since.
    try files { () throws(FileError) in try Directory.openReal(work.path).synchronizeFileSystem() }
    try throwIfInterrupted()
    // Asking may have taken its time.
    try requireInForce(ordered)
  }

  /// - Parameter other: who else is in a cutover on this machine.
  func requireInForce(_ ordered: OrderedCutover, waitingFor other: String? = nil) throws(StepFailure) {
    guard ordered.bootID == bootID else {
      throw .because(.orderExpired, "the host has booted since the cutover was ordered")
    }
    guard BootClock.milliseconds() < ordered.expiresMilliseconds else {
      throw .because(
        .orderExpired,
        "the order to cut over has expired"
          + (other.map { "; another cutover on this machine is still under way: \($0)" } ?? ""))
    }
  }

  private func requireFreshStage() throws(StepFailure) {
    func stale(_ why: String) -> StepFailure {
      .because(.stageExpired, "what was staged is no longer good: \(why); it is staged again")
    }
    guard let stagedAt = facts.stagedMilliseconds, facts.stagedBootID == bootID else {
      throw stale("the host has booted since")
    }
    guard BootClock.milliseconds() - stagedAt < JobLimits.stageHours * 3_600_000 else {
      throw stale("it is older than \(JobLimits.stageHours) h")
    }
    guard facts.systemStamp == SystemStamp.now() else {
      throw stale("Debian packages changed since")
    }
    guard try Install.version(profile.version, in: install) == facts.from,
      try installedRelease()?.tag == facts.fromTag
    else { throw stale("another version is installed now") }
    if let mounted = try Install.mounted(install) { throw stale(mounted) }
    // A stage may wait for hours, in which its owner works on the host.
    if case .upgrade(let order) = order {
      let left = try leftBehind(order)
      if left.count > 0, !order.leave || !left.data.isEmpty {
        let first = left.data.first ?? left.paths.first ?? ""
        throw stale("\(left.count) files would be left behind that were not there (\(first))")
      }
    }
    guard try work.maker(of: work.tree) == job else { throw stale("the staged tree is gone") }
    guard let staged = facts.stagedDigest else { return }
    let digest: String
    do { digest = try digestStagedTree() } catch {
      guard case .failed(let reason) = error, reason.code == .io else { throw error }
      throw stale("it cannot be read (\(reason.text))")
    }
    guard digest == staged else {
      throw stale("it changed on the disk since (a failing disk, or somebody's hand)")
    }
  }

  func stop() throws(StepFailure) {
    let (running, triggers) = (try services.running(.stop), services.triggers)
    do { try unitFiles.keep(on: folder.savedUnits) } catch { throw .from(error, .stop) }
    let name = Backups.name(profile: profile, version: facts.from ?? "unknown")
    // Noted first: a record that no job knows of would stay for ever. Here a full disk does no harm yet.
    try note { $0.backupName = name }
    try BackupRecords(paths).keep(
      BackupRecord(note: backupNote(), release: facts.fromRelease), as: name, units: profile.units,
      from: folder.savedUnits)
    let bootID = bootID
    try note {
      $0.running = running
      $0.triggers = triggers
      // From here on it is not known.
      $0.healthy = nil
      $0.now = nil
      $0.stoppedBootID = bootID
      $0.stoppedMilliseconds = BootClock.milliseconds()
    }
    try services.hold()
    // The app has run until now: systemd takes its time to read the hold.
    try note { $0.stoppedMilliseconds = BootClock.milliseconds() }
    events.append(JobEvent(event: .down))
    try services.stop(.stop)
    try requireNobodyHolds()
    countOutside()
    try outsidePaths.save()
  }

  /// To count later what an undo discards.
  private func countOutside() {
    let rows = rows(of: outsideDatabases, atMostSeconds: JobLimits.countSeconds)
    noteForTheReport { $0.outsideRows = rows }
  }

  private func backupNote() -> Marker.BackupNote {
    Marker.BackupNote(
      job: job, version: facts.from ?? "unknown",
      timeMilliseconds: Backups(paths, profile: profile).nextTimeMilliseconds(),
      isFromBeforeFleet: facts.isFromBeforeFleet ?? (facts.fromTag == nil), profile: profile,
      wasHealthy: facts.wasHealthy)
  }

  var outsidePaths: OutsidePaths {
    OutsidePaths(profile: profile, saved: folder.saved, owner: site.ownerID, bootID: bootID)
  }

  var unitFiles: UnitFiles { UnitFiles(units: profile.units) }

  func migrate() throws(StepFailure) {
    guard case .upgrade = order else { return }
    let scratch = try scratch()
    var place = confinement(scratch, network: false)
    if !profile.steps.migrate.isEmpty {
      place.outside = try outsidePaths.directories()
    }
    if !place.outside.isEmpty { try note { $0.newBegun = true } }
    for step in profile.steps.migrate {
      try require(
        step, environment(scratch: scratch, old: scratch.old), code: .migrate, isolation: place,
        isMigration: true, mayBeTakenBack: false)
    }
    if !place.outside.isEmpty {
      outsideDatabases = try outsidePaths.databases()
      countOutside()
    }
    let rows = try requireRevision(in: work.tree, wantedBy: work.tree, countingRows: true, code: .migrate)
    noteForTheReport { $0.migratedRows = rows }
  }

  /// Everything of the new tree is on the disk before the journal says so; and nobody has come back, nor has
  /// anything been mounted in the old one.
  func seal() throws(StepFailure) {
    try files { () throws(FileError) in try Directory.openReal(work.path).synchronizeFileSystem() }
    if let mounted = try Install.mounted(install) { throw .because(.install, mounted) }
    try requireNobodyHolds()
  }

  func restart() throws(StepFailure) {
    do { try unitFiles.install(from: folder.newUnits, install: install) } catch {
      throw .from(error, .restart)
    }
    // Also where fleet put none in place: a unit may be a link into the install, whose target is another one since
    // the swap, and systemd would start the new version by what it read of the old one.
    try services.reload()
    if !profile.outside.isEmpty { try note { $0.newBegun = true } }
    for (index, step) in profile.steps.finish.enumerated() {
      try note { $0.finishBegun = index + 1 }
      try finish(step, old: work.tree, code: .restart)
    }
    let wanted = try services.remainingTriggers()
    try note { $0.wantedTriggers = wanted }
    try services.lift()
    try services.start(services.names, .restart)
  }

  func prove() throws(StepFailure) {
    let version = try Install.version(profile.version, in: install)
    guard let target = facts.target, Version.isSame(version, target) else {
      throw .because(
        .prove, "the version read back is \(visible(version)), not \(facts.target ?? "")")
    }
    var back: [ParityRecord] = []
    let wellSince = try proveHealth(.prove, also: parityFinding { back = $0 })
    backUp(since: wellSince, version: version)
    if facts.parity?.isEmpty == false { noteForTheReport { $0.isBack = back } }
  }

  /// The app runs again: the clock of downtime stops.
  func backUp(since wellSince: Int64, version: String) {
    // Proved once more after a boot: what was measured before it stays.
    var downtime = facts.downtimeMilliseconds
    if downtime == nil, let stopped = facts.stoppedMilliseconds, facts.stoppedBootID == bootID {
      downtime = Int(max(0, wellSince - stopped)) + (facts.earlierDowntimeMilliseconds ?? 0)
    }
    noteForTheReport {
      $0.downtimeMilliseconds = downtime
      $0.now = version
      $0.healthy = true
    }
    events.append(JobEvent(event: .up, milliseconds: downtime))
  }

  func commit() throws(StepFailure) {
    try files { () throws(FileError) in try Directory.openReal(install).synchronizeFileSystem() }
    // What `finish` steps changed may lie on other disks.
    try outsidePaths.synchronize()
    syncEverything()
  }

  /// What `finish` steps, or their undo commands, changed anywhere is on the disk before the journal says that they
  /// are done. Best effort, with an end: a disk that has nothing to do with the app may hang.
  func syncEverything() {
    guard facts.finishBegun > 0 else { return }
    let sync = Run(command: .arguments(["sync"]), timeoutSeconds: JobLimits.syncSeconds)
    _ = try? require(sync, environment(scratch: nil, old: install), code: .io, mayBeTakenBack: false)
  }

  /// The old tree becomes the dated backup; old backups go; nothing of the job stays in the way.
  func settle() throws(StepFailure) {
    guard try work.isSwapped(job: job) else {
      throw .because(.io, "the journal says committed, but the new tree is not at \(install)")
    }
    let backups = Backups(paths, profile: profile)
    let name = facts.backupName ?? Backups.name(profile: profile, version: facts.from ?? "unknown")
    try backups.keep(
      work.tree, as: name, note: backups.records.record(of: name)?.note ?? backupNote(), using: work.reserved)
    try services.removeHold()
    try work.discard(job: job)
    let marks = Marks(paths)
    switch order {
    case .upgrade(let order):
      try marks.forget(sha256: order.release.sha256)
      try Stored.remove(paths.held)
      tidy("old artifacts") { () throws(StepFailure) in
        try Artifacts(paths).prune(keep: backups.records.artifacts().union([order.release.sha256]))
      }
    case .rollback:
      if let left = facts.fromTag ?? facts.from { try marks.hold(left) }
    }
    tidy("old backups") { () throws(StepFailure) in
      try backups.prune(keep: profile.keepBackups, bytes: profile.backupsBytes)
    }
  }

  /// What only takes room is no reason that a job does not end: the next one tries again.
  private func tidy(_ what: String, _ work: () throws(StepFailure) -> Void) {
    do { try work() } catch {
      say("\(what) could not be removed: \(error)")
    }
  }
}
