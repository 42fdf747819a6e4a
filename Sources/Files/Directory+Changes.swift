import CLinux
import Glibc
package import SystemPackage

extension Directory {
  /// Makes a directory, or opens the one that is there. The umask applies.
  @discardableResult
  package func makeDirectory(
    _ name: FilePath.Component, permissions: FilePermissions = FilePermissions(rawValue: 0o755)
  ) throws(FileError) -> Directory {
    do { try makeNewDirectory(name, permissions: permissions) } catch {
      if error.errno != .fileExists { throw error }
    }
    return try open(name)
  }

  /// Makes a directory. EEXIST where there is anything of that name. The umask applies.
  package func makeNewDirectory(
    _ name: FilePath.Component, permissions: FilePermissions
  ) throws(FileError) {
    try check(.makeDirectory, path.appending(name)) {
      name.withPlatformString { mkdirat(fd, $0, permissions.rawValue) }
    }
  }

  /// Makes every directory on the way that is missing, and opens the last.
  @discardableResult
  package func makeDirectories(
    _ relative: FilePath, permissions: FilePermissions = FilePermissions(rawValue: 0o755)
  ) throws(FileError) -> Directory {
    var directory = self
    for name in try components(of: relative) {
      directory = try directory.makeDirectory(name, permissions: permissions)
    }
    return directory
  }

  /// Makes what an overlay whose upper layer this is takes for "nothing there", whatever lies in the layer below
  /// (Documentation/filesystems/overlayfs.rst, whiteouts; anybody may make one, since Linux 5.8).
  package func makeWhiteout(_ name: FilePath.Component) throws(FileError) {
    try check(.create, path.appending(name)) {
      name.withPlatformString { mknodat(fd, $0, S_IFCHR, 0) }
    }
  }

  /// Removes a name that is no directory. False if there was none.
  @discardableResult
  package func unlink(_ name: FilePath.Component) throws(FileError) -> Bool {
    do {
      try check(.remove, path.appending(name)) { name.withPlatformString { unlinkat(fd, $0, 0) } }
      return true
    } catch {
      if error.errno == .noSuchFileOrDirectory { return false }
      throw error
    }
  }

  /// Removes an empty directory. False if there was none, or it is not empty.
  @discardableResult
  package func removeIfEmpty(_ name: FilePath.Component) throws(FileError) -> Bool {
    do {
      try check(.remove, path.appending(name)) {
        name.withPlatformString { unlinkat(fd, $0, AT_REMOVEDIR) }
      }
      return true
    } catch {
      switch error.errno {
      case .noSuchFileOrDirectory, .directoryNotEmpty, .fileExists: return false
      default: throw error
      }
    }
  }

  /// Renames within this directory or into another. EEXIST if the new name is taken, unless it is to
  /// be replaced.
  package func rename(
    _ name: FilePath.Component, to newName: FilePath.Component, in other: Directory? = nil,
    replacing: Bool = false
  ) throws(FileError) {
    let target = other ?? self
    do {
      try check(.rename, path.appending(name)) {
        name.withPlatformString { from in
          newName.withPlatformString { to in
            replacing ? renameat(fd, from, target.fd, to) : fleet_rename_new(fd, from, target.fd, to)
          }
        }
      }
    } catch {
      guard error.errno == .fileExists else { throw error }
      throw FileError(
        .rename, error.path, error.errno, detail: "\(target.path.appending(newName).printable) exists")
    }
  }

  /// Makes a symbolic link in this directory.
  package func makeSymbolicLink(_ name: FilePath.Component, to target: FilePath) throws(FileError) {
    try makeSymbolicLink(name, toBytes: target.bytes)
  }

  /// With exactly this text, slashes too many with it. A NUL ends it.
  package func makeSymbolicLink(
    _ name: FilePath.Component, toBytes target: [UInt8]
  ) throws(FileError) {
    let text = target.map { CChar(bitPattern: $0) } + [0]
    try check(.makeSymbolicLink, path.appending(name)) {
      name.withPlatformString { symlinkat(text, fd, $0) }
    }
  }

  /// A second name, in another directory, for a file in this one; a symbolic link is not followed.
  package func link(
    _ name: FilePath.Component, to newName: FilePath.Component, in other: Directory
  ) throws(FileError) {
    try check(.link, path.appending(name)) {
      name.withPlatformString { from in
        newName.withPlatformString { linkat(fd, from, other.fd, $0, 0) }
      }
    }
  }
}

/// Makes every directory on the way to a path that is missing, the last one included. What is there is followed.
package func makeDirectories(
  to path: FilePath, permissions: FilePermissions = FilePermissions(rawValue: 0o755)
) throws(FileError) {
  do {
    _ = try Directory.open(path.isEmpty ? "." : path, following: true)
  } catch {
    guard error.errno == .noSuchFileOrDirectory, let name = path.lastComponent else { throw error }
    let parent = parent(of: path)
    try makeDirectories(to: parent, permissions: permissions)
    try Directory.open(parent, following: true)
      .makeDirectory(name, permissions: permissions)
  }
}
