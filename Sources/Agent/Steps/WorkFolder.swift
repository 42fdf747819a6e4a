import ByteText
import Files
import Glibc
import SystemPackage
import Wire

/// `.fleet-APP`, see ``InstallSite/work``: the staged tree, the scratch space, trash. Nobody but root (or the plain
/// user who runs us) passes through it: until the swap the staged tree is out of everybody's reach but its own steps'.
///
/// The most dangerous thing in all of fleet is to delete a staged tree that already holds the old
/// version. So nothing is deleted here unless its sign says that this very job made it and the
/// install path does not hold it, and it is renamed to trash first.
struct WorkFolder {
  let path: FilePath
  let install: FilePath

  init(_ site: InstallSite) {
    path = FilePath(site.work)
    install = FilePath(site.install)
  }

  static let treeName: FilePath.Component = "tree"
  static let scratchName: FilePath.Component = "scratch"
  /// Where an archive is extracted, before it is known to be whole and gets its marker.
  static let incomingName: FilePath.Component = "incoming"
  /// A copy of the release that is root's, for the steps that root runs.
  static let verifiedName: FilePath.Component = "verified"
  /// Copies of databases, while they are made. It belongs to the app's user, who cannot reach it from outside.
  static let databasesName: FilePath.Component = "databases"
  static let trashPrefix = "trash-"
  /// Room that is set aside in stage for what has to be written once nothing can be taken back any more.
  static let reserveName: FilePath.Component = "reserve"
  /// More than the marker of a backup takes, in bytes.
  static let reserveBytes = 64 << 10

  var tree: FilePath { path.appending(Self.treeName) }
  var reserved: FilePath { path.appending(Self.reserveName) }
  var incoming: FilePath { path.appending(Self.incomingName) }
  var scratch: FilePath { path.appending(Self.scratchName) }
  var verified: FilePath { path.appending(Self.verifiedName) }

  /// Makes the folder.
  func prepare() throws(StepFailure) -> Directory {
    let folder = try files { () throws(FileError) in
      guard let name = path.lastComponent else {
        throw FileError(.makeDirectory, path, .invalidArgument)
      }
      return try Directory.openReal(path.removingLastComponent())
        .makeDirectory(name, permissions: .ownerReadWriteExecute)
    }
    return try requireOurs(folder)
  }

  /// Somebody else may have made a folder of that name, and would have it still.
  private func requireOurs(_ folder: Directory) throws(StepFailure) -> Directory {
    let status = try files { () throws(FileError) in try folder.status() }
    guard status.user == geteuid() else {
      throw .because(
        .install,
        "\(path) belongs to the user \(status.user), and is not fleet's; look at it and move it away")
    }
    // A fleet of before let others pass through it.
    if status.permissions != .ownerReadWriteExecute {
      try files { () throws(FileError) in try folder.setMode(.ownerReadWriteExecute) }
    }
    return folder
  }

  /// Sets room aside, an inode and blocks: others, and the new version itself, may fill the disk before the job is
  /// settled.
  func reserve() throws(StepFailure) {
    try files { () throws(FileError) in
      let place = reserved
      let file = try OpenFile.open(place, .writeOnly, options: [.create])
      try FileEffects.pass(.write, place)
      let code = posix_fallocate(file.descriptor.rawValue, 0, off_t(Self.reserveBytes))
      guard code == 0 else { throw FileError(.write, place, Errno(rawValue: code)) }
    }
  }

  /// Whether the tree at the install path is the one that `job` made.
  ///
  /// Its sign says so, which nobody but root can change. Where a tree has none (it is from before fleet, or lies on a
  /// file system that keeps none), the one of the other tree does; after that the marker.
  func isSwapped(job: String) throws(StepFailure) -> Bool {
    if let signed = try sign(of: install) { return signed == job }
    if try sign(of: tree) == job { return false }
    return try Marker.read(in: install)?.job == job
  }

  /// Which job has made a tree; nil where nobody has, or where there is none.
  func maker(of tree: FilePath) throws(StepFailure) -> String? {
    if let signed = try sign(of: tree) { return signed }
    return try Marker.read(in: tree)?.job
  }

  private static let sign = "job"

  private func sign(of tree: FilePath) throws(StepFailure) -> String? {
    do { return try Directory.openReal(tree).sign(Self.sign) } catch {
      if error.isMissing { return nil }
      throw .io(error)
    }
  }

  /// Writes on the tree that this job has made it.
  /// - Returns: false where the file system keeps no such thing.
  func setSign(_ job: String, on tree: Directory) throws(StepFailure) -> Bool {
    try files { () throws(FileError) in try tree.setSign(Self.sign, to: job) }
  }

  /// Exchanges the staged tree and the install, and waits until the names are on the disk.
  ///
  /// - Parameter old: what must be at the install path. The app's user may be able to rename that, and nothing else
  ///   shall become a backup, or be thrown away.
  func exchange(old: Directory? = nil) throws(StepFailure) {
    try files { () throws(FileError) in
      guard let name = install.lastComponent else {
        throw FileError(.exchange, install, .invalidArgument)
      }
      let parent = try Directory.openReal(install.removingLastComponent())
      let folder = try Directory.openReal(path)
      try parent.exchange(name, with: Self.treeName, in: folder)
      let found = try folder.status(of: Self.treeName)
      let wanted = try old.map { (old) throws(FileError) in try old.status().identity }
      let isRight = found.kind == .directory && (wanted == nil || wanted == found.identity)
      if !isRight { try parent.exchange(name, with: Self.treeName, in: folder) }
      try folder.synchronize()
      try parent.synchronize()
      guard isRight else {
        throw FileError(
          .exchange, install, .notDirectory,
          detail: "another lies there than before the stop; it was left there")
      }
    }
  }

  /// Throws the staged tree of `job` away, and what else this folder holds of it.
  func discard(job: String) throws(StepFailure) {
    guard let folder = try existing() else { return }
    if try maker(of: tree) == job {
      guard try !isSwapped(job: job) else {
        throw .fault("the tree of \(job) is at the install path too; nothing was deleted")
      }
      try moveToTrash(folder, job: job)
    }
    try empty(folder)
  }

  /// Before a new job: removes what an earlier one left, if it is certain that it is waste.
  func removeLeftovers(_ paths: AgentPaths) throws(StepFailure) {
    guard let folder = try existing() else { return }
    if (try? FileStatus.of(tree)) != nil {
      guard let maker = try maker(of: tree), AgentPaths.isName(maker), try !isSwapped(job: maker),
        Self.wasNeverInstalled(JobFolder(paths, maker))
      else {
        throw .because(
          .install,
          "\(tree) holds a tree that may be somebody's only copy of something; look at it and move it away")
      }
      try moveToTrash(folder, job: maker)
    }
    try empty(folder)
  }

  private static func wasNeverInstalled(_ job: JobFolder) -> Bool {
    let results = JobEventLog.readAll(job.events).0.compactMap(\.result)
    return job.exists && !results.contains { $0.outcome?.isCommitted == true }
  }

  private func moveToTrash(_ folder: Directory, job: String) throws(StepFailure) {
    try files { () throws(FileError) in
      guard let trash = FilePath.Component(Self.trashPrefix + job) else { return }
      try folder.removeTree(trash)
      try folder.rename(Self.treeName, to: trash)
      try folder.synchronize()
    }
  }

  /// Removes trash, scratch and what was only tried, then the folder itself if nothing else is in it.
  private func empty(_ folder: Directory) throws(StepFailure) {
    try files { () throws(FileError) in
      for name in try folder.entries()
      where name == Self.scratchName || name == Self.incomingName || name == Self.reserveName
        || name == Self.verifiedName || name == Self.databasesName
        || name.string.begins(with: Self.trashPrefix) || name.string.begins(with: Directory.triedPrefix)
      {
        try folder.removeTree(name)
      }
      guard let name = path.lastComponent else { return }
      let parent = try Directory.openReal(path.removingLastComponent())
      // Once the journal is idle nobody looks for waste: it must be gone for good by then.
      if try parent.removeIfEmpty(name) { try parent.synchronize() }
    }
  }

  private func existing() throws(StepFailure) -> Directory? {
    let folder: Directory
    do { folder = try Directory.openReal(path) } catch {
      if error.isMissing { return nil }
      throw .io(error)
    }
    return try requireOurs(folder)
  }
}
