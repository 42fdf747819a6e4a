import Glibc
import Release
package import SystemPackage

extension ArchiveExtractor {
  /// Reads an extracted tree back from disk and compares every entry, and that there is nothing else: kind,
  /// mode, size and content, and the owner where one is given.
  package static func verifyTree(
    _ directory: FilePath, manifest: ArchiveManifest, owner: FileOwner? = nil
  ) throws(ArchiveError) {
    let verifier = TreeVerifier(directory: directory, manifest: manifest, owner: owner)
    try verifier.verify()
  }
}

extension ArchiveExtractor {
  /// Which files of the release are no longer what they were, in a tree to which others may have been added. Modes and
  /// owners do not count.
  ///
  /// - Parameters:
  ///   - covers: where `directory` holds only what was changed (the upper layer of an overlay): whether a directory of
  ///     it covers all that lay below. What the layer lacks is as it was elsewhere.
  ///   - excluding: what may rightly have changed, and all below it.
  /// - Returns: their paths in the order of the manifest.
  package static func changedFiles(
    in directory: FilePath, manifest: ArchiveManifest, covers: ((FilePath) -> Bool)? = nil,
    excluding: (FilePath) -> Bool
  ) throws(ArchiveError) -> [String] {
    let verifier = TreeVerifier(directory: directory, manifest: manifest, owner: nil)
    var changed: [String] = []
    var chain = DirectoryChain(root: try HeldDirectory.open(directory))
    var known: [FilePath: Bool] = [:]
    func isCovered(_ path: FilePath) -> Bool {
      guard let covers, !path.isEmpty else { return false }
      if let answer = known[path] { return answer }
      let answer = covers(path) || isCovered(path.removingLastComponent())
      known[path] = answer
      return answer
    }
    for entry in manifest.entries where !excluding(FilePath(entry.path)) {
      do {
        let (parent, name) = try chain.parent(of: entry.path)
        try verifier.checkContent(entry, name, in: parent)
      } catch {
        switch error {
        case .treeDiffers: changed.append(entry.path)
        // A directory on the way that is none any more is told itself.
        case .system(_, _, .noSuchFileOrDirectory) where covers != nil,
          .system(_, _, .notDirectory) where covers != nil:
          if isCovered(FilePath(entry.path).removingLastComponent()) { changed.append(entry.path) }
        case .system(_, _, .noSuchFileOrDirectory), .system(_, _, .notDirectory),
          .system(_, _, .tooManySymbolicLinkLevels):
          changed.append(entry.path)
        default: throw error
        }
      }
    }
    return changed
  }
}

struct TreeVerifier {
  private let directory: FilePath
  private let entries: [String: ArchiveEntry]
  private let owner: FileOwner?

  init(directory: FilePath, manifest: ArchiveManifest, owner: FileOwner?) {
    self.directory = directory
    self.owner = owner
    entries = Dictionary(manifest.entries.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func verify() throws(ArchiveError) {
    let root = try HeldDirectory.open(directory)
    var seen: Set<String> = []
    var chain = DirectoryChain(root: root)
    var pending = [""]
    while let path = pending.popLast() {
      let current = try chain.directory(at: path)
      for nameBytes in try current.names(limit: entries.count) {
        let name = String(decoding: nameBytes, as: UTF8.self)
        let child = path.isEmpty ? name : path + "/" + name
        guard name.utf8.elementsEqual(nameBytes), let entry = entries[child],
          entry.path.utf8.elementsEqual(child.utf8), seen.insert(child).inserted
        else { throw differs(child, .unexpected) }
        try check(entry, name, in: current)
        if entry.kind == .directory { pending.append(child) }
      }
    }
    if let missing = entries.keys.filter({ !seen.contains($0) }).min() { throw differs(missing, .missing) }
  }

  private func check(_ entry: ArchiveEntry, _ name: String, in parent: HeldDirectory) throws(ArchiveError) {
    let status = try checkContent(entry, name, in: parent)
    if let owner {
      guard status.st_uid == owner.userID, status.st_gid == owner.groupID else {
        throw differs(entry.path, .owner)
      }
    }
    if entry.kind != .symlink {
      guard status.st_mode & 0o7777 == entry.mode else { throw differs(entry.path, .mode) }
    }
  }

  /// Kind, size and content.
  @discardableResult
  fileprivate func checkContent(
    _ entry: ArchiveEntry, _ name: String, in parent: HeldDirectory
  ) throws(ArchiveError) -> stat {
    let status = try parent.status(of: name)
    let kind: mode_t =
      switch entry.kind {
      case .directory: S_IFDIR
      case .file: S_IFREG
      case .symlink: S_IFLNK
      }
    guard status.st_mode & S_IFMT == kind else { throw differs(entry.path, .kind) }
    switch entry.kind {
    case .directory: break
    case .symlink:
      let target = try parent.target(ofSymlink: name, sizeBytes: entry.target?.utf8.count ?? 0)
      guard GitBlobHasher.id(of: target) == entry.blob else { throw differs(entry.path, .target) }
    case .file:
      guard UInt64(status.st_size) == entry.sizeBytes else { throw differs(entry.path, .size) }
      var hasher = GitBlobHasher(sizeBytes: entry.sizeBytes)
      try parent.openFile(name).readAll { bytes throws(ArchiveError) in hasher.update(bytes) }
      guard hasher.finalize() == entry.blob else { throw differs(entry.path, .content) }
    }
    return status
  }

  private func differs(_ entry: String, _ difference: TreeDifference) -> ArchiveError {
    .treeDiffers(directory: directory, entry: entry, difference)
  }
}
