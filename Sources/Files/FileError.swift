package import SystemPackage

/// What was being done when a file-system call failed, as it stands in "cannot … PATH".
package enum FileOperation: String, Sendable {
  case open, create, list, read, write, truncate, synchronize, remove, link, lock, copy, walk
  case status = "look at"
  case makeDirectory = "make the directory"
  case makeSymbolicLink = "make the symbolic link"
  case readLink = "read the symbolic link"
  case rename = "rename"
  case exchange = "exchange"
  case setOwner = "set the owner of"
  case setMode = "set the mode of"
  case setTimes = "set the times of"
  case attributes = "carry the extended attributes of"
  case space = "measure the space at"
  case account = "look up the account"
  case mounts = "read the mounts of"
}

/// A file-system call that failed: what was tried, on which path, and what the kernel said.
package struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  package let operation: FileOperation
  package let path: FilePath
  package let errno: Errno
  /// More than `errno` says, where it is known: the other path of a rename, the limit that was met.
  package let detail: String?

  package init(_ operation: FileOperation, _ path: FilePath, _ errno: Errno, detail: String? = nil) {
    self.operation = operation
    self.path = path
    self.errno = errno
    self.detail = detail
  }

  /// Nothing of that name, or a part of the path is no directory.
  package var isMissing: Bool { errno == .noSuchFileOrDirectory || errno == .notDirectory }
  package var isFull: Bool { errno == .noSpace || errno == .diskQuotaExceeded }

  package var description: String {
    "cannot \(operation.rawValue) \(path.printable): \(cause)"
  }

  /// What the kernel said, and what can be done about it.
  package var cause: String { detail.map { "\($0) (\(errno))" } ?? words }

  private var words: String {
    switch errno {
    case .noSpace: "the disk is full; make room and try again"
    case .diskQuotaExceeded: "the disk quota is used up"
    case .readOnlyFileSystem: "the file system is read-only; look for disk errors in `dmesg`"
    case .ioError: "the disk reports an error (\(errno)); look in `dmesg`"
    case .permissionDenied, .notPermitted: "\(errno): this needs the owner of it, or root"
    case .improperLink: "the two sides are on different file systems (\(errno))"
    case .resourceBusy: "it is a mount point, or in use (\(errno))"
    case .tooManySymbolicLinkLevels: "it is a symbolic link, and those are not followed here"
    default: "\(errno)"
    }
  }
}
