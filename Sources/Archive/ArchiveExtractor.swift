import Files
import Release
package import SystemPackage

/// How far an extraction is.
package struct ArchiveProgress: Sendable, Equatable {
  package let entries: Int
  package let totalEntries: Int
  package let bytes: UInt64
  package let totalBytes: UInt64

  /// What the receiver of progress answers.
  package enum Answer: Sendable { case goOn, cancel }
}

/// The second pass over an archive: writes what the first pass has judged.
package enum ArchiveExtractor {
  private static let progressBytes: UInt64 = 1 << 20

  /// Extracts into an existing, empty directory.
  ///
  /// The archive is judged again under the same rules, and everything must be as the manifest says, down to
  /// the digest of the archive. Directories are made first and opened to others last, symlinks come after all
  /// files: nothing is ever written through a symlink. Hard links become copies. Of the archive's attributes
  /// only the executable bit and the time of change are taken. After an error, what was written stays for the
  /// caller to delete. Nothing is synced.
  /// - Parameters:
  ///   - owner: whom everything shall belong to, the directory itself too; nil leaves it with this
  ///     process's user.
  ///   - progress: is asked after each entry and each MiB.
  package static func extract(
    _ archive: FilePath, into directory: FilePath, manifest: ArchiveManifest,
    limits: ArchiveLimits = .standard, owner: FileOwner? = nil,
    progress: (ArchiveProgress) -> ArchiveProgress.Answer = { _ in .goOn }
  ) throws(ArchiveError) {
    let root = try files { () throws(FileError) in try Directory.open(directory) }
    let isEmpty = try files { () throws(FileError) in try root.entries().isEmpty }
    guard isEmpty else { throw .directoryNotEmpty(directory) }
    var writer = TreeWriter(root: root, owner: owner)
    var doneEntries = 0
    var doneBytes: UInt64 = 0
    func report() throws(ArchiveError) {
      let state = ArchiveProgress(
        entries: doneEntries, totalEntries: manifest.entries.count, bytes: doneBytes,
        totalBytes: manifest.totalBytes)
      if case .cancel = progress(state) { throw .cancelled(archive) }
    }

    for entry in manifest.entries where entry.kind == .directory {
      try files { () throws(FileError) in try writer.makeDirectory(entry) }
      doneEntries += 1
    }
    try report()

    let judged = Dictionary(manifest.entries.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    var scan = try ArchiveScan.open(
      archive, limits: limits, strippingTopDirectory: manifest.topDirectory != nil)
    while let file = try scan.nextFile() {
      guard let entry = judged[file.path], entry.path.utf8.elementsEqual(file.path.utf8),
        entry.kind == .file, entry.copyOf == nil, entry.sizeBytes == file.sizeBytes
      else { throw .notAsJudged(archive, entry: file.path) }
      let output = try files { () throws(FileError) in try writer.makeFile(entry) }
      var reportedBytes = doneBytes
      while let bytes = try scan.nextBlock() {
        try files { () throws(FileError) in try output.write(bytes) }
        doneBytes += UInt64(bytes.count)
        if doneBytes - reportedBytes >= progressBytes {
          reportedBytes = doneBytes
          try report()
        }
      }
      try files { () throws(FileError) in try writer.finish(output, entry) }
      doneEntries += 1
      try report()
    }
    try compare(scan.table.entries, with: manifest, archive)
    guard try scan.reader.digest() == manifest.sha256 else { throw .notAsJudged(archive, entry: "") }

    for entry in manifest.entries where entry.copyOf != nil {
      try files { () throws(FileError) in try writer.copyFile(entry) }
      doneEntries += 1
      doneBytes += entry.sizeBytes
      try report()
    }
    for entry in manifest.entries where entry.kind == .symlink {
      try files { () throws(FileError) in try writer.makeSymlink(entry) }
      doneEntries += 1
      try report()
    }
    // Children before parents, since making a child changes its parent's time.
    for entry in manifest.entries.reversed() where entry.kind == .directory {
      try files { () throws(FileError) in try writer.finishDirectory(entry) }
    }
    try files { () throws(FileError) in try writer.finishRoot() }
  }

  private static func compare(
    _ entries: [ArchiveEntry], with manifest: ArchiveManifest, _ archive: FilePath
  ) throws(ArchiveError) {
    for (seen, judged) in zip(entries, manifest.entries) where seen != judged {
      throw .notAsJudged(archive, entry: judged.path)
    }
    guard entries.count == manifest.entries.count else { throw .notAsJudged(archive, entry: "") }
  }
}
