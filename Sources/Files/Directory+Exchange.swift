import CLinux
import Glibc
package import SystemPackage

extension Directory {
  /// Two names change places in one step (renameat2(2) RENAME_EXCHANGE): at every instant, a power
  /// cut included, each path is there. Not durable by itself: synchronize both directories after it.
  ///
  /// Errors: EXDEV across file systems, btrfs subvolumes and lower layers of an overlay; EBUSY on a
  /// mount point; ENOENT if a side is missing; EINVAL or ENOSYS where the file
  /// system or the kernel cannot.
  package func exchange(
    _ name: FilePath.Component, with otherName: FilePath.Component, in other: Directory? = nil
  ) throws(FileError) {
    let target = other ?? self
    let failure: Errno
    do {
      try check(.exchange, path.appending(name)) {
        name.withPlatformString { a in
          otherName.withPlatformString { b in fleet_exchange(fd, a, target.fd, b) }
        }
      }
      return
    } catch { failure = error.errno }
    let both = "with \(target.path.appending(otherName).printable)"
    let words: String =
      switch failure {
      case .improperLink:
        "\(both): they are on different file systems; the work directory must lie beside the install"
      case .resourceBusy: "\(both): one of them is a mount point; unmount it first"
      case .noSuchFileOrDirectory: "\(both): one of them does not exist"
      case .invalidArgument, .noFunction: "\(both): this file system cannot exchange two names"
      default: both
      }
    throw FileError(.exchange, path.appending(name), failure, detail: words)
  }

  /// How the names begin that are made to try something, and that a crash may leave.
  package static let triedPrefix = ".fleet-try-"

  /// Does a real exchange of two empty directories in this one, and removes them again. Throws what
  /// an exchange here would throw, and where they cannot be removed.
  package func tryExchange() throws(FileError) {
    let tag = "\(getpid())-\(UInt32.random(in: 0 ... .max))"
    let names = ["a", "b"].compactMap { FilePath.Component("\(Self.triedPrefix)\(tag)-\($0)") }
    guard let a = names.first, let b = names.last else { return }
    defer { for name in names { _ = try? removeIfEmpty(name) } }
    // The modes tell afterwards which is which: inode numbers are not stable on an overlay.
    let first = FilePermissions(rawValue: 0o700)
    try makeDirectory(a, permissions: first)
    try makeDirectory(b, permissions: FilePermissions(rawValue: 0o500))
    try exchange(a, with: b)
    guard try status(of: b).permissions == first else {
      throw FileError(
        .exchange, path, .notSupported, detail: "the kernel reports success, but nothing was exchanged")
    }
    for name in names { try removeIfEmpty(name) }
  }
}

/// Exchanges what two paths name, as `Directory.exchange` does; a symbolic link is exchanged itself.
package func exchange(_ a: FilePath, _ b: FilePath) throws(FileError) {
  guard let aName = a.lastComponent, let bName = b.lastComponent else {
    throw FileError(.exchange, a, .invalidArgument, detail: "a path has no name")
  }
  let aParent = try Directory.open(parent(of: a), following: true)
  let bParent = try Directory.open(parent(of: b), following: true)
  try aParent.exchange(aName, with: bName, in: bParent)
}

/// The directory part of a path, `.` for a bare name.
package func parent(of path: FilePath) -> FilePath {
  let parent = path.removingLastComponent()
  return parent.isEmpty ? "." : parent
}
