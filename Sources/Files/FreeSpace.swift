import Glibc
package import SystemPackage

/// What a file system has left (statvfs(3)).
package struct FreeSpace: Sendable, Equatable {
  package let totalBytes: UInt64
  /// Without what is kept back for root.
  package let availableBytes: UInt64
  /// Nil where the file system makes inodes as it needs them (btrfs).
  package let availableInodes: UInt64?

  package static func at(_ path: FilePath) throws(FileError) -> FreeSpace {
    var status = statvfs()
    try check(.space, path) { path.withPlatformString { statvfs($0, &status) } }
    let unit = UInt64(status.f_frsize)
    return FreeSpace(
      totalBytes: UInt64(status.f_blocks) * unit, availableBytes: UInt64(status.f_bavail) * unit,
      availableInodes: status.f_files == 0 ? nil : UInt64(status.f_favail))
  }
}

/// What a tree takes.
package struct DiskUsage: Sendable, Equatable {
  /// On the disk, a hard-linked file once.
  package var allocatedBytes: Int64 = 0
  /// The sizes of the plain files added up, a hard-linked file once.
  package var apparentBytes: Int64 = 0
  /// Of ``allocatedBytes``, what goes with the tree: files that have no name outside it.
  package var ownBytes: Int64 = 0
  package var entries = 0

  /// Measures a file or a tree; symbolic links are not followed, mounts not entered.
  ///
  /// - Parameter excluding: relative paths that are not measured, with all below.
  package static func of(
    _ path: FilePath, limits: TreeLimits = .standard, excluding: (FilePath) -> Bool = { _ in false }
  ) throws(FileError) -> DiskUsage {
    let top = try FileStatus.of(path)
    guard top.kind == .directory else {
      var usage = DiskUsage()
      var seen: [FileStatus.Identity: UInt64] = [:]
      usage.add(top, &seen)
      return usage
    }
    return try of(Directory.open(path), limits: limits, excluding: excluding)
  }

  /// The same of an open directory.
  package static func of(
    _ directory: Directory, limits: TreeLimits = .standard, excluding: (FilePath) -> Bool = { _ in false }
  ) throws(FileError) -> DiskUsage {
    var usage = DiskUsage()
    var seen: [FileStatus.Identity: UInt64] = [:]
    usage.add(try directory.status(), &seen)
    try TreeWalk(directory, limits: limits).visit { (entry) throws(FileError) in
      if excluding(entry.path) { return .skipBelow }
      if !entry.isMountPoint { usage.add(entry.status, &seen) }
      return .goOn
    }
    return usage
  }

  /// - Parameter seen: how many names each file that has several was met by.
  private mutating func add(_ status: FileStatus, _ seen: inout [FileStatus.Identity: UInt64]) {
    entries += 1
    var names: UInt64 = 1
    if status.kind != .directory, status.links > 1 {
      names = seen[status.identity, default: 0] + 1
      seen[status.identity] = names
    }
    if status.kind == .directory || names == UInt64(status.links) { ownBytes += status.allocatedBytes }
    if names > 1 { return }
    allocatedBytes += status.allocatedBytes
    if status.kind == .regular { apparentBytes += status.sizeBytes }
  }
}
