import Archive
import ByteText
import Files
import Release
import SystemPackage
import Wire

/// The files that were received, by their SHA-256.
struct Artifacts {
  let paths: AgentPaths

  init(_ paths: AgentPaths) { self.paths = paths }

  /// How many stay after a job, the newest.
  static let kept = 4

  func file(_ sha256: String) -> FilePath { paths.artifacts.appending(sha256) }

  func has(_ sha256: String, size: Int64) throws(StepFailure) -> Bool {
    guard isThere(Artifact(sha256: sha256, size: size)) else { return false }
    return try Self.digest(of: file(sha256)) == sha256
  }

  /// By its name and size.
  private func isThere(_ artifact: Artifact) -> Bool {
    (try? FileStatus.of(file(artifact.sha256)))?.sizeBytes == artifact.size
  }

  /// Where a release may lie: its archive, or the tar in it, which was made of a delta.
  private func places(of release: ReleaseName) -> [Artifact] {
    [Artifact(sha256: release.sha256, size: release.size)] + (content(of: release.sha256).map { [$0] } ?? [])
  }

  /// Where a release lies; nil where it did not come whole.
  func archive(of release: ReleaseName) throws(StepFailure) -> Artifact? {
    for artifact in places(of: release) where try has(artifact.sha256, size: artifact.size) {
      return artifact
    }
    return nil
  }

  /// The same for who reads all of it anyway: that it holds what its name says is still to be proved.
  func requireUnreadArchive(of release: ReleaseName) throws(StepFailure) -> Artifact {
    guard let found = places(of: release).first(where: { isThere($0) }) else { throw Self.isNotHere }
    return found
  }

  func requireArchive(of release: ReleaseName) throws(StepFailure) {
    guard try archive(of: release) != nil else { throw Self.isNotHere }
  }

  private static let isNotHere = StepFailure.because(
    .artifact, "the release's archive is not on this host; fleet sends it again")

  /// That a file is the tar in that release's archive, as the coordinator, which verified it, says.
  func note(_ content: Artifact, as release: ReleaseName) throws(StepFailure) {
    try Stored.write(content, contentNote(of: release.sha256))
  }

  private func content(of release: String) -> Artifact? {
    try? Stored.read(Artifact.self, contentNote(of: release))
  }

  private func contentNote(of release: String) -> FilePath { file(release + Self.noteSuffix) }

  private static let noteSuffix = ".content"
  /// What is being made, and what a crash has left of that.
  static let draftSuffix = ".draft"

  /// Forgets all but the newest, and the releases that `keep` names. Of the others, what was made of a delta goes at
  /// once: it takes several times what an archive does.
  func prune(keep: Set<String>) throws(StepFailure) {
    let contents = Set(keep.compactMap { content(of: $0)?.sha256 })
    try files { () throws(FileError) in
      let folder = try Directory.open(paths.artifacts)
      var dated: [(FilePath.Component, FileTime)] = []
      var unwanted: Set<String> = []
      for name in try folder.entries() where !keep.contains(name.string) && !contents.contains(name.string) {
        guard let status = try folder.statusIfPresent(of: name) else { continue }
        if let release = name.string.without(suffix: Self.noteSuffix).map({ String($0) }) {
          if keep.contains(release) { continue }
          if let content = content(of: release) { unwanted.insert(content.sha256) }
          unwanted.insert(name.string)
        } else if name.string.without(suffix: Self.draftSuffix) != nil {
          unwanted.insert(name.string)
        } else {
          dated.append((name, status.modified))
        }
      }
      dated.removeAll { unwanted.contains($0.0.string) }
      let old = dated.sorted { $0.1 > $1.1 }.dropFirst(Self.kept).map(\.0)
      for name in old + unwanted.subtracting(contents).compactMap({ FilePath.Component($0) }) {
        try folder.unlink(name)
      }
    }
  }

  /// One conversation at a time brings something. Where its connection broke in the middle, the one of before has not
  /// noticed yet: it hears no more, and ends of that.
  func takeTurn(waitSeconds: Int) throws(StepFailure) -> FileLock {
    do throws(FileError) {
      return try FileLock.take(
        paths.uploadLock, owner: "an upload", waitMilliseconds: waitSeconds * 1000)
    } catch {
      guard error.errno == .wouldBlock else { throw .io(error) }
      throw .because(.claimed, "another file is being received; try again")
    }
  }

  static func digest(of path: FilePath) throws(StepFailure) -> String {
    try files { () throws(FileError) in try FileDigest.of(path) }.description
  }
}
