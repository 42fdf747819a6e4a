import Files
import Glibc
import Release
import SystemPackage

/// Where libarchive gets its bytes from. A class, since libarchive keeps a pointer to it.
class ByteSource {
  /// What went wrong, once `next` has returned nil.
  var failure: ArchiveError?

  /// The next bytes, valid until the next call; empty at the end, nil after a failure.
  func next() -> UnsafeRawBufferPointer? { nil }

  /// Moves to an offset counted from the start; false if this source cannot.
  func seek(to offset: Int64) -> Bool { false }

  /// The size, where it is known in advance.
  var sizeBytes: Int64? { nil }

  fileprivate(set) var position: Int64 = 0
}

/// The archive file. What is read in order from its start is hashed on the way.
final class FileSource: ByteSource {
  let path: FilePath
  let fileBytes: UInt64
  private let file: OpenFile
  private let buffer: UnsafeMutableRawBufferPointer
  private var hash = SHA256Stream()
  private var hashedBytes: Int64 = 0

  private static let bufferBytes = 128 << 10

  static func open(_ path: FilePath, limits: ArchiveLimits) throws(ArchiveError) -> FileSource {
    let file = try files { () throws(FileError) in try OpenFile.open(path, following: true) }
    let status = try files { () throws(FileError) in try file.status() }
    guard status.kind == .regular else { throw .notAnArchive(path, detail: "it is no regular file") }
    let bytes = UInt64(clamping: status.sizeBytes)
    guard bytes <= limits.maxArchiveBytes else {
      throw .archiveTooLarge(path, bytes: bytes, limitBytes: limits.maxArchiveBytes)
    }
    return FileSource(file, fileBytes: bytes)
  }

  private init(_ file: consuming OpenFile, fileBytes: UInt64) {
    path = file.path
    self.file = file
    self.fileBytes = fileBytes
    buffer = .allocate(byteCount: Self.bufferBytes, alignment: 16)
  }

  deinit { buffer.deallocate() }

  override var sizeBytes: Int64? { Int64(fileBytes) }

  override func seek(to offset: Int64) -> Bool {
    guard offset >= 0 else { return false }
    position = offset
    return true
  }

  override func next() -> UnsafeRawBufferPointer? {
    switch read(at: position, into: buffer) {
    case .failure(let error):
      failure = error
      return nil
    case .success(let bytes):
      // Reading again after a seek adds nothing that has not been hashed.
      if position == hashedBytes {
        hash.update(bytes)
        hashedBytes += Int64(bytes.count)
      }
      position += Int64(bytes.count)
      return bytes
    }
  }

  /// The SHA-256 of the whole file: what was not read yet is read now.
  func digest() throws(ArchiveError) -> SHA256Digest {
    position = hashedBytes
    while true {
      guard let bytes = next() else { throw failure ?? .damaged(path, detail: "it cannot be read") }
      if bytes.isEmpty { break }
    }
    guard hashedBytes == Int64(fileBytes) else { throw .notAsJudged(path, entry: "") }
    return hash.finalize()
  }

  /// Up to `count` bytes from an offset.
  func bytes(at offset: Int64, count: Int) throws(ArchiveError) -> [UInt8] {
    var result: [UInt8] = []
    while result.count < count {
      let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(count - result.count, buffer.count)])
      let bytes = try read(at: offset + Int64(result.count), into: wanted).get()
      if bytes.isEmpty { break }
      result += bytes
    }
    return result
  }

  private func read(
    at offset: Int64, into target: UnsafeMutableRawBufferPointer
  ) -> Result<UnsafeRawBufferPointer, ArchiveError> {
    let descriptor = file.descriptor.rawValue
    do throws(FileError) {
      let count = try check(.read, path) {
        pread(descriptor, target.baseAddress, target.count, off_t(offset))
      }
      return .success(UnsafeRawBufferPointer(rebasing: target[..<count]))
    } catch {
      return .failure(.file(error))
    }
  }
}

/// The decompressed bytes of a file, as a source for the tar reader. On the way it keeps what libarchive does
/// not tell: the first bytes, where the zeros at the end begin, and how much there is in all.
final class DecompressedSource: ByteSource {
  /// The first bytes: room for a pax global header with git's comment in it.
  private(set) var head: [UInt8] = []
  /// The offset behind the last byte that is not zero.
  private(set) var zerosFrom: Int64 = 0

  private let handle: ReadHandle
  private let path: FilePath
  private let limitBytes: UInt64
  private var isAtEnd = false

  private static let headBytes = 4096

  init(handle: ReadHandle, path: FilePath, limitBytes: UInt64) {
    self.handle = handle
    self.path = path
    self.limitBytes = limitBytes
  }

  override func next() -> UnsafeRawBufferPointer? {
    guard !isAtEnd else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    do throws(ArchiveError) {
      var block: ReadHandle.Block?
      // A block without bytes is no end.
      repeat { block = try handle.nextBlock() } while block?.bytes.isEmpty == true
      guard let block else {
        isAtEnd = true
        return UnsafeRawBufferPointer(start: nil, count: 0)
      }
      guard block.offset == position else {
        throw .damaged(path, detail: "its compressed stream has a gap")
      }
      note(block.bytes)
      guard UInt64(position) <= limitBytes else { throw .outputTooLarge(path, limitBytes: limitBytes) }
      return block.bytes
    } catch {
      failure = error
      return nil
    }
  }

  /// Reads to the end of the stream.
  func drain() throws(ArchiveError) {
    while true {
      guard let bytes = next() else { throw failure ?? .damaged(path, detail: "it cannot be read") }
      if bytes.isEmpty { return }
    }
  }

  private func note(_ bytes: UnsafeRawBufferPointer) {
    if head.count < Self.headBytes { head += bytes.prefix(Self.headBytes - head.count) }
    var end = bytes.count
    while end >= 8, bytes.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self) == 0 { end -= 8 }
    while end > 0, bytes[end - 1] == 0 { end -= 1 }
    if end > 0 { zerosFrom = position + Int64(end) }
    position += Int64(bytes.count)
  }
}
