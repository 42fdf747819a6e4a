import Glibc
import SystemPackage

extension OpenFile {
  /// Owner, mode and extended attributes become those of another file. Returns in words what could
  /// not be carried: attributes that may not be set here and, for a plain user, the owner.
  @discardableResult
  public func becomeOwned(like other: borrowing OpenFile) throws(FileError) -> [String] {
    try setMetadata(fd, path, like: other.fd, try other.status())
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

extension Directory {
  /// Takes owner, mode and extended attributes of another directory. What could not be kept, in words.
  @discardableResult
  public func becomeOwned(like other: Directory) throws(FileError) -> [String] {
    try setMetadata(fd, path, like: other.fd, try other.status())
  }

  /// Takes the mode of another directory alone.
  public func takeMode(of other: Directory) throws(FileError) {
    let permissions = try other.status().permissions
    try check(.setMode, path) { fchmod(fd, permissions.rawValue) }
  }
}
