import Effects
import Archive
import Files
import Release
import SystemPackage
import Wire

/// *extract* and *prepare*: the staged tree.
extension JobSteps {
  func extract() throws(StepFailure) {
    let folder = try work.prepare()
    let incoming = try files { () throws(FileError) in
      try folder.removeTree(WorkFolder.incomingName)
      return try folder.makeDirectory(WorkFolder.incomingName)
    }
    switch order {
    case .upgrade(let order): try extractRelease(order, into: incoming)
    case .rollback(let order): try copyBackup(order, into: incoming)
    }
    if try !work.setSign(job, on: incoming) {
      say("no attributes can be written here: that a tree is this job's, only its marker says")
    }
    try files { () throws(FileError) in
      try folder.rename(WorkFolder.incomingName, to: WorkFolder.treeName)
      try folder.synchronize()
    }
  }

  private func extractRelease(_ order: StageOrder, into incoming: Directory) throws(StepFailure) {
    let found = try Artifacts(paths).requireUnreadArchive(of: order.release)
    let archive = Artifacts(paths).file(found.sha256)
    let owner = site.owner
    let manifest: ArchiveManifest
    do {
      manifest = try ArchiveJudge.inspect(archive)
      guard manifest.sha256.description == found.sha256 else {
        throw StepFailure.because(.artifact, "the archive has another SHA-256 than the order")
      }
      var last: Int64 = 0
      try ArchiveExtractor.extract(
        archive, into: incoming.path, manifest: manifest, owner: owner
      ) { [self] progress in
        if Int64(progress.bytes) - last >= 4 << 20 {
          last = Int64(progress.bytes)
          self.progress(.extract, last, of: Int64(progress.totalBytes))
        }
        return interruption == nil ? .goOn : .cancel
      }
      try ArchiveExtractor.verifyTree(incoming.path, manifest: manifest, owner: owner)
      // The install itself stands in no archive. One that was closed to others stays closed.
      try incoming.takeMode(of: Directory.openReal(install))
    } catch {
      try throwIfInterrupted()
      throw .from(error, .artifact)
    }
    // What root installs later is read now, while nobody else can have had it in hand.
    do { try unitFiles.read(from: incoming.path, onto: folder.newUnits) } catch {
      throw .from(error, .artifact)
    }
    let release = order.release
    try note { $0.release = release }
    self.manifest = manifest
    try requireNoPointers(in: incoming, manifest)
    try extractForRoot(archive, manifest)
    let listing = ReleaseListing(
      files: manifest.entries.compactMap { entry in
        entry.blob.map { ReleaseListing.File(path: entry.path, blob: $0.description) }
      })
    try write(listing, in: incoming.path)
    try Marker(job: job, release: order.release, timeMilliseconds: WallClock.milliseconds(), backup: nil)
      .write(in: incoming.path)
  }

  private func write(_ listing: ReleaseListing, in tree: FilePath) throws(StepFailure) {
    do {
      let bytes = try listing.encoded()
      try files { () throws(FileError) in
        try writeDurably(bytes, to: tree.appending(Marker.listing))
      }
    } catch {
      throw .from(error)
    }
  }

  /// A backup stays what it is: the tree that goes in is a copy of it.
  private func copyBackup(_ order: RollbackOrder, into incoming: Directory) throws(StepFailure) {
    let backup = try Backups(paths, profile: profile).find(order.backup)
    try takeUnits(of: backup.name)
    try extractForRoot(backup: backup.name)
    let source = FilePath(profile.backups).appending(backup.name)
    try requireInterpreters(in: source)
    var linked: [FilePath] = []
    for var rule in profile.carry where rule.kind == .link {
      // A backup is what it is: one from before the rule was made lacks what is required today.
      rule.required = false
      linked += try matches(of: rule, in: source)
    }
    do {
      let from = try Directory.openReal(source)
      var carry = TreeCarry(.copy, from: from, to: incoming)
      let interruptions = interruptions
      carry.goOn = { _ in interruptions() == nil }
      let links = Set(linked)
      carry.excluding = { links.contains($0) }
      _ = try carry.run(
        try from.entries().map { FilePath(root: nil, components: $0) }.filter { !Account.own.contains($0) })
      // Files that are written once need not be there twice, however many pictures they are.
      var link = TreeCarry(.link, from: from, to: incoming)
      link.goOn = carry.goOn
      _ = try link.run(linked)
      try incoming.becomeOwned(like: from)
    } catch {
      try throwIfInterrupted()
      throw .io(error)
    }
    let record = try BackupRecords(paths).record(of: backup.name)
    let release = record == nil ? (try? Marker.read(in: source))?.release : record?.release
    try note { $0.release = release }
    try Marker(job: job, release: release, timeMilliseconds: WallClock.milliseconds(), backup: nil)
      .write(in: incoming.path)
    let listing = source.appending(Marker.listing)
    if let bytes = try? readBounded(listing, maxBytes: ReleaseListing.maxBytes) {
      try files { () throws(FileError) in
        try writeDurably(bytes, to: incoming.path.appending(Marker.listing))
      }
    }
  }

  /// The unit files that were in force as a backup's tree ran. Of a backup without a record they are not known, and
  /// what its tree has could be anybody's: only what stands there already may stay.
  private func takeUnits(of backup: String) throws(StepFailure) {
    let records = BackupRecords(paths)
    if try records.record(of: backup) != nil, let units = records.units(of: backup) {
      try files { () throws(FileError) in try folder.newUnits.take(profile.units, from: units) }
      return
    }
    let tree = FilePath(profile.backups).appending(backup)
    for unit in profile.units {
      let present = try files { () throws(FileError) in try unitFiles.content(of: unit.unit) }
      let wanted = try files { () throws(FileError) in
        try TreeFile.read(unit.file, in: tree, limitBytes: EffectLimits.unitFileBytes)
      }
      if case .link = present { continue }
      guard present == .file(wanted) else {
        let file = tree.pushing(FilePath(unit.file))
        throw .because(
          .install,
          "\(file) is another unit file than the one in force, and nobody but the app's user vouches for it; look at "
            + "it, and if it is good: sudo install -m 644 \(file) \(unitFiles.directory)/\(unit.unit)")
      }
    }
  }

  func prepare() throws(StepFailure) {
    guard case .upgrade = order else { return }
    if profile.installPackages {
      try Packages(log: log).install(profile.packages)
    }
    let scratch = try scratch()
    // Neither the old tree nor the cache for root: what lies there is the app's user's.
    let ofRoot = profile.steps.prepare.prefix { isForeignRoot($0) }
    for step in ofRoot {
      var place = confinement(scratch, network: true)
      place.old = nil
      try require(
        step, environment(scratch: scratch, old: scratch.old), code: .prepare, isolation: place,
        background: true)
    }
    let cache = takeCache(scratch)
    defer { keep(cache) }
    var environment = environment(scratch: scratch, old: scratch.old)
    environment.cache = cache?.path
    for step in profile.steps.prepare.drop(while: { isForeignRoot($0) }) {
      try require(
        step, environment, code: .prepare, isolation: confinement(scratch, network: true), background: true)
    }
    try requireReleaseFiles(in: work.tree, code: .prepare)
  }

  /// Not where the stage ended for want of room.
  private func keep(_ cache: KeptCache?) {
    guard interruption != .spaceUsedUp, let reason = cache?.keep() else { return }
    say("FLEET_CACHE is not kept: \(reason)")
  }

  /// nil where there is none; that it cannot be had is told.
  private func takeCache(_ scratch: ScratchSpace) -> KeptCache? {
    guard !profile.steps.prepare.isEmpty else { return nil }
    do {
      // What did not do the last time may have come of it.
      if case .upgrade(let order) = order, order.retry { try KeptCache.forget(in: paths.state) }
      let cache = KeptCache(state: paths.state, scratch: scratch, user: try RunUser.named(ownerName))
      return try cache.take() ? cache : nil
    } catch {
      say("there is no FLEET_CACHE: \(error)")
      return nil
    }
  }
}
