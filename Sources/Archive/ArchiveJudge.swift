import Release
package import SystemPackage

/// The first pass over an archive: reads and judges every entry with its data, and writes nothing.
package enum ArchiveJudge {
  /// Looks through a tar (plain, gzip, xz, zstd) or zip.
  ///
  /// Owners, extended attributes, access lists and flags in the archive are not judged, since they are never
  /// extracted.
  ///
  /// The one directory around everything, where there is one, is left out; else everything is taken as it lies.
  package static func inspect(
    _ archive: FilePath, limits: ArchiveLimits = .standard
  ) throws(ArchiveError) -> ArchiveManifest {
    do throws(ArchiveError) {
      return try inspect(archive, limits: limits, strippingTopDirectory: true)
    } catch {
      guard case .refused(_, _, let why) = error, why.isAboutTopDirectory else { throw error }
    }
    return try inspect(archive, limits: limits, strippingTopDirectory: false)
  }

  /// - Parameter strippingTopDirectory: leave out the one directory around everything; what lies beside it is
  ///   refused.
  package static func inspect(
    _ archive: FilePath, limits: ArchiveLimits = .standard, strippingTopDirectory: Bool
  ) throws(ArchiveError) -> ArchiveManifest {
    var scan = try ArchiveScan.open(
      archive, limits: limits, strippingTopDirectory: strippingTopDirectory)
    var obstacles = TreeObstacles(limits: limits)
    while let file = try scan.nextFile() {
      let isAttributes = TreeObstacles.isAttributes(file.path)
      while let bytes = try scan.nextBlock() {
        if isAttributes { obstacles.note(bytes) }
      }
      obstacles.end(of: file.path)
    }
    let entries = scan.table.entries
    guard entries.contains(where: { $0.kind != .directory }) else { throw .empty(archive) }
    return ArchiveManifest(
      entries: entries, topDirectory: scan.table.topDirectory, totalBytes: scan.table.totalBytes,
      commit: scan.reader.commit, tree: try tree(of: entries, archive), treeObstacles: obstacles.found,
      sha256: try scan.reader.digest(), sizeBytes: scan.reader.archiveBytes)
  }

  private static func tree(of entries: [ArchiveEntry], _ archive: FilePath) throws(ArchiveError) -> ObjectID {
    var tree = GitTree()
    for entry in entries {
      guard let mode = entry.gitMode, let blob = entry.blob else { continue }
      do {
        try tree.add(path: Array(entry.path.utf8), mode: mode, blob: blob)
      } catch {
        throw .damaged(archive, detail: error.description)
      }
    }
    return tree.id
  }
}
