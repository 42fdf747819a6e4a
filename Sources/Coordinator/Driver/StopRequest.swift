package import Store
import Files
package import SystemPackage

/// How `fleet pause` and `fleet abort` reach the fleet that drives a rollout on this machine: a file beside its log.
package struct StopRequest: Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    /// What is in its cutover is finished, and the rollout stays open.
    case pause
    /// The same, and whoever asked closes it then.
    case abort
  }

  private let path: FilePath

  /// - Parameter folder: the rollout's.
  package init(_ kind: Kind, in folder: FilePath) { path = folder.appending(kind.rawValue) }

  package func make() throws(StoreError) { try StateFiles.write([], to: path) }

  /// Whether it was made; then it is taken, and is not there any more.
  func take() -> Bool {
    guard (try? FileStatus.ifPresent(path)) != nil, let name = path.lastComponent else { return false }
    // Where it cannot be taken away it was made all the same.
    return (try? Directory.open(path.removingLastComponent()).unlink(name)) ?? true
  }
}
