import Release
import SystemPackage

/// One reading of an archive under all the rules. Both passes are this scan, so that the second cannot take
/// anything that the first would refuse.
struct ArchiveScan {
  private(set) var table: EntryTable
  let reader: EntryReader
  private let archive: FilePath
  private let limits: ArchiveLimits
  private var current: (index: Int, shownName: String, hasher: GitBlobHasher, readBytes: UInt64)?

  static func open(
    _ archive: FilePath, limits: ArchiveLimits, strippingTopDirectory: Bool
  ) throws(ArchiveError) -> ArchiveScan {
    ArchiveScan(
      table: EntryTable(limits: limits, stripsTopDirectory: strippingTopDirectory),
      reader: try EntryReader.open(archive, limits: limits), archive: archive, limits: limits)
  }

  /// Goes on to the next file that carries data; all else is judged on the way. Nil once the archive has been
  /// read to its proper end.
  mutating func nextFile() throws(ArchiveError) -> ArchiveEntry? {
    try finishFile()
    while let header = try reader.next() {
      let admission: EntryTable.Admission
      do {
        admission = try table.admit(header)
      } catch {
        throw .refused(archive, entry: header.shownName, error)
      }
      try checkTotal()
      switch admission {
      case .file(let index):
        let file = table.entries[index]
        current = (index, header.shownName, GitBlobHasher(sizeBytes: file.sizeBytes), 0)
        return file
      case .header:
        guard try reader.nextBlock() == nil else {
          throw .refused(archive, entry: header.shownName, .dataWhereNoneBelongs)
        }
      }
    }
    if let link = LinkJudge(table: table, limits: limits).firstRefused() {
      throw .refused(archive, entry: link.entry, link.reason)
    }
    return nil
  }

  /// The next bytes of that file, valid until the next call; nil at its end.
  mutating func nextBlock() throws(ArchiveError) -> UnsafeRawBufferPointer? {
    guard let bytes = try reader.nextBlock() else { return nil }
    current?.hasher.update(bytes)
    current?.readBytes += UInt64(bytes.count)
    return bytes
  }

  private mutating func finishFile() throws(ArchiveError) {
    guard current != nil else { return }
    while try nextBlock() != nil {}
    guard let file = current else { return }
    current = nil
    guard let blob = file.hasher.finalize() else {
      let announced = table.entries[file.index].sizeBytes
      throw .refused(
        archive, entry: file.shownName, .otherSize(announcedBytes: announced, foundBytes: file.readBytes))
    }
    table.complete(file.index, blob: blob)
    try checkTotal()
  }

  /// Hard links unpack to more than the stream holds.
  private func checkTotal() throws(ArchiveError) {
    guard table.totalBytes <= reader.limitBytes else {
      throw .outputTooLarge(archive, limitBytes: reader.limitBytes)
    }
  }
}
