import Glibc
import SystemPackage

/// A file's bytes as memory (mmap(2)): what is touched is brought, and the kernel may take it back, so that a large
/// file costs little of a small machine's memory. For files in folders that are nobody else's: one that another
/// program cuts short ends this one (SIGBUS).
package final class MappedFile {
  package let bytes: UnsafeMutableRawBufferPointer

  private init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }

  deinit { munmap(bytes.baseAddress, bytes.count) }

  package var readable: UnsafeRawBufferPointer { UnsafeRawBufferPointer(bytes) }

  /// All of a file, to be read.
  package static func reading(_ file: borrowing OpenFile) throws(FileError) -> MappedFile {
    try map(file, sizeBytes: file.status().sizeBytes, PROT_READ)
  }

  /// A file to be written from its start. Its room is taken beforehand (posix_fallocate(3)): a disk that is full is an
  /// error here, and not the end of the program at a later byte.
  package static func writing(
    _ file: borrowing OpenFile, sizeBytes: Int64
  ) throws(FileError) -> MappedFile {
    if sizeBytes > 0 {
      let size = off_t(sizeBytes)
      try check(.write, file.path) {
        let code = posix_fallocate(file.fd, 0, size)
        errno = code
        return code == 0 ? 0 : -1
      }
    }
    return try map(file, sizeBytes: sizeBytes, PROT_READ | PROT_WRITE)
  }

  private static func map(
    _ file: borrowing OpenFile, sizeBytes: Int64, _ protection: Int32
  ) throws(FileError) -> MappedFile {
    // Nothing cannot be mapped.
    guard sizeBytes > 0 else { return MappedFile(UnsafeMutableRawBufferPointer(start: nil, count: 0)) }
    let address = mmap(nil, Int(sizeBytes), protection, MAP_SHARED, file.fd, 0)
    guard let address, address != MAP_FAILED else {
      throw FileError(.read, file.path, Errno(rawValue: errno))
    }
    return MappedFile(UnsafeMutableRawBufferPointer(start: address, count: Int(sizeBytes)))
  }
}
