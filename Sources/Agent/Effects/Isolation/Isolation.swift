package import Files

/// Where an isolated command runs: a place of its own in which the staged tree stands at the install
/// path, everything else is read-only or private, and nothing of the running app can be reached.
package struct Isolation: Codable, Equatable, Sendable {
  /// What the command's changes to the tree become.
  package enum TreeMode: Codable, Equatable, Sendable {
    /// The staged tree itself is changed.
    case direct
    /// Changes go to `upper`; the staged tree stays as it is. `work` is the kernel's (overlayfs). Both
    /// are below the scratch space, on one file system that is no overlay itself.
    case overlay(upper: String, work: String)
  }

  /// A directory outside of the tree that the command may change: the profile's `outside`.
  package struct Outside: Codable, Equatable, Sendable {
    /// Where the command sees it: its real path.
    package var path: String
    /// What it sees there, and how that is changed.
    var tree: String
    var mode: TreeMode = .direct
    /// Of what was looked at and saved: nothing else is shown. nil: a copy of fleet's own.
    var identity: FileStatus.Identity?

    package init(path: String, tree: String, mode: TreeMode = .direct, identity: FileStatus.Identity? = nil) {
      self.path = path
      self.tree = tree
      self.mode = mode
      self.identity = identity
    }
  }

  /// The install path: there the command sees the staged tree.
  var install: String
  /// The staged tree.
  var tree: String
  var mode: TreeMode = .direct
  package var outside: [Outside] = []
  /// The tree to be readable at `oldAt`; by itself it is hidden behind the staged one.
  package var old: String?
  var oldAt: String?
  /// The ``WorkFolder``: nobody else passes through it, so the command sees an empty one with its own scratch space.
  var work: String?
  /// The job's ``ScratchSpace``: writable, and its `tmp` is /tmp.
  var scratch: String
  /// Whether the host's network can be used. Without, there is only an empty loopback.
  var network: Bool

  package init(
    install: String, tree: String, mode: TreeMode = .direct, outside: [Outside] = [], old: String? = nil,
    oldAt: String? = nil, work: String? = nil, scratch: String, network: Bool
  ) {
    self.install = install
    self.tree = tree
    self.mode = mode
    self.outside = outside
    self.old = old
    self.oldAt = oldAt
    self.work = work
    self.scratch = scratch
    self.network = network
  }
}
