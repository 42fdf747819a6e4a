package import SystemPackage

/// Holds the chain of directories that leads to the last path, since the files of a release come by directory.
package struct DirectoryChain {
  private let root: Directory
  private var chain: [(name: FilePath.Component, directory: Directory)] = []

  package init(root: Directory) { self.root = root }

  /// The directory that holds an entry, and the entry's name in it.
  package mutating func parent(
    of path: FilePath
  ) throws(FileError) -> (directory: Directory, name: FilePath.Component) {
    guard let name = path.lastComponent else {
      throw FileError(.open, root.path, .invalidArgument, detail: "an entry without a name")
    }
    return (try directory(at: path.removingLastComponent()), name)
  }

  /// The empty path is the root.
  package mutating func directory(at path: FilePath) throws(FileError) -> Directory {
    let components = path.components
    var shared = 0
    for (held, wanted) in zip(chain, components) {
      guard held.name == wanted else { break }
      shared += 1
    }
    chain.removeLast(chain.count - shared)
    var last = chain.last?.directory ?? root
    for component in components.dropFirst(shared) {
      last = try last.open(component)
      chain.append((component, last))
    }
    return last
  }
}
