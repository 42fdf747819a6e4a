package import Files
import Glibc
package import SystemPackage

/// The place on the stage's disk that a job's steps may fill: their HOME, caches and temporary files,
/// and what an overlay collects. All of it is thrown away with the job.
package struct ScratchSpace: Equatable, Sendable {
  package let path: FilePath

  var home: FilePath { path.appending("home") }
  var cache: FilePath { path.appending("cache") }
  /// Also /tmp of an isolated command: on a Pi, /tmp itself may be half of the memory.
  var temporary: FilePath { path.appending("tmp") }
  /// /var/tmp of an isolated command.
  var varTemporary: FilePath { path.appending("var-tmp") }
  /// Where an isolated command sees the old tree.
  package var old: FilePath { path.appending("old") }

  /// Makes what is missing, for that user.
  package static func prepare(at path: FilePath, for user: RunUser) throws(FileError) -> ScratchSpace {
    let space = ScratchSpace(path: path)
    guard let name = path.lastComponent else {
      throw FileError(.makeDirectory, path, .invalidArgument)
    }
    let parent = try Directory.open(path.removingLastComponent(), following: true)
    let directory = try parent.makeDirectory(name, permissions: FilePermissions(rawValue: 0o755))
    for (child, mode, owned) in [
      (space.home, 0o700, true), (space.cache, 0o700, true), (space.temporary, 0o1777, false),
      (space.varTemporary, 0o1777, false), (space.old, 0o755, false),
    ] as [(FilePath, CModeT, Bool)] {
      guard let name = child.lastComponent else { continue }
      let made = try directory.makeDirectory(name)
      // The umask applies to mkdir(2), not to this.
      let fd = made.descriptor.rawValue
      try check(.setMode, child) { fchmod(fd, mode) }
      if owned, geteuid() == 0 { try check(.setOwner, child) { fchown(fd, user.uid, user.gid) } }
    }
    return space
  }
}
