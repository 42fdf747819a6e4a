import Glibc
public import SystemPackage

/// What `setOwnerAndModes` did.
public struct OwnershipResult: Sendable, Equatable {
  public var changed = 0
  /// Files with a further name outside the tree, left alone: changing them would change the live app.
  public var sharedFiles: [FilePath] = []
}

/// Gives a tree, its top included, to a user and group, and clears mode bits in it. Symbolic links are
/// given away themselves. Meant for what was just extracted: paths for which `excluding` is true are
/// left alone with all below them, and so are files that have names outside the tree.
public func setOwnerAndModes(
  _ tree: Directory, user: UInt32, group: UInt32, clearing bits: FilePermissions = [],
  limits: TreeLimits = .standard, excluding: (FilePath) -> Bool = { _ in false }
) throws(FileError) -> OwnershipResult {
  var result = OwnershipResult()
  // By path, not by open directory: there may be more of them than descriptors.
  var linked: [FileStatus.Identity: (status: FileStatus, paths: [FilePath])] = [:]
  try TreeWalk(tree, limits: limits).visit { (entry) throws(FileError) in
    if excluding(entry.path) || entry.isMountPoint { return .skipBelow }
    if entry.status.kind != .directory, entry.status.links > 1 {
      linked[entry.status.identity, default: (entry.status, [])].paths.append(entry.path)
    } else {
      try setOwnerAndMode(entry.parent, entry.name, entry.status, user, group, bits)
      result.changed += 1
    }
    return .goOn
  }
  for (status, paths) in linked.values {
    guard UInt64(paths.count) == status.links else {
      result.sharedFiles += paths
      continue
    }
    for path in paths {
      guard let name = path.lastComponent else { continue }
      let parent = try tree.open(at: path.removingLastComponent())
      try setOwnerAndMode(parent, name, status, user, group, bits)
      result.changed += 1
    }
  }
  result.sharedFiles.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  let top = try tree.status()
  try check(.setOwner, tree.path) { fchown(tree.fd, user, group) }
  try check(.setMode, tree.path) { fchmod(tree.fd, top.permissions.subtracting(bits).rawValue) }
  result.changed += 1
  return result
}

private func setOwnerAndMode(
  _ parent: Directory, _ name: FilePath.Component, _ status: FileStatus, _ user: UInt32,
  _ group: UInt32, _ bits: FilePermissions
) throws(FileError) {
  if status.user != user || status.group != group {
    try check(.setOwner, parent.path.appending(name)) {
      name.withPlatformString { fchownat(parent.fd, $0, user, group, AT_SYMLINK_NOFOLLOW) }
    }
  }
  guard status.kind == .regular || status.kind == .directory else { return }
  let wanted = status.permissions.subtracting(bits)
  // Looked at again, since chown(2) drops setuid and setgid.
  guard try parent.status(of: name).permissions != wanted else { return }
  // Through a descriptor: fchmodat(2) would follow a symbolic link put there meanwhile.
  try parent.openFile(name).setMode(wanted)
}
