import Glibc
import SystemPackage

/// What comes after everything has been visited.
extension CarryRun {
  /// Takes away what an earlier run carried and this one did not find, deepest first. Of the
  /// release's own directories nothing goes.
  func removeVanished() throws(FileError) {
    for path in previous.paths.reversed() where !result.record.contains(path) {
      guard let entry = previous.entries[path], let name = path.lastComponent else { continue }
      let parent: Directory
      do { parent = try carry.new.open(at: path.removingLastComponent()) } catch {
        if error.isMissing { continue }
        throw error
      }
      guard let status = try parent.statusIfPresent(of: name) else { continue }
      switch (entry.kind, status.kind) {
      case (.directory, .directory):
        if entry.made, try parent.removeIfEmpty(name) { result.deleted += 1 }
      case (.directory, _), (_, .directory):
        // Not what was carried any more.
        continue
      default:
        if try parent.unlink(name) { result.deleted += 1 }
      }
    }
  }

  /// Gives the carried directories owner, mode, attributes and times, deepest first, since putting
  /// files into them changes the times.
  func finishDirectories() throws(FileError) {
    for path in result.record.paths.reversed() where result.record.entries[path]?.kind == .directory {
      let from: Directory
      do { from = try carry.old.open(at: path) } catch {
        if error.isMissing { continue }
        throw error
      }
      let to = try carry.new.open(at: path)
      let status = try from.status()
      for words in try setMetadata(to.fd, to.path, like: from.fd, status) { note(path, words) }
      let times = [status.accessed.timespec, status.modified.timespec]
      try check(.setTimes, to.path) { futimens(to.fd, times) }
    }
  }
}
