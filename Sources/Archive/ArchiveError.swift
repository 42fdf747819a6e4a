import ByteText
package import Files
package import SystemPackage

/// Why an archive was not taken or not extracted.
package enum ArchiveError: Error, Sendable, Equatable {
  /// The process's character set is not UTF-8: `ArchiveLocale.set()` comes first in main.
  case localeNotUTF8
  /// libarchive was built without something that is needed here.
  case libraryLacks(String)
  /// No tar (plain, or with gzip, xz or zstd) and no zip. The detail is in libarchive's words.
  case notAnArchive(FilePath, detail: String)
  /// Truncated or damaged. The detail is in libarchive's words.
  case damaged(FilePath, detail: String)
  /// The marker at the end of a tar or zip is missing: it was cut off, perhaps between two entries.
  case endMissing(FilePath)
  /// Something follows where the archive ends.
  case trailingData(FilePath)
  case empty(FilePath)
  case archiveTooLarge(FilePath, bytes: UInt64, limitBytes: UInt64)
  /// More came out than the limits allow: a decompression bomb.
  case outputTooLarge(FilePath, limitBytes: UInt64)
  /// One entry is something that is never extracted.
  case refused(FilePath, entry: String, ArchiveRefusal)
  /// The archive is no longer what the first pass saw.
  case notAsJudged(FilePath, entry: String)
  /// What lies on disk is not what the archive holds.
  case treeDiffers(directory: FilePath, entry: String, TreeDifference)
  case directoryNotEmpty(FilePath)
  case cancelled(FilePath)
  /// The archive could not be read, or a file not be written.
  case file(FileError)
}

/// How an entry on disk differs from the archive's.
package enum TreeDifference: String, Sendable {
  case missing = "is missing"
  case unexpected = "is not in the archive"
  case kind = "is of another kind"
  case mode = "has another mode"
  case owner = "has another owner"
  case size = "has another size"
  case content = "has another content"
  case target = "points elsewhere"
}

extension ArchiveError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .localeNotUTF8: "The character set is not UTF-8, so names in archives cannot be read."
    case .libraryLacks(let part): "The libarchive of this system lacks \(part)."
    case .notAnArchive(let path, let detail):
      "\(path) is no tar (plain, gzip, xz, zstd) and no zip: \(detail.madeVisible()). Nothing was extracted."
    case .damaged(let path, let detail):
      "\(path) is damaged: \(detail.madeVisible()). Fetch it again."
    case .endMissing(let path):
      "\(path) is cut off: the marker at its end is missing. Fetch it again."
    case .trailingData(let path):
      "\(path) has more bytes after its end. Nothing was extracted; do not trust this archive."
    case .empty(let path): "\(path) holds no files."
    case .archiveTooLarge(let path, let bytes, let limit):
      "\(path) has \(bytes) bytes, more than the \(limit) allowed."
    case .outputTooLarge(let path, let limit):
      "\(path) unpacks to more than the \(limit) bytes allowed for an archive of its size. Nothing was "
        + "extracted; do not trust this archive."
    case .refused(let path, let entry, let refusal):
      "\(path) is refused: the entry \u{201C}\(entry.madeVisible())\u{201D} \(refusal). Nothing was extracted."
    case .notAsJudged(let path, let entry):
      "\(path) changed while it was read (at \u{201C}\(entry.madeVisible())\u{201D}). Fetch it again."
    case .treeDiffers(let directory, let entry, let difference):
      "In \(directory), \u{201C}\(entry.madeVisible())\u{201D} \(difference.rawValue): the disk does not hold "
        + "what the archive does. Another program may have written there, or the disk is failing."
    case .directoryNotEmpty(let path): "\(path) is not empty, so nothing is extracted into it."
    case .cancelled(let path): "The work on \(path) was cancelled."
    case .file(let error):
      "Cannot \(error.operation.rawValue) \(error.path.printable): \(error.cause)."
    }
  }
}

/// A call on files, its failure as the archive's.
func files<Result: ~Copyable>(
  _ call: () throws(FileError) -> Result
) throws(ArchiveError) -> Result {
  do { return try call() } catch { throw .file(error) }
}
