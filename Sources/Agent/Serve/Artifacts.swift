import Archive
import Files
import Release
import SystemPackage

/// The files that were received, by their SHA-256.
struct Artifacts {
  let paths: AgentPaths

  init(_ paths: AgentPaths) { self.paths = paths }

  /// How many stay after a job, the newest.
  static let kept = 4

  func file(_ sha256: String) -> FilePath { paths.artifacts.appending(sha256) }

  func has(_ sha256: String, size: Int64) throws(StepFailure) -> Bool {
    guard let status = try? FileStatus.of(file(sha256)), status.sizeBytes == size else {
      return false
    }
    return try Self.digest(of: file(sha256)) == sha256
  }

  /// Forgets all but the newest, and those that `keep` names.
  func prune(keep: Set<String>) throws(StepFailure) {
    try files { () throws(FileError) in
      let folder = try Directory.open(paths.artifacts)
      var dated: [(FilePath.Component, FileTime)] = []
      for name in try folder.entries() where !keep.contains(name.string) {
        guard let status = try folder.statusIfPresent(of: name) else { continue }
        dated.append((name, status.modified))
      }
      for (name, _) in dated.sorted(by: { $0.1 > $1.1 }).dropFirst(Self.kept) {
        try folder.unlink(name)
      }
    }
  }

  static func digest(of path: FilePath) throws(StepFailure) -> String {
    try files { () throws(FileError) in try FileDigest.of(path) }.description
  }
}
