internal import Release
internal import SystemPackage

/// One reading of an archive under all the rules. Both passes are this scan, so that the second cannot take
/// anything that the first would refuse.
struct ArchiveScan {
  typealias DataReader = (
    (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
  ) throws(ArchiveError) -> Void

  private(set) var table: EntryTable
  private let archive: FilePath
  private let limits: ArchiveLimits

  init(_ archive: FilePath, limits: ArchiveLimits, strippingTopDirectory: Bool) {
    self.archive = archive
    self.limits = limits
    table = EntryTable(limits: limits, stripsTopDirectory: strippingTopDirectory)
  }

  /// - Parameter onFile: is called for each file that carries data, and must read it, once.
  mutating func run(
    _ reader: EntryReader,
    onFile: (_ file: ArchiveEntry, _ readData: DataReader) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    while let header = try reader.next() {
      let admission: EntryTable.Admission
      do {
        admission = try table.admit(header)
      } catch {
        throw .refused(archive, entry: header.shownName, error)
      }
      switch admission {
      case .header:
        let count = try reader.readData { _ throws(ArchiveError) in }
        guard count == 0 else { throw .refused(archive, entry: header.shownName, .dataWhereNoneBelongs) }
      case .file(let index):
        let blob = try readFile(table.entries[index], header, reader, onFile)
        table.complete(index, blob: blob)
      }
      // Hard links unpack to more than the stream holds.
      guard table.totalBytes <= reader.limitBytes else {
        throw .outputTooLarge(archive, limitBytes: reader.limitBytes)
      }
    }
    if let link = LinkJudge(table: table, limits: limits).firstRefused() {
      throw .refused(archive, entry: link.entry, link.reason)
    }
  }

  private func readFile(
    _ file: ArchiveEntry, _ header: EntryHeader, _ reader: EntryReader,
    _ onFile: (_ file: ArchiveEntry, _ readData: DataReader) throws(ArchiveError) -> Void
  ) throws(ArchiveError) -> ObjectID {
    var hasher = GitBlobHasher(sizeBytes: file.sizeBytes)
    var count: UInt64 = 0
    try onFile(file) { consume throws(ArchiveError) in
      count = try reader.readData { bytes throws(ArchiveError) in
        hasher.update(bytes)
        try consume(bytes)
      }
    }
    guard let blob = hasher.finalize() else {
      throw .refused(
        archive, entry: header.shownName, .otherSize(announcedBytes: file.sizeBytes, foundBytes: count))
    }
    return blob
  }
}
