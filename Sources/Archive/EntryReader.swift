import Release
import SystemPackage

/// Reads the entries of a tar or zip in order, and at its end makes sure that it was the end.
final class EntryReader {
  private let file: FileSource
  private let entries: ReadHandle
  /// Both nil for a zip.
  private let stream: DecompressedSource?
  private let compressed: ReadHandle?
  /// The most bytes that may come out.
  let limitBytes: UInt64
  private var dataBytes: UInt64 = 0
  private var entryBytes: Int64 = 0
  private let comment: String?

  static func open(_ path: FilePath, limits: ArchiveLimits) throws(ArchiveError) -> EntryReader {
    let file = try FileSource.open(path, limits: limits)
    guard file.fileBytes > 0 else { throw .empty(path) }
    let limitBytes = limits.maxOutputBytes(archiveBytes: file.fileBytes)
    if try file.bytes(at: 0, count: ZipEnd.startOfFile.count) == ZipEnd.startOfFile {
      let comment = try ZipEnd.comment(of: file)
      let entries = try ReadHandle.open(.zip, source: file, path: path)
      return EntryReader(
        file: file, entries: entries, stream: nil, compressed: nil, limitBytes: limitBytes, comment: comment)
    }
    let compressed = try ReadHandle.open(.compressedStream, source: file, path: path)
    guard try compressed.nextHeader() != nil else { throw .notAnArchive(path, detail: "nothing is in it") }
    guard compressed.filterCount <= 1 else {
      throw .notAnArchive(path, detail: "it is compressed more than once")
    }
    let stream = DecompressedSource(handle: compressed, path: path, limitBytes: limitBytes)
    let entries = try ReadHandle.open(.tar, source: stream, path: path)
    return EntryReader(
      file: file, entries: entries, stream: stream, compressed: compressed, limitBytes: limitBytes,
      comment: nil)
  }

  private init(
    file: FileSource, entries: ReadHandle, stream: DecompressedSource?, compressed: ReadHandle?,
    limitBytes: UInt64, comment: String?
  ) {
    self.file = file
    self.entries = entries
    self.stream = stream
    self.compressed = compressed
    self.limitBytes = limitBytes
    self.comment = comment
  }

  var archiveBytes: UInt64 { file.fileBytes }

  /// The next header; nil at the archive's proper end.
  func next() throws(ArchiveError) -> EntryHeader? {
    entryBytes = 0
    if let header = try entries.nextHeader() { return header }
    try checkEnd()
    return nil
  }

  /// The next bytes of the entry, valid until the next call; nil at its end.
  func nextBlock() throws(ArchiveError) -> UnsafeRawBufferPointer? {
    guard let block = try entries.nextBlock() else { return nil }
    guard block.offset == entryBytes else { throw .damaged(file.path, detail: "a file has a gap") }
    entryBytes += Int64(block.bytes.count)
    dataBytes += UInt64(block.bytes.count)
    guard dataBytes <= limitBytes else { throw .outputTooLarge(file.path, limitBytes: limitBytes) }
    return block.bytes
  }

  /// The commit that the archive names, known once the end is reached.
  var commit: ObjectID? {
    (comment ?? stream.flatMap { PaxGlobalHeader.comment(inHead: $0.head) }).flatMap { ObjectID($0) }
  }

  /// The SHA-256 of the archive file.
  func digest() throws(ArchiveError) -> SHA256Digest { try file.digest() }

  /// A tar ends in two blocks of zeros, and only zeros may follow them (tar(5)); and where the compressed
  /// stream ends, the file does.
  private func checkEnd() throws(ArchiveError) {
    guard let stream, let compressed else { return }
    let end = entries.headerPosition
    try stream.drain()
    guard stream.zerosFrom <= end else { throw .trailingData(file.path) }
    guard stream.position - end >= 1024 else { throw .endMissing(file.path) }
    guard compressed.usedBytes == Int64(file.fileBytes) else { throw .trailingData(file.path) }
  }
}
