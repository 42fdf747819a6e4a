import Glibc
package import SystemPackage

/// The owner of an open directory. What is done goes through the descriptor, never through the
/// path again, and no name in it is followed if it is a symbolic link: whoever may write above or
/// inside cannot turn an effect aside. The path is for messages only.
package final class Directory: Sendable {
  package let path: FilePath
  let fd: Int32

  init(owning fd: Int32, path: FilePath) {
    self.fd = fd
    self.path = path
  }

  deinit { _ = close(fd) }

  /// Borrowed: valid as long as this owner lives, and not to be closed.
  package var descriptor: FileDescriptor { FileDescriptor(rawValue: fd) }

  /// Opens a directory by its path. The parts before the last are followed; a symbolic link at the
  /// end is an error unless it is to be followed.
  package static func open(_ path: FilePath, following: Bool = false) throws(FileError) -> Directory {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (following ? 0 : O_NOFOLLOW)
    let fd = try check(.open, path) { path.withPlatformString { openat(AT_FDCWD, $0, flags, 0) } }
    return Directory(owning: fd, path: path)
  }

  /// Opens a directory in this one. ENOTDIR or ELOOP where it is a symbolic link.
  package func open(_ name: FilePath.Component) throws(FileError) -> Directory {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW
    let child = path.appending(name)
    let fd = try check(.open, child) { name.withPlatformString { openat(self.fd, $0, flags, 0) } }
    return Directory(owning: fd, path: child)
  }

  /// Opens a directory below this one; no part of the way is followed. The empty path is this one.
  package func open(at relative: FilePath) throws(FileError) -> Directory {
    var directory = self
    for name in try components(of: relative) { directory = try directory.open(name) }
    return directory
  }

  /// Opens a file in this directory, not following; opening a FIFO never waits.
  package func openFile(
    _ name: FilePath.Component, _ mode: FileDescriptor.AccessMode = .readOnly,
    options: FileDescriptor.OpenOptions = [], permissions: FilePermissions = [.ownerReadWrite]
  ) throws(FileError) -> OpenFile {
    try OpenFile.open(
      at: fd, path.appending(name), name: FilePath(root: nil, components: name), mode, options: options,
      permissions: permissions, following: false)
  }

  /// Opens a file below this directory for reading; no part of the way is followed.
  package func openFile(at relative: FilePath) throws(FileError) -> OpenFile {
    guard let name = relative.lastComponent else {
      throw FileError(.open, path, .invalidArgument, detail: "the path has no name")
    }
    return try open(at: relative.removingLastComponent()).openFile(name)
  }

  package func status() throws(FileError) -> FileStatus {
    var status = stat()
    try check(.status, path) { fstat(fd, &status) }
    return FileStatus(status)
  }

  /// What a name is, a symbolic link being itself.
  package func status(of name: FilePath.Component) throws(FileError) -> FileStatus {
    var status = stat()
    try check(.status, path.appending(name)) {
      name.withPlatformString { fstatat(fd, $0, &status, AT_SYMLINK_NOFOLLOW) }
    }
    return FileStatus(status)
  }

  /// The status, or nil if there is nothing of that name.
  package func statusIfPresent(of name: FilePath.Component) throws(FileError) -> FileStatus? {
    do { return try status(of: name) } catch {
      if error.errno == .noSuchFileOrDirectory { return nil }
      throw error
    }
  }

  /// What a path below this directory is, no part of it being followed; nil if nothing is there.
  package func statusIfPresent(at relative: FilePath) throws(FileError) -> FileStatus? {
    guard let name = relative.lastComponent else { return try status() }
    do {
      return try open(at: relative.removingLastComponent()).statusIfPresent(of: name)
    } catch {
      if error.isMissing { return nil }
      throw error
    }
  }

  /// Where a symbolic link leads, to go there. As it is written, with slashes too many: ``readLinkBytes(_:)``.
  package func readLink(_ name: FilePath.Component) throws(FileError) -> FilePath {
    FilePath(bytes: try readLinkBytes(name))
  }

  /// The text of a symbolic link, byte by byte.
  package func readLinkBytes(_ name: FilePath.Component) throws(FileError) -> [UInt8] {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = try check(.readLink, path.appending(name)) {
      name.withPlatformString { readlinkat(fd, $0, &buffer, buffer.count) }
    }
    return buffer[..<count].map { UInt8(bitPattern: $0) }
  }

  /// fsync(2) of the directory: the names in it are on the disk.
  package func synchronize() throws(FileError) {
    try synchronizeOnce(path) { fsync(fd) }
  }

  /// The names on the way down; an absolute path and `..` are errors, `.` is left out.
  func components(of relative: FilePath) throws(FileError) -> [FilePath.Component] {
    guard !relative.isAbsolute else {
      throw FileError(.open, relative, .invalidArgument, detail: "the path must be relative")
    }
    var names: [FilePath.Component] = []
    for name in relative.components {
      switch name.kind {
      case .regular: names.append(name)
      case .currentDirectory: continue
      case .parentDirectory:
        throw FileError(.open, relative, .invalidArgument, detail: "the path must not contain ..")
      }
    }
    return names
  }
}
