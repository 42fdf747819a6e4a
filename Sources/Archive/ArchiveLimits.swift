/// How much an archive may ask for. The defaults leave a wide margin above any app that runs on a
/// Raspberry Pi; what is beyond them is a mistake or an attack.
package struct ArchiveLimits: Sendable, Hashable, Codable {
  /// Bytes of the archive file itself.
  package var maxArchiveBytes: UInt64 = 1 << 30
  /// Entries, together with the directories that they imply.
  package var maxEntries = 100_000
  /// Bytes of one file.
  package var maxFileBytes: UInt64 = 1 << 30
  /// Decompressed bytes of all, headers of a tar included.
  package var maxTotalBytes: UInt64 = 2 << 30
  /// Decompressed bytes for each byte of the archive, beyond `ratioFreeBytes`.
  package var maxRatio: UInt64 = 200
  /// So much may come out of even the smallest archive: text that repeats itself compresses well.
  package var ratioFreeBytes: UInt64 = 16 << 20
  /// Bytes of one path, as PATH_MAX of Linux, the top directory included.
  package var maxPathBytes = 4096
  /// Bytes of one component, as NAME_MAX of Linux.
  package var maxNameBytes = 255
  /// Components of one path, the top directory included.
  package var maxDepth = 64
  /// Bytes of a symlink's target.
  package var maxTargetBytes = 4095
  /// Bytes of all paths and targets together, since they are kept in memory.
  package var maxAllPathsBytes = 32 << 20
  /// Symlinks followed while one link is resolved, as Linux does (path_resolution(7)).
  package var maxLinkSteps = 40
  /// Bytes looked at of one .gitattributes.
  package var maxAttributesBytes = 256 << 10

  package static let standard = ArchiveLimits()

  package init() {}

  /// The most that may come out of an archive of this size.
  func maxOutputBytes(archiveBytes: UInt64) -> UInt64 {
    let (scaled, isOver) = archiveBytes.multipliedReportingOverflow(by: maxRatio)
    return isOver ? maxTotalBytes : min(maxTotalBytes, max(scaled, ratioFreeBytes))
  }
}
