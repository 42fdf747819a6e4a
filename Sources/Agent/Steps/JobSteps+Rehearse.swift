import Effects
import Database
import Files
import SystemPackage
import Wire

/// *rehearse* and *complete*: the migration on a copy of the live databases, in a place where it can
/// disturb nothing. All of it is thrown away.
extension JobSteps {
  func rehearse() throws(StepFailure) {
    guard case .upgrade = order else { return }
    let databases = try databaseFiles()
    let outside = try outsideToMigrate()
    guard !databases.isEmpty || !outside.isEmpty else { return }
    let scratch = try scratch()
    try throwAwayRehearsal()
    let rehearsal: RehearsalTree
    do {
      rehearsal = try RehearsalTree.make(
        of: work.tree, install: install, outside: outside.map(\.place), scratch: scratch, runner: runner,
        copying: copying(besides: outside))
    } catch {
      try throwIfInterrupted()
      switch error {
      case .noRoom(let bytes, let path): try SpaceReserve.require(bytes, at: path)
      case .file(let error): throw .from(error)
      case .command: break
      }
      throw .from(error, .rehearsal)
    }
    let began = BootClock.milliseconds()
    let changes = try files { () throws(FileError) in try Directory.open(rehearsal.staged.changes) }
    try copyForRehearsal(databases, of: install, into: changes)
    for (layer, found) in zip(rehearsal.outside, outside) {
      let changes = try files { () throws(FileError) in try Directory.open(layer.changes) }
      try copyForRehearsal(found.databases, of: found.directory, into: changes)
      try files { () throws(FileError) in try layer.hideSides(of: found.databases) }
    }
    try requireRevision(in: changes.path, wantedBy: nil, code: .rehearsal)
    // Migrations read settings; linked pictures are not needed.
    try carry(.copy, into: changes, after: CarryRecord())
    for step in profile.steps.migrate {
      try require(
        step, environment(scratch: scratch, old: scratch.old), code: .rehearsal,
        isolation: rehearsal.isolation(), isMigration: true, background: true)
    }
    try requireReleaseFiles(in: changes.path, layer: rehearsal.staged.mode != .direct, code: .rehearsal)
    try requireRevision(in: changes.path, wantedBy: work.tree, code: .rehearsal)
    for (layer, found) in zip(rehearsal.outside, outside) {
      try files { () throws(FileError) in try layer.removeWhiteouts(besides: found.databases) }
      try requireSound(found.databases, in: layer.changes, code: .rehearsal)
    }
    let spent = Int(BootClock.milliseconds() - began)
    let forecast = Forecast(
      rehearsal: spent, earlier: earlierCutovers(), healthyForSeconds: profile.health.healthyForSeconds)
    try note {
      $0.rehearsalMilliseconds = spent
      $0.forecastMilliseconds = forecast.milliseconds
      $0.rehearsedIn = changes.path.string
    }
    if let budget = profile.downtimeBudgetSeconds, forecast.milliseconds > budget * 1000 {
      throw .because(
        .budget,
        "the app would be down for \(forecast.isAtLeast ? "at least" : "about") \(forecast.milliseconds) ms "
          + "(the rehearsal took \(spent) ms, stopping and starting the rest), and the budget is "
          + "\(budget) s (downtime_budget)")
    }
  }

  /// Where there is no overlay. Databases come by SQLite's backup, and without what lies beside the live ones.
  private func copying(besides outside: [OutsideToMigrate]) -> RehearsalLayer.Copying {
    let databases = outside.flatMap { found in found.databases.map { found.directory.pushing($0) } }
    let left = Set(
      databases.flatMap { path in ([""] + SQLiteBackup.sideSuffixes).map { FilePath(path.string + $0) } })
    return RehearsalLayer.Copying(
      excluding: { left.contains($0) },
      hasRoom: { bytes, path in (try? SpaceReserve.require(bytes, at: path)) != nil },
      goOn: { [interruptions] in interruptions() == nil })
  }

  private func copyForRehearsal(
    _ databases: [FilePath], of directory: FilePath, into changes: Directory
  ) throws(StepFailure) {
    try copyDatabases(
      databases, of: directory, into: changes, lockMilliseconds: profile.rehearsalLockSeconds * 1000,
      step: .rehearse, code: .rehearsal)
  }

  /// A directory outside of the install that *migrate* may change, and the databases in it, by their paths there.
  struct OutsideToMigrate {
    var place: Isolation.Outside
    var databases: [FilePath]
    var directory: FilePath { FilePath(place.path) }
  }

  /// None without a migration. What another user's database holds the app's user may not see: that one is shown as it
  /// lies.
  private func outsideToMigrate() throws(StepFailure) -> [OutsideToMigrate] {
    guard !profile.steps.migrate.isEmpty else { return [] }
    let all = try outsidePaths.databases()
    return try outsidePaths.directories().map { place in
      let directory = FilePath(place.path)
      let databases = all.compactMap { path -> FilePath? in
        var inside = path
        guard inside.removePrefix(directory), !inside.isEmpty else { return nil }
        guard (try? FileStatus.of(path))?.user == site.ownerID else {
          say("\(path.printable) is not \(site.ownerName)'s, and is not copied for the rehearsal")
          return nil
        }
        return inside
      }
      return OutsideToMigrate(place: place, databases: databases)
    }
  }

  private func throwAwayRehearsal() throws(StepFailure) {
    try files { () throws(FileError) in
      let scratch = try Directory.open(work.scratch)
      for name in RehearsalTree.names { try scratch.removeTree(name) }
    }
  }

  /// Steps that look at the migrated databases (an app that picks its drivers by them, say) work on
  /// the staged tree itself, with the rehearsal's copies lent to it.
  func complete() throws(StepFailure) {
    guard case .upgrade = order else { return }
    let scratch = try scratch()
    if !profile.steps.complete.isEmpty {
      let lent = try lendCopies()
      for step in profile.steps.complete {
        try require(
          step, environment(scratch: scratch, old: scratch.old), code: .prepare,
          isolation: confinement(scratch, network: true), background: true)
      }
      try takeBack(lent)
      try requireReleaseFiles(in: work.tree, code: .prepare)
    }
    try throwAwayRehearsal()
    if let target = facts.target { try requireVersion(target, in: work.tree) }
    try requireModes(in: work.tree)
  }

  private func lendCopies() throws(StepFailure) -> [FilePath] {
    let tree = try files { () throws(FileError) in try Directory.openReal(work.tree) }
    guard let rehearsed = facts.rehearsedIn.map({ FilePath($0) }) else { return [] }
    let copies = try databaseFiles(in: rehearsed)
    try files { () throws(FileError) in
      let from = try Directory.open(rehearsed)
      for path in copies { try tree.removeFile(at: path) }
      _ = try TreeCarry(.copy, from: from, to: tree).run(copies)
    }
    return copies
  }

  /// The copies, and what SQLite put beside them, do not stay: the databases come for good later.
  private func takeBack(_ copies: [FilePath]) throws(StepFailure) {
    try files { () throws(FileError) in
      let tree = try Directory.openReal(work.tree)
      for path in copies {
        for suffix in [""] + SQLiteBackup.sideSuffixes {
          try tree.removeFile(at: FilePath(path.string + suffix))
        }
      }
    }
  }
}

extension RehearsalLayer {
  /// A copy of a database never sees what lies beside the live one: SQLite would take it for the copy's own.
  fileprivate func hideSides(of databases: [FilePath]) throws(FileError) {
    guard mode != .direct else { return }
    try forEachSide(of: databases) { (side, parent) throws(FileError) in
      if try parent.statusIfPresent(of: side) == nil { try parent.makeWhiteout(side) }
    }
  }

  /// Where nothing is laid over anything a whiteout is a device.
  fileprivate func removeWhiteouts(besides databases: [FilePath]) throws(FileError) {
    guard mode != .direct else { return }
    try forEachSide(of: databases) { (side, parent) throws(FileError) in
      if try parent.statusIfPresent(of: side)?.kind == .characterDevice { try parent.unlink(side) }
    }
  }

  private func forEachSide(
    of databases: [FilePath], _ body: (FilePath.Component, Directory) throws(FileError) -> Void
  ) throws(FileError) {
    let changes = try Directory.open(changes)
    for path in databases {
      guard let name = path.lastComponent else { continue }
      // The migration may have taken its folder away.
      guard let parent = try? changes.open(at: path.removingLastComponent()) else { continue }
      for suffix in SQLiteBackup.sideSuffixes { try body(name.adding(suffix), parent) }
    }
  }
}

extension Directory {
  /// Removes a file below this directory, if it is there.
  func removeFile(at relative: FilePath) throws(FileError) {
    guard let name = relative.lastComponent else { return }
    do {
      try open(at: relative.removingLastComponent()).unlink(name)
    } catch {
      if !error.isMissing { throw error }
    }
  }
}
