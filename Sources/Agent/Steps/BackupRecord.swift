import Effects
import Files
import SystemPackage
import Wire

/// What root knows of a backup, written down when a tree became one. The tree itself, with the marker in it, is the
/// app's own user's: what root installs in a rollback must not be read from there.
struct BackupRecord: Codable, Equatable {
  var note: Marker.BackupNote
  /// The release that the tree is of; nil for a tree from before fleet, and where that is not known.
  var release: ReleaseName?
}

/// The records of one app's backups: a folder for each, with the note and the unit files that were in force.
struct BackupRecords {
  let paths: AgentPaths

  init(_ paths: AgentPaths) { self.paths = paths }

  private static let noteName: FilePath.Component = "backup.json"

  private func folder(_ name: String) -> FilePath? {
    AgentPaths.isName(name) ? paths.backups.appending(name) : nil
  }

  /// nil where a tree became a backup without one.
  func record(of backup: String) throws(StepFailure) -> BackupRecord? {
    guard let folder = folder(backup) else { return nil }
    return try Stored.read(BackupRecord.self, folder.appending(Self.noteName))
  }

  /// The unit files with which it ran.
  func units(of backup: String) -> UnitShelf? {
    folder(backup).map { UnitShelf(folder: $0.appending("units")) }
  }

  /// On the disk when it returns, the note last. Done twice, it does nothing the second time.
  func keep(
    _ record: BackupRecord, as backup: String, units: [UnitFile], from shelf: UnitShelf
  ) throws(StepFailure) {
    guard try self.record(of: backup) == nil, let folder = folder(backup),
      let name = folder.lastComponent
    else { return }
    try files { () throws(FileError) in
      let state = try Directory.open(paths.state, following: true)
      let all = try state.makeDirectory("backups", permissions: .ownerReadWriteExecute)
      try all.makeDirectory(name, permissions: .ownerReadWriteExecute)
      try all.synchronize()
      try state.synchronize()
      try UnitShelf(folder: folder.appending("units")).take(units, from: shelf)
    }
    try Stored.write(record, folder.appending(Self.noteName))
  }

  func forget(_ backup: String) throws(StepFailure) {
    guard let name = FilePath.Component(backup), folder(backup) != nil else { return }
    do { try Directory.open(paths.backups).removeTree(name) } catch {
      if !error.isMissing { throw .io(error) }
    }
  }

  /// The archives of the releases that backups are of: with one of them at hand what root runs of such a release on the
  /// rollback is what was verified.
  func artifacts() -> Set<String> {
    guard let names = try? Directory.open(paths.backups).entries() else { return [] }
    return Set(names.compactMap { try? record(of: $0.string)?.release?.sha256 })
  }
}
