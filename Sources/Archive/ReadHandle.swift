import CArchive
import Files
import Glibc
import SystemPackage

/// Owns one `struct archive` that reads, and translates its return codes: anything but OK and EOF is fatal,
/// since after a damaged header libarchive goes on with what it finds next (archive_read_header(3)).
final class ReadHandle {
  /// What the handle is to understand; nothing else is enabled.
  enum Format {
    /// A tar, decompressed already.
    case tar
    case zip
    /// Whatever is inside gzip, xz or zstd, as one stream.
    case compressedStream
  }

  struct Block {
    /// Valid until the next call on the handle.
    let bytes: UnsafeRawBufferPointer
    let offset: Int64
  }

  private let handle: OpaquePointer
  private let source: ByteSource
  private let path: FilePath

  static func open(
    _ format: Format, source: ByteSource, path: FilePath
  ) throws(ArchiveError) -> ReadHandle {
    guard ArchiveLocale.isUTF8 else { throw .localeNotUTF8 }
    guard let pointer = archive_read_new() else {
      throw .file(FileError(.read, path, .noMemory))
    }
    let handle = ReadHandle(pointer, source: source, path: path)
    switch format {
    case .tar: try handle.enable("tar", archive_read_support_format_tar(pointer))
    // Not the streaming reader, which believes the local headers and knows no modes and no symlinks.
    case .zip: try handle.enable("zip", archive_read_support_format_zip_seekable(pointer))
    case .compressedStream:
      try handle.enable("raw", archive_read_support_format_raw(pointer))
      try handle.enable("gzip", archive_read_support_filter_gzip(pointer))
      try handle.enable("xz", archive_read_support_filter_xz(pointer))
      try handle.enable("zstd", archive_read_support_filter_zstd(pointer))
    }
    try handle.start()
    return handle
  }

  private init(_ handle: OpaquePointer, source: ByteSource, path: FilePath) {
    self.handle = handle
    self.source = source
    self.path = path
  }

  deinit { archive_read_free(handle) }

  /// ARCHIVE_WARN here means that libarchive would start an external program instead.
  private func enable(_ part: String, _ code: Int32) throws(ArchiveError) {
    guard code == ARCHIVE_OK else { throw .libraryLacks(part) }
  }

  private func start() throws(ArchiveError) {
    archive_read_set_callback_data(handle, Unmanaged.passUnretained(source).toOpaque())
    archive_read_set_read_callback(handle) { _, client, buffer in
      guard let source = byteSource(client), let bytes = source.next() else { return -1 }
      buffer?.pointee = bytes.baseAddress
      return bytes.count
    }
    if source.sizeBytes != nil {
      archive_read_set_seek_callback(handle) { _, client, offset, whence in
        guard let source = byteSource(client), let size = source.sizeBytes else { return -1 }
        let base: Int64 =
          switch whence {
          case SEEK_SET: 0
          case SEEK_CUR: source.position
          default: size
          }
        return source.seek(to: base + offset) ? base + offset : -1
      }
    }
    guard archive_read_open1(handle) == ARCHIVE_OK else {
      if let failure = source.failure { throw failure }
      // EILSEQ is ARCHIVE_ERRNO_FILE_FORMAT: no format fits. Anything else comes from a compression that was
      // recognised and whose first bytes cannot be decompressed.
      let isUnknown = archive_errno(handle) == EILSEQ
      throw isUnknown ? .notAnArchive(path, detail: message) : .damaged(path, detail: message)
    }
  }

  /// The next entry's header; nil at the end.
  func nextHeader() throws(ArchiveError) -> EntryHeader? {
    var entry: OpaquePointer?
    let code = archive_read_next_header(handle, &entry)
    switch code {
    case ARCHIVE_EOF: return nil
    case ARCHIVE_OK:
      guard let entry else { throw .damaged(path, detail: "an entry without a header") }
      return EntryHeader(entry)
    default: throw source.failure ?? .damaged(path, detail: message)
    }
  }

  /// The next bytes of the entry; nil at its end.
  func nextBlock() throws(ArchiveError) -> Block? {
    var start: UnsafeRawPointer?
    var count = 0
    var offset: Int64 = 0
    switch archive_read_data_block(handle, &start, &count, &offset) {
    case ARCHIVE_EOF: return nil
    case ARCHIVE_OK: return Block(bytes: UnsafeRawBufferPointer(start: start, count: count), offset: offset)
    default: throw source.failure ?? .damaged(path, detail: message)
    }
  }

  /// Where the header read last begins, in decompressed bytes; after the last entry, where the end begins.
  var headerPosition: Int64 { archive_read_header_position(handle) }

  /// How many layers of compression there are.
  var filterCount: Int { Int(archive_filter_count(handle)) - 1 }

  /// How many bytes of the file have been used.
  var usedBytes: Int64 { archive_filter_bytes(handle, -1) }

  private var message: String {
    archive_error_string(handle).map { String(cString: $0) } ?? "it cannot be read"
  }
}

private func byteSource(_ client: UnsafeMutableRawPointer?) -> ByteSource? {
  client.map { Unmanaged<ByteSource>.fromOpaque($0).takeUnretainedValue() }
}
