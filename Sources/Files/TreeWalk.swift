package import SystemPackage

/// How far a walk goes before it says that the tree is not what anybody meant.
package struct TreeLimits: Sendable {
  package var maxEntries: Int
  /// Each level holds one descriptor.
  package var maxDepth: Int

  package static let standard = TreeLimits(maxEntries: 5_000_000, maxDepth: 200)

  package init(maxEntries: Int, maxDepth: Int) {
    self.maxEntries = maxEntries
    self.maxDepth = maxDepth
  }

  func check(depth: Int, _ path: @autoclosure () -> FilePath) throws(FileError) {
    guard depth > maxDepth else { return }
    throw FileError(
      .walk, path(), .fileTooLarge, detail: "directories are nested more than \(maxDepth) deep")
  }

  func check(entries: Int, _ path: @autoclosure () -> FilePath) throws(FileError) {
    guard entries > maxEntries else { return }
    throw FileError(
      .walk, path(), .fileTooLarge, detail: "there are more than \(maxEntries) entries")
  }
}

/// A walk over all that is below a directory: names in the order of their bytes, a directory before
/// what is in it. Symbolic links are entries, never ways. Mount points are entries, and not entered.
package struct TreeWalk: Sendable {
  package struct Entry: Sendable {
    /// Relative to where the walk started.
    package let path: FilePath
    package let status: FileStatus
    /// The directory that holds it, and its name there: the safe way to do something with it.
    package let parent: Directory
    package let name: FilePath.Component
    package let isMountPoint: Bool
  }

  package enum Next: Sendable { case goOn, skipBelow, stop }

  package let root: Directory
  package let limits: TreeLimits

  package init(_ root: Directory, limits: TreeLimits = .standard) {
    self.root = root
    self.limits = limits
  }

  /// Visits every entry. What vanishes while walking is left out.
  package func visit(_ body: (Entry) throws(FileError) -> Next) throws(FileError) {
    var count = 0
    let place = try root.place()
    _ = try visit(root, FilePath(), place, depth: 0, &count, body)
  }

  private func visit(
    _ directory: Directory, _ relative: FilePath, _ place: MountIdentity, depth: Int, _ count: inout Int,
    _ body: (Entry) throws(FileError) -> Next
  ) throws(FileError) -> Bool {
    try limits.check(depth: depth, directory.path)
    for name in try directory.entries(maxEntries: limits.maxEntries) {
      guard let status = try directory.statusIfPresent(of: name) else { continue }
      count += 1
      try limits.check(entries: count, root.path)
      let path = relative.appending(name)
      var child: Directory?
      if status.kind == .directory {
        do { child = try directory.open(name) } catch {
          if error.isMissing { continue }
          throw error
        }
      }
      let mounted = if let child { try child.place() != place } else { false }
      let entry = Entry(
        path: path, status: status, parent: directory, name: name, isMountPoint: mounted)
      switch try body(entry) {
      case .stop: return false
      case .skipBelow: continue
      case .goOn: break
      }
      guard let child, !mounted else { continue }
      guard try visit(child, path, place, depth: depth + 1, &count, body) else { return false }
    }
    return true
  }
}
