import CArchive
import Glibc

/// One entry's header, taken out of libarchive and not yet judged.
struct EntryHeader {
  enum Kind {
    case directory, file
    case symlink(target: [UInt8])
    case hardLink(target: [UInt8])
    case other(ArchiveRefusal)
  }

  let name: [UInt8]
  let kind: Kind
  /// The permission bits with setuid, setgid and sticky.
  let mode: UInt32
  /// Nil where the archive tells no size in front.
  let sizeBytes: Int64?
  let modifiedSeconds: Int64?
  let isEncrypted: Bool
  let isSparse: Bool

  init(_ entry: OpaquePointer) {
    name = Self.bytes(archive_entry_pathname(entry))
    mode = UInt32(archive_entry_perm(entry)) & 0o7777
    sizeBytes = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : nil
    modifiedSeconds = archive_entry_mtime_is_set(entry) != 0 ? Int64(archive_entry_mtime(entry)) : nil
    isEncrypted = archive_entry_is_encrypted(entry) != 0
    isSparse = archive_entry_sparse_count(entry) > 0
    if let target = archive_entry_hardlink(entry) {
      kind = .hardLink(target: Self.bytes(target))
      return
    }
    // The values of archive_entry_filetype(3), which are those of stat(2) by definition.
    let type = UInt32(archive_entry_filetype(entry))
    kind =
      switch type {
      case 0o100000: .file
      case 0o040000: .directory
      case 0o120000: .symlink(target: Self.bytes(archive_entry_symlink(entry)))
      case 0o060000, 0o020000: .other(.device)
      case 0o010000: .other(.fifo)
      case 0o140000: .other(.socket)
      default: .other(.unknownKind(mode: type | UInt32(archive_entry_perm(entry))))
      }
  }

  /// The bytes as they are: a String would mend what is not UTF-8.
  private static func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8] {
    guard let text else { return [] }
    let count = strlen(text)
    return text.withMemoryRebound(to: UInt8.self, capacity: count) {
      Array(UnsafeBufferPointer(start: $0, count: count))
    }
  }

  var shownName: String { String(decoding: name, as: UTF8.self) }
}
