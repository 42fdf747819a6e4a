import Effects
import Database
import Files
import SystemPackage
import Wire

/// Paths outside the install that steps change: kept before the stop, put back on undo. The copies
/// lie in the job's folder; that one exists says that the save was whole.
struct OutsidePaths {
  let profile: AppProfile
  let saved: FilePath

  /// Who may lead us elsewhere on the way to one, and then only to what is theirs.
  let owner: UInt32
  let bootID: String

  /// One entry for each path of the profile: its copy is named by its number.
  private struct Record: Codable {
    var existed: [Bool]
    /// nil in the record of a fleet that did not write them down.
    var parents: [Parent?]?
    /// For each path that was a database: what SQLite had beside it, by the ends of the names.
    var sides: [[String]?]?
  }

  /// The directory that a path lies in.
  private struct Parent: Codable, Equatable {
    /// The real path.
    var path: String
    /// nil where root alone can put another in its place.
    var inode: UInt64?
    /// Whose it is, and the boot that it was seen in: file systems without inodes of their own (FAT, FUSE) number them
    /// anew. nil where `inode` is, and in the record of a fleet that did not write them down.
    var user: UInt32?
    var bootID: String?

    func isTheSame(_ status: FileStatus, bootID: String) -> Bool {
      guard let inode, inode != status.identity.inode else { return true }
      return self.bootID != nil && self.bootID != bootID && user == status.user
    }
  }

  /// Opens the directory that a path lies in; nil where there is none.
  ///
  /// Errors: EPERM where others than root and the app's user could lead us elsewhere.
  private func parent(of path: FilePath) throws(FileError) -> (directory: Directory, Parent)? {
    let place = path.removingLastComponent()
    do {
      if let directory = try? TrustedWay().open(place) {
        return (directory, Parent(path: directory.path.string))
      }
      let directory = try TrustedWay(trusting: [owner]).open(place)
      let status = try directory.status()
      let found = Parent(
        path: directory.path.string, inode: status.identity.inode, user: status.user, bootID: bootID)
      return (directory, found)
    } catch {
      if error.isMissing { return nil }
      throw error
    }
  }

  /// Refuses, before anything is done, what could not be put back safely.
  func check() throws(StepFailure) {
    let mounts = try files { () throws(FileError) in try MountTable.read() }
    for text in profile.outside {
      do {
        guard let parent = try parent(of: FilePath(text))?.directory, let name = FilePath(text).lastComponent
        else { continue }
        let path = parent.path.appending(name)
        // What is written down are texts; a link may lead from one to the other.
        for place in [profile.install, profile.backups] {
          guard let other = try? realPath(FilePath(place)) else { continue }
          if path.starts(with: other) || other.starts(with: path) {
            throw FileError(.copy, path, .invalidArgument, detail: "it is a part of \(place), or holds it")
          }
        }
        if mounts.isMountPoint(path) || !mounts.mounts(below: path).isEmpty {
          throw FileError(.copy, path, .improperLink, detail: "something is mounted there, or in it")
        }
        switch try parent.statusIfPresent(of: name)?.kind {
        case .fifo, .socket, .characterDevice, .blockDevice, .unknown:
          throw FileError(.copy, path, .invalidArgument, detail: "it is no file, directory or symbolic link")
        case .regular, .directory, .symbolicLink, nil: continue
        }
      } catch {
        throw .because(.install, "outside: \(text) could not be saved: \(error)")
      }
    }
  }

  /// The directories among them, by their real paths, as a confined command may change them.
  func directories() throws(StepFailure) -> [Isolation.Outside] {
    var found: [Isolation.Outside] = []
    for text in profile.outside {
      guard let name = FilePath(text).lastComponent else { continue }
      try files { () throws(FileError) in
        guard let parent = try parent(of: FilePath(text))?.directory,
          let status = try parent.statusIfPresent(of: name), status.kind == .directory
        else { return }
        let path = parent.path.appending(name).string
        found.append(
          Isolation.Outside(path: path, tree: path, identity: status.identity))
      }
    }
    return found
  }

  /// The databases among them, and in the directories among them.
  func databases() throws(StepFailure) -> [FilePath] {
    var found: [FilePath] = []
    for text in profile.outside {
      let path = FilePath(text)
      guard let name = path.lastComponent else { continue }
      try files { () throws(FileError) in
        guard let parent = try parent(of: path)?.directory, let status = try parent.statusIfPresent(of: name)
        else { return }
        switch status.kind {
        case .regular: if try isDatabase(name, in: parent) { found.append(parent.path.appending(name)) }
        case .directory:
          try TreeWalk(parent.open(name)).visit { (entry) throws(FileError) in
            if entry.status.kind == .regular, try isDatabase(entry.name, in: entry.parent) {
              found.append(entry.parent.path.appending(entry.name))
            }
            return .goOn
          }
        default: break
        }
      }
    }
    return found
  }

  private func isDatabase(_ name: FilePath.Component, in parent: Directory) throws(FileError) -> Bool {
    guard try parent.statusIfPresent(of: name)?.kind == .regular else { return false }
    do { return try Integrity.isSQLite(parent.openFile(name)) } catch {
      // Gone, or another kind of file, since it was listed.
      if error.isMissing || error.errno == .tooManySymbolicLinkLevels { return false }
      throw error
    }
  }

  /// What they take on the disk, in bytes.
  func bytes() -> Int64 {
    profile.outside.reduce(0) { $0 + Self.bytes(FilePath($1)) }
  }

  private static func bytes(_ path: FilePath) -> Int64 {
    guard let status = try? FileStatus.of(path) else { return 0 }
    return status.kind == .directory ? (try? DiskUsage.of(path).allocatedBytes) ?? 0 : status.allocatedBytes
  }

  private var folder: FilePath { saved.appending("outside") }
  private static let replacedName: FilePath.Component = "replaced"
  private var record: FilePath { saved.appending("outside.json") }

  /// What is done once the app is stopped: a database is whole then with what lies beside it, and nobody is
  /// acknowledged anything any more that the copy has not.
  func save() throws(StepFailure) {
    guard !profile.outside.isEmpty else { return }
    try Stored.remove(record)
    var existed: [Bool] = []
    var parents: [Parent?] = []
    var sides: [[String]?] = []
    let store = try files { () throws(FileError) in
      let root = try Directory.open("/").makeDirectories(relative(saved))
      try root.removeTree("outside")
      try root.removeTree(Self.replacedName)
      return try root.makeDirectory("outside")
    }
    for (index, text) in profile.outside.enumerated() {
      let path = FilePath(text)
      guard let name = path.lastComponent, let number = FilePath.Component("\(index)") else { continue }
      try files { () throws(FileError) in
        let found = try parent(of: path)
        parents.append(found?.1)
        let isThere = try found?.directory.statusIfPresent(of: name) != nil
        existed.append(isThere)
        sides.append(nil)
        guard isThere, let parent = found?.directory else { return }
        let copies = try store.makeDirectory(number)
        try copy(name, from: parent, to: copies)
        guard try isDatabase(name, in: parent) else { return }
        var present: [String] = []
        for suffix in Self.sideSuffixes {
          let side = name.adding(suffix)
          guard try parent.statusIfPresent(of: side)?.kind == .regular else { continue }
          try copy(side, from: parent, to: copies)
          present.append(suffix)
        }
        sides[index] = present
      }
    }
    try files { () throws(FileError) in try store.synchronizeFileSystem() }
    try Stored.write(Record(existed: existed, parents: parents, sides: sides), record)
  }

  /// What belongs to a database that nobody has open. The shared memory is made anew.
  private static let sideSuffixes = SQLiteBackup.sideSuffixes.filter { $0 != "-shm" }

  private func copy(_ name: FilePath.Component, from: Directory, to: Directory) throws(FileError) {
    _ = try TreeCarry(.copy, from: from, to: to).run([FilePath(root: nil, components: name)])
  }

  /// - Parameters:
  ///   - keepsReplaced: the new version may have written there.
  ///   - say: is told, in words, of what was in the way and could not be removed.
  func restore(keepsReplaced: Bool, _ say: (String) -> Void) throws(StepFailure) {
    guard let record = try Stored.read(Record.self, record) else {
      // The save was cut off: nothing outside had been changed yet, and half a copy is no use.
      guard (try? FileStatus.of(saved)) != nil else { return }
      try files { () throws(FileError) in _ = try Directory.open(saved).removeTree("outside") }
      return
    }
    var failure: StepFailure?
    for (index, text) in profile.outside.enumerated() where index < record.existed.count {
      let copies = record.existed[index] ? folder.appending("\(index)") : nil
      let known = record.parents.flatMap { index < $0.count ? $0[index] : nil }
      let sides = record.sides.flatMap { index < $0.count ? $0[index] : nil }
      if keepsReplaced { keepReplaced(index, FilePath(text), in: known, say) }
      do { try putBack(FilePath(text), in: known, from: copies, sides: sides, say) } catch {
        // A disk that errs once need not err again, and without this path the old version is not whole. The others
        // are put back in any case.
        do { try putBack(FilePath(text), in: known, from: copies, sides: sides, say) } catch {
          failure = failure ?? error
        }
      }
    }
    // What was put back is on the disk before the journal says so: then nobody looks here again.
    try synchronize(record.parents ?? [])
    if let failure { throw failure }
  }

  /// Keeps what the new version leaves there, until the job's folder goes: it may be the only copy of something. An
  /// undo is not held up by it.
  private func keepReplaced(_ index: Int, _ path: FilePath, in known: Parent?, _ say: (String) -> Void) {
    guard let name = path.lastComponent, let number = FilePath.Component("\(index)") else { return }
    do throws(FileError) {
      guard let parent = try self.parent(of: path, knownAs: known),
        try parent.statusIfPresent(of: name) != nil
      else { return }
      let store = try Directory.openReal(saved).makeDirectory(Self.replacedName)
      // Done before, and cut off after it: by now the old one may lie there again.
      guard try store.statusIfPresent(of: number) == nil else { return }
      let unfinished = number.adding(".unfinished")
      try store.removeTree(unfinished)
      // What is put back needs as much once more, and comes first.
      let free = try FreeSpace.at(saved)
      let needed = SpaceReserve.reserve(of: free) + 2 * Self.bytes(parent.path.appending(name))
      guard Int64(clamping: free.availableBytes) >= needed else {
        throw FileError(.copy, store.path, .noSpace, detail: "there is no room for it")
      }
      let copies = try store.makeDirectory(unfinished)
      defer { _ = try? store.removeTree(unfinished) }
      var names = [name]
      if try isDatabase(name, in: parent) { names += Self.sideSuffixes.map { name.adding($0) } }
      for name in names where try parent.statusIfPresent(of: name) != nil {
        try copy(name, from: parent, to: copies)
      }
      // Whole before it has the name by which that is known.
      try store.synchronizeFileSystem()
      try store.rename(unfinished, to: number)
      try store.synchronize()
      say(
        "what the new version left at \(path.printable) is kept in \(store.path.appending(number).printable)")
    } catch {
      say("what the new version left at \(path.printable) could not be kept: \(error)")
    }
  }

  /// - Parameters:
  ///   - known: the directory it lay in; nil where there was none, or it was not written down.
  ///   - copies: the directory with the copy; nil where there was nothing.
  ///   - sides: what SQLite had beside it, where it was a database.
  private func putBack(
    _ path: FilePath, in known: Parent?, from copies: FilePath?, sides: [String]?, _ say: (String) -> Void
  ) throws(StepFailure) {
    guard let name = path.lastComponent else { return }
    try files { () throws(FileError) in
      guard let parent = try self.parent(of: path, knownAs: known) else { return }
      let source = try copies.map { (path) throws(FileError) in try Directory.open(path) }
      var owners: Set<UInt32>?
      // Others can put there what is not theirs, too.
      if known.map({ $0.inode != nil }) ?? true {
        owners = [owner]
        if let user = try source?.status(of: name).user { owners?.insert(user) }
      }
      // SQLite takes what lies beside a database for its own: at no moment may one's file lie beside another's.
      let wasDatabase = sides != nil
      let isDatabase = try wasDatabase ? true : isDatabase(name, in: parent)
      for suffix in isDatabase ? SQLiteBackup.sideSuffixes : [] {
        _ = try parent.replace(name.adding(suffix), from: nil, owners: owners)
      }
      if let kept = try parent.replace(name, from: source, owners: owners) {
        say(
          "\(path.printable) was, or held, a directory of another user's; it was not removed, and is "
            + "\(kept.printable) now")
      }
      for suffix in sides ?? [] where Self.sideSuffixes.contains(suffix) {
        _ = try parent.replace(name.adding(suffix), from: source, owners: owners)
      }
    }
  }

  /// The directory that a path lay in when it was saved, and no other.
  private func parent(of path: FilePath, knownAs known: Parent?) throws(FileError) -> Directory? {
    guard let known else { return try parent(of: path)?.directory }
    let kept = "\(path.printable) was not put back there, what was saved is in \(folder.printable)"
    let directory: Directory
    do { directory = try Directory.openReal(FilePath(known.path)) } catch {
      guard error.errno == .tooManySymbolicLinkLevels else { throw error }
      throw FileError(.open, error.path, error.errno, detail: "a symbolic link was put on the way; \(kept)")
    }
    guard known.isTheSame(try directory.status(), bootID: bootID) else {
      throw FileError(
        .open, directory.path, .notPermitted, detail: "another directory lies there than before; \(kept)")
    }
    return directory
  }

  /// Everything that was written to these paths is on the disk, whatever file system they are on.
  func synchronize() throws(StepFailure) {
    try synchronize([])
  }

  private func synchronize(_ known: [Parent?]) throws(StepFailure) {
    for (index, text) in profile.outside.enumerated() {
      // Where somebody leads us elsewhere nothing of ours was written.
      let parent = try? self.parent(of: FilePath(text), knownAs: index < known.count ? known[index] : nil)
      guard let parent else { continue }
      try files { () throws(FileError) in try parent.synchronizeFileSystem() }
    }
  }

  private func relative(_ path: FilePath) -> FilePath {
    FilePath(root: nil, path.components)
  }
}
