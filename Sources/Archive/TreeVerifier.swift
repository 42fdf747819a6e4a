import Files
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
    var chain = DirectoryChain(root: try files { () throws(FileError) in try Directory.open(directory) })
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
        let (parent, name) = try files { () throws(FileError) in try chain.parent(of: FilePath(entry.path)) }
        try verifier.checkContent(entry, name, in: parent)
      } catch {
        switch error {
        case .treeDiffers: changed.append(entry.path)
        // A directory on the way that is none any more is told itself.
        case .file(let failed) where failed.isMissing && covers != nil:
          if isCovered(FilePath(entry.path).removingLastComponent()) { changed.append(entry.path) }
        case .file(let failed) where failed.isMissing || failed.errno == .tooManySymbolicLinkLevels:
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
    let root = try files { () throws(FileError) in try Directory.open(directory) }
    var seen: Set<String> = []
    var chain = DirectoryChain(root: root)
    var pending = [FilePath()]
    while let path = pending.popLast() {
      let current = try files { () throws(FileError) in try chain.directory(at: path) }
      for name in try files({ () throws(FileError) in try current.entries() }) {
        let child = path.appending(name)
        let known = String(decoding: child.bytes, as: UTF8.self)
        guard let entry = entries[known], FilePath(entry.path) == child, seen.insert(known).inserted
        else { throw differs(known, .unexpected) }
        try check(entry, name, in: current)
        if entry.kind == .directory { pending.append(child) }
      }
    }
    if let missing = entries.keys.filter({ !seen.contains($0) }).min() { throw differs(missing, .missing) }
  }

  private func check(_ entry: ArchiveEntry, _ name: FilePath.Component, in parent: Directory)
    throws(ArchiveError)
  {
    let status = try checkContent(entry, name, in: parent)
    if let owner {
      guard status.user == owner.userID, status.group == owner.groupID else {
        throw differs(entry.path, .owner)
      }
    }
    if entry.kind != .symlink {
      guard status.permissions.rawValue == entry.mode else { throw differs(entry.path, .mode) }
    }
  }

  /// Kind, size and content.
  @discardableResult
  fileprivate func checkContent(
    _ entry: ArchiveEntry, _ name: FilePath.Component, in parent: Directory
  ) throws(ArchiveError) -> FileStatus {
    let status = try files { () throws(FileError) in try parent.status(of: name) }
    let kind: FileStatus.Kind =
      switch entry.kind {
      case .directory: .directory
      case .file: .regular
      case .symlink: .symbolicLink
      }
    guard status.kind == kind else { throw differs(entry.path, .kind) }
    switch entry.kind {
    case .directory: break
    case .symlink:
      let target = try files { () throws(FileError) in try parent.readLinkBytes(name) }
      guard GitBlobHasher.id(of: target) == entry.blob else { throw differs(entry.path, .target) }
    case .file:
      guard UInt64(status.sizeBytes) == entry.sizeBytes else { throw differs(entry.path, .size) }
      var hasher = GitBlobHasher(sizeBytes: entry.sizeBytes)
      try files { () throws(FileError) in
        try parent.openFile(name).readPieces { bytes in bytes.withUnsafeBytes { hasher.update($0) } }
      }
      guard hasher.finalize() == entry.blob else { throw differs(entry.path, .content) }
    }
    return status
  }

  private func differs(_ entry: String, _ difference: TreeDifference) -> ArchiveError {
    .treeDiffers(directory: directory, entry: entry, difference)
  }
}
