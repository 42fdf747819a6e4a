import Files
import SystemPackage
import Wire

/// The folder of an app's state, and the lock that whoever works on the app holds.
struct StateFolder {
  let paths: AgentPaths

  init(_ paths: AgentPaths) { self.paths = paths }

  /// Makes what is missing; only root (or the plain user who runs us) may look inside.
  func prepare() throws(StepFailure) {
    try files { () throws(FileError) in
      let root = try Directory.open("/")
      let folder = try root.makeDirectories(
        FilePath(root: nil, paths.state.components),
        permissions: FilePermissions(rawValue: 0o755))
      for name in [paths.jobs, paths.artifacts].compactMap(\.lastComponent) {
        try folder.makeDirectory(name, permissions: FilePermissions(rawValue: 0o700))
      }
    }
  }

  func lock(_ owner: String, waitMilliseconds: Int = 2_000) throws(StepFailure) -> FileLock {
    do {
      return try FileLock.take(paths.lock, owner: owner, waitMilliseconds: waitMilliseconds)
    } catch {
      if error.errno == .wouldBlock {
        throw .because(.claimed, "something is under way for \(paths.app): \(error.detail ?? "")")
      }
      throw .io(error)
    }
  }

  var isLocked: Bool {
    do {
      let lock = try FileLock.take(paths.lock, owner: "a look")
      lock.release()
      return false
    } catch {
      return error.errno == .wouldBlock
    }
  }
}
