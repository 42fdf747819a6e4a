import Effects
import Files
import SystemPackage
import Wire

/// What steps keep from upgrade to upgrade in `$FLEET_CACHE`, such as the wheels that an environment was made of.
///
/// Between upgrades it lies in the state folder, where only root gets at it; in them below the scratch space. All in it
/// is the app's user's, so no step of another root's sees it. Whatever is wrong with it, a step goes without.
struct KeptCache {
  let state: FilePath
  let scratch: ScratchSpace
  let user: RunUser

  private static let name: FilePath.Component = "cache"
  /// Below the scratch space.
  private static let place: FilePath.Component = "kept"

  var path: FilePath { scratch.path.appending(Self.place) }

  /// Brings it to where steps see it; an empty one, where there is none yet, or where it is another user's.
  ///
  /// - Returns: false where the install is on another file system than the state folder: nothing is kept then.
  func take() throws(FileError) -> Bool {
    let (kept, here) = (try Directory.open(state), try Directory.open(scratch.path))
    guard try kept.status().identity.device == here.status().identity.device else { return false }
    try here.removeTree(Self.place)
    if let status = try kept.statusIfPresent(of: Self.name) {
      if status.kind == .directory, status.user == user.uid {
        try kept.rename(Self.name, to: Self.place, in: here)
        return true
      }
      try kept.removeTree(Self.name)
    }
    let made = try here.makeDirectory(Self.place, permissions: .ownerReadWriteExecute)
    try made.setOwner(user: user.uid, group: user.gid)
    return true
  }

  /// Makes room, or lets what may be bad in it go.
  static func forget(in state: FilePath) throws(FileError) { try Directory.open(state).removeTree(name) }

  /// Puts it aside for the next upgrade.
  ///
  /// - Returns: why it was not.
  func keep() -> String? {
    do {
      let (kept, here) = (try Directory.open(state), try Directory.open(scratch.path))
      let usage = try DiskUsage.of(path)
      guard usage.allocatedBytes <= JobLimits.cacheBytes else {
        return
          "\(sizeText(usage.allocatedBytes)) are in FLEET_CACHE, and \(sizeText(JobLimits.cacheBytes)) may be"
      }
      // The folder itself is one.
      guard usage.entries > 1 else { return nil }
      // Kept is what a power cut cannot cut any more.
      try here.synchronizeFileSystem()
      try here.rename(Self.place, to: Self.name, in: kept)
      return nil
    } catch {
      return "\(error)"
    }
  }
}
