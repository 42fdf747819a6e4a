import Glibc
import SystemPackage

/// One run of a `TreeCarry`: what it has seen so far.
final class CarryRun {
  /// One file at a time has this name until it is whole. One that a crash left is removed.
  static let temporaryText = ".fleet-carry-tmp"

  let carry: TreeCarry
  let previous: CarryRecord
  var result = CarryResult()
  /// Where a file with several names was carried to, by what it is in the old tree.
  var carriedLinks: [FileStatus.Identity: FilePath] = [:]
  let temporary: FilePath.Component
  private let oldPlace: MountIdentity

  init(_ carry: TreeCarry, _ previous: CarryRecord) throws(FileError) {
    self.carry = carry
    self.previous = previous
    oldPlace = try carry.old.place()
    temporary = FilePath.Component(stringLiteral: Self.temporaryText)
  }

  /// Carries one path of the rule.
  func carry(_ path: FilePath) throws(FileError) {
    let path = path.lexicallyNormalized()
    let names = try carry.old.components(of: path)
    guard let name = names.last else {
      throw FileError(.copy, path, .invalidArgument, detail: "the whole tree cannot be carried")
    }
    let parent = path.removingLastComponent()
    guard let status = try carry.old.statusIfPresent(at: path) else {
      result.missing.append(path)
      return
    }
    let from = try carry.old.open(at: parent)
    let to = try carry.makeParents(of: path)
    try to.unlink(temporary)
    try node(path, name, status, from, to, depth: names.count)
  }

  private func node(
    _ path: FilePath, _ name: FilePath.Component, _ status: FileStatus, _ from: Directory,
    _ to: Directory, depth: Int
  ) throws(FileError) {
    if carry.excluding(path) { return }
    if name == temporary { return note(path, "left out: fleet uses this name itself") }
    try carry.limits.check(entries: result.record.count + 1, carry.old.path)
    try askToGoOn(path)
    // Overlapping rules, or a pattern that matches a directory and what is in it.
    if result.record.contains(path) { return }
    switch status.kind {
    case .regular: try file(path, name, from, to)
    case .directory: try directory(path, name, status, from, to, depth: depth)
    case .symbolicLink: try symbolicLink(path, name, status, from, to)
    case .fifo, .socket, .characterDevice, .blockDevice, .unknown:
      note(path, "left out: it is no file, directory or symbolic link")
    }
  }

  private func directory(
    _ path: FilePath, _ name: FilePath.Component, _ status: FileStatus, _ from: Directory,
    _ to: Directory, depth: Int
  ) throws(FileError) {
    try carry.limits.check(depth: depth, path)
    let oldChild: Directory
    do { oldChild = try from.open(name, within: oldPlace) } catch {
      if error.errno == .noSuchFileOrDirectory { return }
      throw error
    }
    let present = try to.statusIfPresent(of: name)
    if let present, present.kind != .directory { try to.unlink(name) }
    let made = present?.kind != .directory
    // Closed to others until its content and then its mode are there.
    let newChild =
      try made
      ? to.makeDirectory(name, permissions: [.ownerReadWriteExecute]) : to.open(name)
    try newChild.unlink(temporary)
    let known = previous.entries[path]
    if known == nil { result.added += 1 } else { result.unchanged += 1 }
    var entry = CarryRecord.Entry(.directory, status, readAt: now())
    entry.made = made || known?.made == true
    result.record.entries[path] = entry
    for child in try oldChild.entries(maxEntries: carry.limits.maxEntries) {
      guard let status = try oldChild.statusIfPresent(of: child) else { continue }
      try node(path.appending(child), child, status, oldChild, newChild, depth: depth + 1)
    }
  }

  private func symbolicLink(
    _ path: FilePath, _ name: FilePath.Component, _ status: FileStatus, _ from: Directory,
    _ to: Directory
  ) throws(FileError) {
    let target: [UInt8]
    do { target = try from.readLinkBytes(name) } catch {
      // Replaced or gone since it was looked at; the run after the stop sees what it has become.
      if error.errno == .noSuchFileOrDirectory || error.errno == .invalidArgument { return }
      throw error
    }
    let present = try to.statusIfPresent(of: name)
    result.record.entries[path] = CarryRecord.Entry(.symbolicLink, status, readAt: now())
    if let present, present.kind == .symbolicLink, try to.readLinkBytes(name) == target,
      present.user == status.user, present.group == status.group,
      present.modified == status.modified
    {
      result.unchanged += 1
      return
    }
    try to.makeSymbolicLink(temporary, toBytes: target)
    let made = to.path.appending(name)
    let refused = try setOwner(made, status) { user, group in
      temporary.withPlatformString { fchownat(to.fd, $0, user, group, AT_SYMLINK_NOFOLLOW) }
    }
    if let refused { note(path, refused) }
    let times = [status.accessed.timespec, status.modified.timespec]
    try check(.setTimes, made) {
      temporary.withPlatformString { utimensat(to.fd, $0, times, AT_SYMLINK_NOFOLLOW) }
    }
    try put(path, name, in: to, over: present)
    count(path)
  }

  /// Gives the finished file its name, over whatever the release has there.
  func put(
    _ path: FilePath, _ name: FilePath.Component, in to: Directory, over present: FileStatus?
  ) throws(FileError) {
    if present?.kind == .directory {
      note(path, "took the place of a directory of the release")
      try to.removeTree(name, limits: carry.limits)
    }
    try to.rename(temporary, to: name, replacing: true)
  }

  /// Counts a path that was written as added or as changed.
  func count(_ path: FilePath) {
    if previous.contains(path) { result.changed += 1 } else { result.added += 1 }
  }

  func note(_ path: FilePath, _ reason: String) {
    if result.notes.count < TreeCarry.maxNotes { result.notes.append(CarryNote(path: path, reason: reason)) }
  }

  func askToGoOn(_ path: FilePath) throws(FileError) {
    guard !carry.goOn(result.bytesCopied) else { return }
    throw FileError(.copy, path, .canceled, detail: "carrying was stopped")
  }

  /// The clock that file systems stamp with.
  func now() -> FileTime {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME_COARSE, &now)
    return FileTime(now)
  }
}
