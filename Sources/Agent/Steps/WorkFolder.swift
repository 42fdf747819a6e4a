internal import Files
internal import Glibc
internal import SystemPackage
internal import Wire

/// `PARENT/.fleet-APP`, beside the install: the staged tree, the scratch space, trash.
///
/// The most dangerous thing in all of fleet is to delete a staged tree that already holds the old
/// version. So nothing is deleted here unless its marker says that this very job made it and the
/// install path does not hold it, and it is renamed to trash first.
struct WorkFolder {
  let path: FilePath
  let install: FilePath

  init(_ paths: AgentPaths, install: FilePath) {
    path = paths.work(install: install)
    self.install = install
  }

  static let treeName: FilePath.Component = "tree"
  static let scratchName: FilePath.Component = "scratch"
  /// Where an archive is extracted, before it is known to be whole and gets its marker.
  static let incomingName: FilePath.Component = "incoming"
  static let trashPrefix = "trash-"
  /// Room that is set aside in stage for what has to be written once nothing can be taken back any more.
  static let reserveName: FilePath.Component = "reserve"
  /// More than the marker of a backup takes, in bytes.
  static let reserveBytes = 64 << 10

  var tree: FilePath { path.appending(Self.treeName) }
  var reserved: FilePath { path.appending(Self.reserveName) }
  var incoming: FilePath { path.appending(Self.incomingName) }
  var scratch: FilePath { path.appending(Self.scratchName) }

  /// Makes the folder; only root and the app's owner pass through it.
  func prepare() throws(StepFailure) -> Directory {
    try files { () throws(FileError) in
      guard let name = path.lastComponent else {
        throw FileError(.makeDirectory, path, .invalidArgument)
      }
      return try Directory.open(path.removingLastComponent())
        .makeDirectory(name, permissions: FilePermissions(rawValue: 0o755))
    }
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
  func isSwapped(job: String) throws(StepFailure) -> Bool {
    try Marker.read(in: install)?.job == job
  }

  /// Exchanges the staged tree and the install, and waits until the names are on the disk.
  func exchange() throws(StepFailure) {
    try files { () throws(FileError) in
      guard let name = install.lastComponent else {
        throw FileError(.exchange, install, .invalidArgument)
      }
      let parent = try Directory.open(install.removingLastComponent())
      let folder = try Directory.open(path)
      try parent.exchange(name, with: Self.treeName, in: folder)
      try folder.synchronize()
      try parent.synchronize()
    }
  }

  /// Throws the staged tree of `job` away, and what else this folder holds of it.
  func discard(job: String) throws(StepFailure) {
    guard let folder = try existing() else { return }
    if try Marker.read(in: tree)?.job == job {
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
      guard let marker = try Marker.read(in: tree), marker.backup == nil,
        try !isSwapped(job: marker.job), Self.wasNeverInstalled(JobFolder(paths, marker.job))
      else {
        throw .because(
          .install,
          "\(tree) holds a tree that may be somebody's only copy of something; look at it and move it away")
      }
      try moveToTrash(folder, job: marker.job)
    }
    try empty(folder)
  }

  private static func wasNeverInstalled(_ job: JobFolder) -> Bool {
    let results = EventLog.readAll(job.events).0.compactMap(\.result)
    return job.exists && !results.contains { $0.outcome == .upgraded }
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
        || name.string.hasPrefix(Self.trashPrefix) || name.string.hasPrefix(Directory.triedPrefix)
      {
        try folder.removeTree(name)
      }
      guard let name = path.lastComponent else { return }
      let parent = try Directory.open(path.removingLastComponent())
      // Once the journal is idle nobody looks for waste: it must be gone for good by then.
      if try parent.removeIfEmpty(name) { try parent.synchronize() }
    }
  }

  private func existing() throws(StepFailure) -> Directory? {
    do { return try Directory.open(path) } catch {
      if error.isMissing { return nil }
      throw .io(error)
    }
  }
}
