import Glibc
package import SystemPackage

extension OpenFile {
  /// Owner, mode and extended attributes become those of another file. Returns in words what could
  /// not be carried: attributes that may not be set here and, for a plain user, the owner.
  @discardableResult
  package func becomeOwned(like other: borrowing OpenFile) throws(FileError) -> [String] {
    try setMetadata(fd, path, like: other.fd, try other.status())
  }
}

extension OpenFile {
  /// Owner, the mode's bits for reading and writing, and those attributes that the owner of a file can set become the
  /// original's: nothing that gives this file, whose content somebody else decides, a power of its own.
  ///
  /// - Parameter insteadOfRoot: whose it becomes where the original is root's.
  package func becomeData(
    like other: borrowing OpenFile, insteadOfRoot: (user: UInt32, group: UInt32)
  ) throws(FileError) {
    let status = try other.status()
    if geteuid() == 0 {
      let owner = status.user == 0 ? insteadOfRoot : (status.user, status.group)
      try check(.setOwner, path) { fchown(fd, owner.0, owner.1) }
    }
    try setMode(FilePermissions(rawValue: status.permissions.rawValue & 0o666))
    try ExtendedAttributes(fd: fd, path: path).become(ExtendedAttributes(fd: other.fd, path: path)) { name in
      name.starts(with: Array("user.".utf8)) || name == Array("system.posix_acl_access".utf8)
    }
  }
}

/// In this order, since chown(2) drops setuid and file capabilities, and an ACL has a say in the mode.
func setMetadata(
  _ fd: Int32, _ path: FilePath, like other: Int32, _ status: FileStatus
) throws(FileError) -> [String] {
  var notes: [String] = []
  if let note = try setOwner(path, status, { fchown(fd, $0, $1) }) { notes.append(note) }
  try check(.setMode, path) { fchmod(fd, status.permissions.rawValue) }
  let refused = try ExtendedAttributes(fd: fd, path: path)
    .become(ExtendedAttributes(fd: other, path: path))
  if !refused.isEmpty { notes.append("extended attributes not kept: " + refused.joined(separator: " ")) }
  return notes
}

/// Gives a file its owner. A plain user cannot give files away: for one it is a note, not an error.
func setOwner(
  _ path: FilePath, _ status: FileStatus, _ change: (uid_t, gid_t) -> Int32
) throws(FileError) -> String? {
  do {
    try check(.setOwner, path) { change(status.user, status.group) }
    return nil
  } catch {
    guard error.errno == .notPermitted, geteuid() != 0 else { throw error }
    return "owner \(status.user):\(status.group) not kept: not running as root"
  }
}

extension OpenFile {
  /// When its content changed last; when it was read stays as it is.
  package func setModified(_ time: FileTime) throws(FileError) {
    try check(.setTimes, path) { futimens(fd, time.asModified) }
  }
}

extension FileTime {
  /// The pair that utimensat(2) wants, the time of access left alone.
  fileprivate var asModified: [timespec] {
    // UTIME_OMIT, a macro that Swift cannot import.
    [Glibc.timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2), timespec]
  }
}

extension Directory {
  package func setModified(_ time: FileTime) throws(FileError) {
    try check(.setTimes, path) { futimens(fd, time.asModified) }
  }

  /// Whose a symbolic link in this directory is, not what it leads to.
  package func setOwner(ofLink name: FilePath.Component, user: UInt32, group: UInt32) throws(FileError) {
    try check(.setOwner, path.appending(name)) {
      name.withPlatformString { fchownat(fd, $0, user, group, AT_SYMLINK_NOFOLLOW) }
    }
  }

  package func setModified(ofLink name: FilePath.Component, _ time: FileTime) throws(FileError) {
    try check(.setTimes, path.appending(name)) {
      name.withPlatformString { utimensat(fd, $0, time.asModified, AT_SYMLINK_NOFOLLOW) }
    }
  }

  /// Takes owner, mode and extended attributes of another directory. What could not be kept, in words.
  @discardableResult
  package func becomeOwned(like other: Directory) throws(FileError) -> [String] {
    try setMetadata(fd, path, like: other.fd, try other.status())
  }

  package func setOwner(user: UInt32, group: UInt32) throws(FileError) {
    try check(.setOwner, path) { fchown(fd, user, group) }
  }

  package func setMode(_ permissions: FilePermissions) throws(FileError) {
    try check(.setMode, path) { fchmod(fd, permissions.rawValue) }
  }

  /// Takes the mode of another directory alone.
  package func takeMode(of other: Directory) throws(FileError) {
    try setMode(other.status().permissions)
  }
}
