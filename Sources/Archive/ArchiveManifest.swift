import ByteText
package import Release

/// One thing that the extracted tree holds.
package struct ArchiveEntry: Sendable, Hashable, Codable {
  package enum Kind: String, Sendable, Codable { case directory, file, symlink }

  /// Relative to the tree's root, the archive's top directory left out; components separated by `/`.
  package let path: String
  package let kind: Kind
  /// 0755 for directories and executables, 0644 for other files, 0777 for symlinks as Linux shows them.
  package let mode: UInt32
  package let sizeBytes: UInt64
  /// The git blob id of a file's content or a symlink's target; nil for directories.
  package let blob: ObjectID?
  /// Where a symlink points.
  package let target: String?
  /// The file that a hard link names; it is extracted as a copy of that.
  package let copyOf: String?
  /// The time of the last change, in seconds since 1970; nil if the archive tells none.
  package let modifiedSeconds: Int64?

  init(
    path: String, kind: Kind, mode: UInt32, sizeBytes: UInt64, blob: ObjectID?, target: String? = nil,
    copyOf: String? = nil, modifiedSeconds: Int64?
  ) {
    self.path = path
    self.kind = kind
    self.mode = mode
    self.sizeBytes = sizeBytes
    self.blob = blob
    self.target = target
    self.copyOf = copyOf
    self.modifiedSeconds = modifiedSeconds
  }

  private enum CodingKeys: String, CodingKey {
    case path, kind, mode, sizeBytes, blob, target, copyOf, modifiedSeconds
  }

  /// A manifest that was kept in a file may have been changed there, so its paths are judged again.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    path = try Self.safePath(container, .path, container.decode(String.self, forKey: .path))
    kind = try container.decode(Kind.self, forKey: .kind)
    mode = try container.decode(UInt32.self, forKey: .mode) & 0o777
    sizeBytes = try container.decode(UInt64.self, forKey: .sizeBytes)
    blob = try container.decodeIfPresent(ObjectID.self, forKey: .blob)
    target = try container.decodeIfPresent(String.self, forKey: .target)
    copyOf = try container.decodeIfPresent(String.self, forKey: .copyOf)
      .map { try Self.safePath(container, .copyOf, $0) }
    modifiedSeconds = try container.decodeIfPresent(Int64.self, forKey: .modifiedSeconds)
  }

  private static func safePath(
    _ container: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys, _ path: String
  ) throws -> String {
    let components = try? EntryName.components(Array(path.utf8), isDirectory: false, limits: .standard)
    guard let components, components.joined(separator: "/").isSpelled(path) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: container, debugDescription: "\(path.madeVisible()) is no path inside a tree")
    }
    return path
  }

  var gitMode: GitTree.Mode? {
    switch kind {
    case .directory: nil
    case .symlink: .symlink
    case .file: mode & 0o100 != 0 ? .executable : .file
    }
  }
}

/// What an archive holds, as the first pass found it.
package struct ArchiveManifest: Sendable, Hashable, Codable {
  /// Everything that will lie on disk, implied directories too; parents come before their children.
  package let entries: [ArchiveEntry]
  /// The one directory around everything, where it is left out; else nil.
  package let topDirectory: String?
  /// The bytes of all files.
  package let totalBytes: UInt64
  /// The commit that the archive's header names: the comment of git's pax header or zip.
  package let commit: ObjectID?
  /// The git tree id of the entries.
  package let tree: ObjectID
  /// Why that may rightly differ from the commit's tree.
  package let treeObstacles: [TreeObstacle]
  /// Digest and size of the archive file itself.
  package let sha256: SHA256Digest
  package let sizeBytes: UInt64

  /// The same in the words of `VerifiedRelease.verify`.
  package var observed: ObservedArchive {
    ObservedArchive(
      sha256: sha256, sizeBytes: sizeBytes, commit: commit, tree: tree, treeObstacles: treeObstacles)
  }
}
