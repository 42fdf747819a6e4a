import CLinux
import Glibc
package import SystemPackage

/// Where a directory lies: st_dev tells file systems and subvolumes apart, the mount also a bind
/// mount of the same file system.
struct MountIdentity: Equatable {
  let device: UInt64
  /// Nil where the kernel does not tell; then the device alone decides.
  let mount: UInt64?
}

extension Directory {
  func place() throws(FileError) -> MountIdentity {
    var mount: UInt64 = 0
    let told = fleet_mount_id(fd, &mount) == 0
    return MountIdentity(device: try status().identity.device, mount: told ? mount : nil)
  }

  /// Whether names can go from one to the other by a rename, as far as the mounts tell.
  package func isOnSameMount(as other: Directory) throws(FileError) -> Bool {
    try place() == other.place()
  }

  /// Opens a child only if it is on the same mount as `place`. EXDEV otherwise.
  func open(_ name: FilePath.Component, within place: MountIdentity) throws(FileError) -> Directory {
    let child = try open(name)
    guard try child.place() == place else {
      throw FileError(
        .walk, child.path, .improperLink,
        detail: "something else is mounted there, and mounts are not crossed")
    }
    return child
  }

  /// Removes whatever has this name, a directory with all that is in it. Symbolic links are removed,
  /// not followed; at a mount point it stops with EXDEV before anything in there is touched. What
  /// vanishes meanwhile is no error. Returns how many names were removed.
  @discardableResult
  package func removeTree(
    _ name: FilePath.Component, limits: TreeLimits = .standard
  ) throws(FileError) -> Int {
    guard let status = try statusIfPresent(of: name) else { return 0 }
    var removed = 0
    try remove(name, status, within: try place(), depth: 0, limits, &removed)
    return removed
  }

  private func remove(
    _ name: FilePath.Component, _ status: FileStatus, within place: MountIdentity, depth: Int,
    _ limits: TreeLimits, _ removed: inout Int
  ) throws(FileError) {
    guard status.kind == .directory else {
      if try unlink(name) { removed += 1 }
      return
    }
    try limits.check(depth: depth, path.appending(name))
    do throws(FileError) {
      let child = try openToEmpty(name, within: place)
      for entry in try child.entries() {
        guard let status = try child.statusIfPresent(of: entry) else { continue }
        try child.remove(entry, status, within: place, depth: depth + 1, limits, &removed)
      }
    } catch {
      if error.errno == .noSuchFileOrDirectory { return }
      throw error
    }
    try check(.remove, path.appending(name)) {
      name.withPlatformString { unlinkat(fd, $0, AT_REMOVEDIR) }
    }
    removed += 1
  }

  /// Opens a directory whose content is to go. A plain user's own one may be closed to that user: overlayfs makes
  /// such in its work directory. Then it is opened up first.
  private func openToEmpty(
    _ name: FilePath.Component, within place: MountIdentity
  ) throws(FileError) -> Directory {
    do throws(FileError) { return try open(name, within: place) } catch {
      guard error.errno == .permissionDenied else { throw error }
      let refusal = error
      do {
        try check(.setMode, path.appending(name)) {
          name.withPlatformString { fchmodat(fd, $0, 0o700, AT_SYMLINK_NOFOLLOW) }
        }
      } catch { throw refusal }
      return try open(name, within: place)
    }
  }
}
