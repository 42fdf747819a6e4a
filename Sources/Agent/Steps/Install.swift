import Effects
import ByteText
import Files
import SystemPackage
import Wire

/// The installed tree: what it is, and whether it can be exchanged.
enum Install {
  static func version(_ reading: Reading, in tree: FilePath) throws(StepFailure) -> String {
    do { return try VersionReader.read(reading, in: tree) } catch {
      throw .because(.install, "\(error)")
    }
  }

  /// Refuses what an exchange would tear apart: mounts at or inside the install, another file system
  /// for the backups, a file system that cannot exchange two names.
  ///
  /// - Parameter work: the job's folder beside the install. What is tried lies in it, so that it goes with it.
  static func requireExchangeable(
    _ install: FilePath, backups: FilePath, in work: Directory
  ) throws(StepFailure) {
    if let mounted = try mounted(install) { throw .because(.install, mounted) }
    try files { () throws(FileError) in
      try work.tryExchange()
      try requireRename(from: work, to: backups)
    }
  }

  /// What is mounted at or inside the install, in words; nil where nothing is. Anybody may mount something at any
  /// time, so this is asked again before the stop and before the exchange.
  static func mounted(_ install: FilePath) throws(StepFailure) -> String? {
    let mounts = try files { () throws(FileError) in try MountTable.read() }
    if mounts.isMountPoint(install) { return "the install itself (\(install.printable)) is a mount point" }
    return mounts.mounts(below: install).first.map {
      "\($0.point.printable) is mounted inside it and would leave with the old tree"
    }
  }

  /// A real rename of an empty directory, there and back: st_dev alone does not tell about bind mounts and
  /// subvolumes.
  private static func requireRename(from work: Directory, to backups: FilePath) throws(FileError) {
    let target = try Directory.open("/").makeDirectories(
      FilePath(root: nil, backups.components))
    let name = tried(for: work)
    try target.removeIfEmpty(name)
    try work.makeDirectory(name)
    defer {
      _ = try? work.removeIfEmpty(name)
      _ = try? target.removeIfEmpty(name)
    }
    do { try work.rename(name, to: name, in: target) } catch {
      guard error.errno == .improperLink else { throw error }
      throw FileError(
        .rename, backups, .improperLink,
        detail: "backups must lie on the same file system as \(work.path.removingLastComponent().printable)")
    }
    try target.removeIfEmpty(name)
  }

  /// Takes away what a crash left of that among the backups.
  static func removeTried(in backups: FilePath, work: Directory) {
    _ = try? Directory.open(backups).removeIfEmpty(tried(for: work))
  }

  /// One name for each app: whoever tries holds the app's lock.
  private static func tried(for work: Directory) -> FilePath.Component {
    FilePath.Component(
      "\(Directory.triedPrefix)\(work.path.lastComponent?.string.skipping { $0 == "." } ?? "")")
      ?? "try"
  }
}
