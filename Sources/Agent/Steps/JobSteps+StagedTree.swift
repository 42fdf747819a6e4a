import Files
import Release
import SystemPackage
import Wire

/// That what goes live is what was staged: a stage may wait for hours on a disk that is not a good one.
extension JobSteps {
  /// A digest of the staged tree, but of what is linked into it: those files are the live app's too.
  func digestStagedTree() throws(StepFailure) -> String {
    var linked = profile
    linked.carry.removeAll { $0.kind != .link }
    let globs = try Globs(linked)
    do {
      return try TreeDigest.of(
        Directory.openReal(work.tree), goOn: { [interruptions] in interruptions() == nil }
      ) {
        globs.carries($0)
      }
    } catch {
      try throwIfInterrupted()
      throw .io(error)
    }
  }
}

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
