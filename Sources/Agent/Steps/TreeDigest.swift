import Files
import Release
import SystemPackage

/// One digest over names, kinds, modes, owners and content of all that is in a tree.
enum TreeDigest {
  /// - Parameters:
  ///   - goOn: asked before each entry, and each block of a file; false ends it with ECANCELED.
  ///   - excluding: relative paths that do not count, with all below.
  static func of(
    _ tree: Directory, goOn: () -> Bool = { true }, excluding: (FilePath) -> Bool = { _ in false }
  ) throws(FileError) -> String {
    var digest = SHA256Stream()
    try TreeWalk(tree).visit { (entry) throws(FileError) in
      if excluding(entry.path) { return .skipBelow }
      guard goOn() else { throw FileError(.read, tree.path, .canceled) }
      let status = entry.status
      let head = "\(status.kind) \(status.permissions.rawValue) \(status.user) \(status.group)"
      // No name and no content can be taken for another's: the first has no NUL in it, the second its length.
      digest.update(entry.path.bytes + [0] + Array(head.utf8) + [0])
      switch status.kind {
      case .symbolicLink:
        digest.update(try entry.parent.readLinkBytes(entry.name) + [0])
      case .regular:
        digest.update(Array("\(status.sizeBytes)".utf8) + [0])
        try entry.parent.openFile(entry.name).readBlocks { offset, block in
          digest.update(Array("\(offset) \(block.count)".utf8) + [0])
          digest.update(block)
          return goOn()
        }
      default: break
      }
      return .goOn
    }
    return digest.finalize().description
  }
}
