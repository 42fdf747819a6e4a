import Glibc
import SystemPackage

/// Plain files.
extension CarryRun {
  func file(
    _ path: FilePath, _ name: FilePath.Component, _ from: Directory, _ to: Directory
  ) throws(FileError) {
    let source: OpenFile
    do { source = try from.openFile(name) } catch {
      // Gone, or no longer a file, since it was listed; the run after the stop settles it.
      if error.errno == .noSuchFileOrDirectory || error.errno == .tooManySymbolicLinkLevels { return }
      throw error
    }
    let status = try source.status()
    guard status.kind == .regular else { return }
    let readAt = now()
    let present = try to.statusIfPresent(of: name)
    if carry.method == .link, try link(path, name, status, present, from, to) {
      result.record.entries[path] = CarryRecord.Entry(.file, status, readAt: readAt)
      return
    }
    if try linkAgain(path, name, status, present, to) {
      result.record.entries[path] = CarryRecord.Entry(.file, status, readAt: readAt)
      return
    }
    if let known = previous.entries[path], known.stillDescribes(status), let present,
      present.kind == .regular, present.identity != status.identity,
      present.sizeBytes == status.sizeBytes, present.modified == status.modified
    {
      result.unchanged += 1
      result.record.entries[path] = known
    } else {
      let after = try copy(path, name, source, status, present, to)
      var entry = CarryRecord.Entry(.file, after, readAt: readAt)
      if after.changed != status.changed || after.sizeBytes != status.sizeBytes {
        entry.unsettled = true
      }
      result.record.entries[path] = entry
    }
    if status.links > 1 { carriedLinks[status.identity] = path }
  }

  /// - Returns: the status that the copy was given. It is from after the content was read: who may write to a file that
  ///   runs as root may fill it with something else, and then the kernel takes that power from it.
  private func copy(
    _ path: FilePath, _ name: FilePath.Component, _ source: borrowing OpenFile,
    _ status: FileStatus, _ present: FileStatus?, _ to: Directory
  ) throws(FileError) -> FileStatus {
    try to.unlink(temporary)
    let target = try to.openFile(temporary, .readWrite, options: [.create, .exclusiveCreate])
    do throws(FileError) {
      let content = CopyContent(
        from: source.fd, to: target.fd, source: source.path, target: to.path.appending(name))
      _ = try content.run(sizeBytes: status.sizeBytes) { (count) throws(FileError) in
        result.bytesCopied += count
        try askToGoOn(path)
      }
      let after = try source.status()
      for words in try setMetadata(target.fd, target.path, like: source.fd, after) {
        note(path, words)
      }
      try target.setTimes(accessed: status.accessed, modified: after.modified)
      try put(path, name, in: to, over: present)
      count(path)
      return after
    } catch {
      _ = try? to.unlink(temporary)
      throw error
    }
  }

  /// A second name for the old file. False where that is not possible here: then it is copied.
  private func link(
    _ path: FilePath, _ name: FilePath.Component, _ status: FileStatus, _ present: FileStatus?,
    _ from: Directory, _ to: Directory
  ) throws(FileError) -> Bool {
    if present?.identity == status.identity {
      result.unchanged += 1
      return true
    }
    do throws(FileError) {
      try to.unlink(temporary)
      try from.link(name, to: temporary, in: to)
    } catch {
      switch error.errno {
      case .tooManyLinks, .improperLink, .notPermitted, .notSupported:
        note(path, "copied instead of linked: \(error.errno)")
        return false
      default: throw error
      }
    }
    try put(path, name, in: to, over: present)
    count(path)
    return true
  }

  /// A further name of a file that this run has carried already becomes one of its copy, too.
  private func linkAgain(
    _ path: FilePath, _ name: FilePath.Component, _ status: FileStatus, _ present: FileStatus?,
    _ to: Directory
  ) throws(FileError) -> Bool {
    guard status.links > 1, let first = carriedLinks[status.identity], let firstName = first.lastComponent
    else { return false }
    let firstParent = try carry.new.open(at: first.removingLastComponent())
    if let present, present.identity == (try firstParent.status(of: firstName)).identity {
      result.unchanged += 1
      return true
    }
    try to.unlink(temporary)
    try firstParent.link(firstName, to: temporary, in: to)
    try put(path, name, in: to, over: present)
    count(path)
    return true
  }
}
