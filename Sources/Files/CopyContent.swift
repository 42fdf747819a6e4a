import CLinux
import Glibc
import SystemPackage

/// Copies the bytes of an open file into an empty one, holes staying holes, in the kernel where it
/// can (which shares blocks on btrfs and xfs).
struct CopyContent {
  /// What is copied between two looks at whether to go on.
  static let chunkBytes = 8 << 20

  let from: Int32
  let to: Int32
  let source: FilePath
  let target: FilePath

  /// Copies the first `sizeBytes`, so that a file that grows all the time comes to an end. Returns
  /// the bytes copied, holes not counted. `goOn` is told of every chunk.
  func run(sizeBytes: Int64, goOn: (Int64) throws(FileError) -> Void) throws(FileError) -> Int64 {
    let size = Int(sizeBytes)
    var copied: Int64 = 0
    var offset = 0
    copying: while offset < size, let data = try next(offset, fleet_next_data), data < size {
      let end = min(size, try next(data, fleet_next_hole) ?? size)
      offset = data
      while offset < end {
        let count = try chunk(offset, min(Self.chunkBytes, end - offset))
        // The file lost its end meanwhile.
        if count == 0 { break copying }
        offset += count
        copied += Int64(count)
        try goOn(Int64(count))
      }
    }
    try check(.truncate, target) { ftruncate(to, off_t(size)) }
    return copied
  }

  /// Nil behind the last byte (ENXIO).
  private func next(_ offset: Int, _ seek: (Int32, Int) -> Int) throws(FileError) -> Int? {
    let found = seek(from, offset)
    if found >= 0 { return found }
    let failure = errno
    if failure == ENXIO { return nil }
    throw FileError(.read, source, Errno(rawValue: failure))
  }

  private func chunk(_ offset: Int, _ count: Int) throws(FileError) -> Int {
    try FileEffects.pass(.copy, target)
    let copied = fleet_copy_range(from, offset, to, offset, UInt(count))
    if copied >= 0 { return copied }
    switch errno {
    case EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, EINTR: return try copyThroughMemory(offset, count)
    case let failure: throw FileError(.copy, target, Errno(rawValue: failure))
    }
  }

  private func copyThroughMemory(_ offset: Int, _ count: Int) throws(FileError) -> Int {
    var buffer = [UInt8](repeating: 0, count: min(count, 1 << 20))
    let got = try check(.read, source) { pread(from, &buffer, buffer.count, offset) }
    var written = 0
    while written < got {
      written += try check(.write, target) {
        buffer.withUnsafeBytes { bytes in
          pwrite(to, bytes.baseAddress.map { $0 + written }, got - written, offset + written)
        }
      }
    }
    return got
  }
}
