import Glibc
package import SystemPackage

/// A moment as a file system keeps it.
package struct FileTime: Sendable, Hashable, Comparable {
  package let seconds: Int64
  package let nanoseconds: Int64

  package init(seconds: Int64, nanoseconds: Int64) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  init(_ time: timespec) {
    self.init(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
  }

  var timespec: timespec { Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds)) }

  package static func < (a: Self, b: Self) -> Bool {
    (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
  }
}

/// What lstat(2) and fstat(2) say of a file; see inode(7).
package struct FileStatus: Sendable, Hashable {
  package enum Kind: UInt8, Sendable {
    case regular, directory, symbolicLink, fifo, socket, characterDevice, blockDevice, unknown
  }

  /// Which file it is, as long as it exists.
  package struct Identity: Sendable, Hashable, Codable {
    package let device: UInt64
    package let inode: UInt64
  }

  package let identity: Identity
  package let kind: Kind
  /// The permission bits with setuid, setgid and sticky.
  package let permissions: FilePermissions
  package let links: UInt64
  package let user: UInt32
  package let group: UInt32
  package let sizeBytes: Int64
  /// What it takes on the disk: less than the size where the file has holes.
  package let allocatedBytes: Int64
  package let accessed: FileTime
  package let modified: FileTime
  /// When content, owner, mode or link count last changed; no program can set it back.
  package let changed: FileTime

  init(_ status: stat) {
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      case S_IFCHR: .characterDevice
      case S_IFBLK: .blockDevice
      default: .unknown
      }
    permissions = FilePermissions(rawValue: status.st_mode & 0o7777)
    links = UInt64(status.st_nlink)
    user = status.st_uid
    group = status.st_gid
    sizeBytes = Int64(status.st_size)
    allocatedBytes = Int64(status.st_blocks) * 512
    accessed = FileTime(status.st_atim)
    modified = FileTime(status.st_mtim)
    changed = FileTime(status.st_ctim)
  }

  /// The status of a path; a symbolic link at its end is followed only where asked.
  package static func of(_ path: FilePath, following: Bool = false) throws(FileError) -> FileStatus {
    var status = stat()
    try check(.status, path) {
      path.withPlatformString {
        fstatat(AT_FDCWD, $0, &status, following ? 0 : AT_SYMLINK_NOFOLLOW)
      }
    }
    return FileStatus(status)
  }

  /// The status of a path, not following; nil if nothing is there.
  package static func ifPresent(_ path: FilePath) throws(FileError) -> FileStatus? {
    do { return try of(path) } catch {
      if error.isMissing { return nil }
      throw error
    }
  }
}
