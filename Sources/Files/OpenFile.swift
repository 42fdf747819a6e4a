import CLinux
import Glibc
package import SystemPackage

/// The owner of one open file. Its path is for messages only.
package struct OpenFile: ~Copyable, Sendable {
  package let path: FilePath
  let fd: Int32

  init(owning fd: Int32, path: FilePath) {
    self.fd = fd
    self.path = path
  }

  deinit { _ = close(fd) }

  /// Borrowed: valid as long as this owner lives, and not to be closed.
  package var descriptor: FileDescriptor { FileDescriptor(rawValue: fd) }

  /// Opens a path. A symbolic link at its end is an error unless it is to be followed. Opening a
  /// FIFO never waits.
  package static func open(
    _ path: FilePath, _ mode: FileDescriptor.AccessMode = .readOnly,
    options: FileDescriptor.OpenOptions = [], permissions: FilePermissions = [.ownerReadWrite],
    following: Bool = false
  ) throws(FileError) -> OpenFile {
    try open(
      at: AT_FDCWD, path, name: path, mode, options: options, permissions: permissions,
      following: following)
  }

  static func open(
    at directory: Int32, _ path: FilePath, name: FilePath, _ mode: FileDescriptor.AccessMode,
    options: FileDescriptor.OpenOptions, permissions: FilePermissions, following: Bool
  ) throws(FileError) -> OpenFile {
    let flags =
      mode.rawValue | options.rawValue | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (following ? 0 : O_NOFOLLOW)
    let changes = options.contains(.create) || options.contains(.truncate)
    let fd = try check(changes ? .create : .open, path) {
      name.withPlatformString { openat(directory, $0, flags, permissions.rawValue) }
    }
    return OpenFile(owning: fd, path: path)
  }

  package func status() throws(FileError) -> FileStatus {
    var status = stat()
    try check(.status, path) { fstat(fd, &status) }
    return FileStatus(status)
  }

  /// Everything from here to the end, at most `maxBytes`: one byte more is an error (EFBIG).
  package func readAll(maxBytes: Int) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    defer { chunk.deallocate() }
    while true {
      let count = try check(.read, path) { Glibc.read(fd, chunk.baseAddress, chunk.count) }
      bytes.append(contentsOf: chunk[..<count])
      if bytes.count > maxBytes {
        throw FileError(.read, path, .fileTooLarge, detail: "it is larger than \(maxBytes) bytes")
      }
      if count == 0 { return bytes }
    }
  }

  /// The first bytes of the file, fewer where it is shorter.
  package func readFirst(bytes count: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = try check(.read, path) { pread(fd, &bytes, count, 0) }
    return Array(bytes[..<got])
  }

  package func write(_ bytes: some Collection<UInt8>) throws(FileError) {
    let bytes = Array(bytes)
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try write(bytes) }
    }
    try result.get()
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let count = try check(.write, path) { Glibc.write(fd, piece.baseAddress, piece.count) }
      rest = rest.dropFirst(count)
    }
  }

  /// Bytes to a place in the file, in one write: ENOSPC where not all of them found room.
  package func write(_ bytes: [UInt8], at offset: Int64) throws(FileError) {
    let count = try check(.write, path) { pwrite(fd, bytes, bytes.count, off_t(offset)) }
    guard count == bytes.count else { throw FileError(.write, path, .noSpace) }
  }

  package func truncate(toBytes size: Int64) throws(FileError) {
    try check(.truncate, path) { ftruncate(fd, off_t(size)) }
  }

  /// fsync(2). Never tried again after a failure: what was lost then stays lost.
  package func synchronize() throws(FileError) {
    try synchronizeOnce(path) { fsync(fd) }
  }

  /// fdatasync(2): the bytes, and what is needed to read them. Never tried again either.
  package func synchronizeData() throws(FileError) {
    try synchronizeOnce(path) { fdatasync(fd) }
  }

  package func setMode(_ permissions: FilePermissions) throws(FileError) {
    try check(.setMode, path) { fchmod(fd, permissions.rawValue) }
  }

  package func setOwner(user: UInt32, group: UInt32) throws(FileError) {
    try check(.setOwner, path) { fchown(fd, user, group) }
  }

  package func setTimes(accessed: FileTime, modified: FileTime) throws(FileError) {
    let times = [accessed.timespec, modified.timespec]
    try check(.setTimes, path) { futimens(fd, times) }
  }
}

extension OpenFile {
  /// Bytes from a place in the file, at most `maxBytes`; none at its end.
  package func read(from offset: Int64, maxBytes: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: maxBytes)
    let count = try check(.read, path) { pread(fd, &bytes, maxBytes, off_t(offset)) }
    bytes.removeLast(maxBytes - count)
    return bytes
  }

  /// All of it, from the start to where it ends, piece by piece.
  package func readPieces(_ body: ([UInt8]) throws(FileError) -> Void) throws(FileError) {
    var offset: Int64 = 0
    let size = try status().sizeBytes
    while true {
      // Most files are small; one byte more shows a file that grew.
      let bytes = try read(from: offset, maxBytes: Int(min(256 << 10, max(0, size - offset) + 1)))
      guard !bytes.isEmpty else { return }
      try body(bytes)
      offset += Int64(bytes.count)
    }
  }
}

extension OpenFile {
  /// The blocks that are not all zero, in order, with where each stands in the file: holes are passed over, however
  /// large, and whether zeros are holes makes no difference.
  ///
  /// - Parameter body: false ends it with ECANCELED.
  package func readBlocks(_ body: (_ offset: Int64, UnsafeRawBufferPointer) -> Bool) throws(FileError) {
    let size = try status().sizeBytes
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * Self.blockBytes, alignment: 16)
    defer { buffer.deallocate() }
    let zeros = [UInt8](repeating: 0, count: Self.blockBytes)
    var offset: Int64 = 0
    while offset < size {
      // Where the file system keeps no track of holes, all of it is data.
      let data = Int64(fleet_next_data(fd, Int(offset)))
      if data < 0, Glibc.errno == ENXIO { return }
      if data > offset { offset = data - data % Int64(Self.blockBytes) }
      let count = try check(.read, path) { pread(fd, buffer.baseAddress, buffer.count, off_t(offset)) }
      if count == 0 { return }
      // A short read in the middle of a block is met again; at the end of the file it is what there is.
      let isEnd = offset + Int64(count) >= size || count < Self.blockBytes
      let whole = isEnd ? count : count - count % Self.blockBytes
      for start in stride(from: 0, to: whole, by: Self.blockBytes) {
        let block = UnsafeRawBufferPointer(rebasing: buffer[start..<min(whole, start + Self.blockBytes)])
        let isZero = zeros.withUnsafeBytes { Self.areEqual($0, block) }
        guard isZero || body(offset + Int64(start), block) else { throw FileError(.read, path, .canceled) }
      }
      offset += Int64(whole)
    }
  }

  private static let blockBytes = 4096

  /// Whether the first begins with the second.
  private static func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard let a = a.baseAddress, let start = b.baseAddress else { return true }
    return memcmp(a, start, b.count) == 0
  }
}
