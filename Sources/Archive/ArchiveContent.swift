package import Files
package import Release
package import SystemPackage

/// The tar inside of an archive.
package enum ArchiveContent {
  /// Writes it into an empty file. The archive has to be the one of that digest; its entries are judged by whoever
  /// reads the tar.
  ///
  /// - Parameter maxBytes: a larger tar is an error, `outputTooLarge`.
  /// - Returns: the tar's own digest and size; nil of a zip, which has none.
  package static func unpack(
    _ archive: FilePath, sha256: SHA256Digest, to output: borrowing OpenFile, maxBytes: Int64 = .max,
    limits: ArchiveLimits = .standard
  ) throws(ArchiveError) -> (sha256: SHA256Digest, sizeBytes: Int64)? {
    let file = try FileSource.open(archive, limits: limits)
    guard try file.bytes(at: 0, count: ZipEnd.startOfFile.count) != ZipEnd.startOfFile else { return nil }
    let compressed = try ReadHandle.open(.compressedStream, source: file, path: archive)
    guard try compressed.nextHeader() != nil else { throw .notAnArchive(archive, detail: "nothing is in it") }
    let stream = DecompressedSource(
      handle: compressed, path: archive,
      limitBytes: min(UInt64(clamping: maxBytes), limits.maxOutputBytes(archiveBytes: file.fileBytes)))
    var hash = SHA256Stream()
    while let bytes = stream.next() {
      if bytes.isEmpty { break }
      hash.update(bytes)
      do { try output.write(bytes) } catch { throw .file(error) }
    }
    if let failure = stream.failure { throw failure }
    guard try file.digest() == sha256 else { throw .notAsJudged(archive, entry: "") }
    return (hash.finalize(), stream.position)
  }
}
