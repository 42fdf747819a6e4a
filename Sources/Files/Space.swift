import Glibc
public import SystemPackage

/// What a file system has left (statvfs(3)).
public struct FreeSpace: Sendable, Equatable {
  public let totalBytes: UInt64
  /// Without what is kept back for root.
  public let availableBytes: UInt64
  /// Nil where the file system makes inodes as it needs them (btrfs).
  public let availableInodes: UInt64?

  public static func at(_ path: FilePath) throws(FileError) -> FreeSpace {
    var status = statvfs()
    try check(.space, path) { path.withPlatformString { statvfs($0, &status) } }
    let unit = UInt64(status.f_frsize)
    return FreeSpace(
      totalBytes: UInt64(status.f_blocks) * unit, availableBytes: UInt64(status.f_bavail) * unit,
      availableInodes: status.f_files == 0 ? nil : UInt64(status.f_favail))
  }
}

/// What a tree takes.
public struct DiskUsage: Sendable, Equatable {
  /// On the disk, a hard-linked file once.
  public var allocatedBytes: Int64 = 0
  /// The sizes of the plain files added up, a hard-linked file once.
  public var apparentBytes: Int64 = 0
  public var entries = 0

  /// Measures a file or a tree; symbolic links are not followed, mounts not entered.
  public static func of(
    _ path: FilePath, limits: TreeLimits = .standard
  ) throws(FileError) -> DiskUsage {
    var usage = DiskUsage()
    var seen: Set<FileStatus.Identity> = []
    let top = try FileStatus.of(path)
    usage.add(top, &seen)
    guard top.kind == .directory else { return usage }
    try TreeWalk(Directory.open(path), limits: limits).visit { (entry) throws(FileError) in
      if !entry.isMountPoint { usage.add(entry.status, &seen) }
      return .goOn
    }
    return usage
  }

  private mutating func add(_ status: FileStatus, _ seen: inout Set<FileStatus.Identity>) {
    entries += 1
    if status.kind != .directory, status.links > 1, !seen.insert(status.identity).inserted { return }
    allocatedBytes += status.allocatedBytes
    if status.kind == .regular { apparentBytes += status.sizeBytes }
  }
}
