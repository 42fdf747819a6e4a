import Files

/// Where an isolated command runs: a place of its own in which the staged tree stands at the install
/// path, everything else is read-only or private, and nothing of the running app can be reached.
struct Isolation: Codable, Equatable, Sendable {
  /// What the command's changes to the tree become.
  enum TreeMode: Codable, Equatable, Sendable {
    /// The staged tree itself is changed.
    case direct
    /// Changes go to `upper`; the staged tree stays as it is. `work` is the kernel's (overlayfs). Both
    /// are below the scratch space, on one file system that is no overlay itself.
    case overlay(upper: String, work: String)
  }

  /// A directory outside of the tree that the command may change: the profile's `outside`.
  struct Outside: Codable, Equatable, Sendable {
    /// Where the command sees it: its real path.
    var path: String
    /// What it sees there, and how that is changed.
    var tree: String
    var mode: TreeMode = .direct
    /// Of what was looked at and saved: nothing else is shown. nil: a copy of fleet's own.
    var identity: FileStatus.Identity?
  }

  /// The install path: there the command sees the staged tree.
  var install: String
  /// The staged tree.
  var tree: String
  var mode: TreeMode = .direct
  var outside: [Outside] = []
  /// The tree to be readable at `oldAt`; by itself it is hidden behind the staged one.
  var old: String?
  var oldAt: String?
  /// The ``WorkFolder``: nobody else passes through it, so the command sees an empty one with its own scratch space.
  var work: String?
  /// The job's ``ScratchSpace``: writable, and its `tmp` is /tmp.
  var scratch: String
  /// Whether the host's network can be used. Without, there is only an empty loopback.
  var network: Bool
}
