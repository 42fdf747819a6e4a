package import Store
import Files
package import SystemPackage

/// How `fleet abort` reaches the fleet that drives a rollout on this machine: a file beside its log.
package struct AbortRequest: Sendable {
  private let path: FilePath

  /// - Parameter folder: the rollout's.
  package init(in folder: FilePath) { path = folder.appending("abort") }

  package func make() throws(StoreError) { try StateFiles.write([], to: path) }

  /// Whether it was made; then it is taken, and is not there any more.
  func take() -> Bool {
    guard (try? FileStatus.ifPresent(path)) != nil, let name = path.lastComponent else { return false }
    // Where it cannot be taken away it was made all the same.
    return (try? Directory.open(path.removingLastComponent()).unlink(name)) ?? true
  }
}
