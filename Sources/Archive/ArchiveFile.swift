import ByteText
package import SystemPackage

/// One file of an archive, read without extracting anything.
package enum ArchiveFile {
  /// The beginning of a regular file, at most `maxBytes` of it; nil where the archive has none of that path. All that
  /// stands before it is judged as in ``ArchiveJudge``.
  ///
  /// - Parameter path: below the one directory around everything.
  package static func read(
    _ path: String, in archive: FilePath, maxBytes: Int, limits: ArchiveLimits = .standard
  ) throws(ArchiveError) -> [UInt8]? {
    var scan = try ArchiveScan.open(archive, limits: limits, strippingTopDirectory: true)
    while let file = try scan.nextFile() {
      guard file.path.isSpelled(path) else { continue }
      var bytes: [UInt8] = []
      while bytes.count < maxBytes, let block = try scan.nextBlock() {
        bytes += block.prefix(maxBytes - bytes.count)
      }
      return bytes
    }
    return nil
  }
}
