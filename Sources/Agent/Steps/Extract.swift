internal import Archive
internal import Files
internal import Release
internal import SystemPackage
internal import Wire

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
    try files { () throws(FileError) in
      try folder.rename(WorkFolder.incomingName, to: WorkFolder.treeName)
      try folder.synchronize()
    }
  }

  private func extractRelease(_ order: StageOrder, into incoming: Directory) throws(StepFailure) {
    let archive = Artifacts(paths).file(order.release.sha256)
    let owner = try owner()
    let manifest: ArchiveManifest
    do {
      manifest = try ArchiveJudge.inspect(archive)
      guard manifest.sha256.description == order.release.sha256 else {
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
      try incoming.takeMode(of: Directory.open(install))
    } catch let error as ArchiveError {
      try throwIfInterrupted()
      throw .because(.artifact, "\(error)")
    } catch {
      throw .from(error)
    }
    let listing = ReleaseListing(
      files: manifest.entries.compactMap { entry in
        entry.blob.map { ReleaseListing.File(path: entry.path, blob: $0.description) }
      })
    try write(listing, in: incoming.path)
    try Marker(job: job, release: order.release, timeMilliseconds: wallMilliseconds(), backup: nil)
      .write(in: incoming.path)
  }

  private func write(_ listing: ReleaseListing, in tree: FilePath) throws(StepFailure) {
    do {
      let bytes = try JSON.encode(listing)
      try files { () throws(FileError) in
        try writeDurably(bytes, to: tree.appending(Marker.listing))
      }
    } catch {
      throw .from(error)
    }
  }

  /// A backup stays what it is: the tree that goes in is a copy of it.
  private func copyBackup(_ order: RollbackOrder, into incoming: Directory) throws(StepFailure) {
    let backup = try Backups(profile: profile).find(order.backup)
    let source = FilePath(profile.backups).appending(backup.name)
    var linked: [FilePath] = []
    for var rule in profile.carry where rule.kind == .link {
      // A backup is what it is: one from before the rule was made lacks what is required today.
      rule.required = false
      linked += try matches(of: rule, in: source)
    }
    do {
      let from = try Directory.open(source)
      var carry = Files.Carry(.copy, from: from, to: incoming)
      let interruptions = interruptions
      carry.goOn = { _ in interruptions() == nil }
      let links = Set(linked)
      carry.excluding = { links.contains($0) }
      _ = try carry.run(
        try from.entries().map { FilePath(root: nil, components: $0) }.filter { !Account.own.contains($0) })
      // Files that are written once need not be there twice, however many pictures they are.
      var link = Files.Carry(.link, from: from, to: incoming)
      link.goOn = carry.goOn
      _ = try link.run(linked)
      try incoming.becomeOwned(like: from)
    } catch {
      try throwIfInterrupted()
      throw .io(error)
    }
    let found = try Marker.read(in: source)
    try Marker(job: job, release: found?.release, timeMilliseconds: wallMilliseconds(), backup: nil)
      .write(in: incoming.path)
    let listing = source.appending(Marker.listing)
    if let bytes = try? readBounded(listing, maxBytes: ReleaseListing.maxBytes) {
      try files { () throws(FileError) in
        try writeDurably(bytes, to: incoming.path.appending(Marker.listing))
      }
    }
  }

  func prepare() throws(StepFailure) {
    guard case .upgrade = order else { return }
    if profile.installPackages {
      try Packages(log: log).install(profile.packages)
    }
    let scratch = try scratch()
    for step in profile.steps.prepare {
      try require(
        step, environment(scratch: scratch, old: scratch.old), code: .prepare,
        isolation: confinement(scratch, network: true), background: true)
    }
  }
}
