import Files
import Glibc
import SystemPackage

/// Who shall own what is extracted.
package struct FileOwner: Sendable, Hashable, Codable {
  package let userID: UInt32
  package let groupID: UInt32

  package init(userID: UInt32, groupID: UInt32) {
    self.userID = userID
    self.groupID = groupID
  }
}

/// A new file that is being written.
final class OutputFile {
  private let descriptor: Int32
  private let path: FilePath

  init(_ descriptor: Int32, _ path: FilePath) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let count = try effect(.write, path) { Glibc.write(descriptor, piece.baseAddress, piece.count) }
      rest = rest.dropFirst(count)
    }
  }

  func finish(owner: FileOwner?, mode: UInt32, modifiedSeconds: Int64?) throws(ArchiveError) {
    try setAttributes(of: descriptor, path, owner: owner, mode: mode, modifiedSeconds: modifiedSeconds)
  }
}

/// A file that is read back.
final class InputFile {
  private let descriptor: Int32
  private let path: FilePath

  private static let bufferBytes = 128 << 10

  init(_ descriptor: Int32, _ path: FilePath) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  /// Hands over the content piece by piece, up to its end.
  func readAll(
    _ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferBytes, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count == 0 { return }
      if count > 0 {
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } else if errno != EINTR {
        throw HeldDirectory.failed("read", path)
      }
    }
  }
}

/// Owner first: chown(2) may clear mode bits.
func setAttributes(
  of descriptor: Int32, _ path: FilePath, owner: FileOwner?, mode: UInt32, modifiedSeconds: Int64?
) throws(ArchiveError) {
  if let owner {
    try effect(.setOwner, path) { fchown(descriptor, owner.userID, owner.groupID) }
  }
  try effect(.setMode, path) { fchmod(descriptor, mode) }
  if let modifiedSeconds {
    let times = fileTimes(modifiedSeconds)
    try effect(.setTimes, path) { futimens(descriptor, times) }
  }
}

/// The pair that utimensat(2) wants: the access time left alone, the other kept to what every file system of
/// today can store (1970 to 2106).
func fileTimes(_ modifiedSeconds: Int64) -> [timespec] {
  // UTIME_OMIT, a macro that Swift cannot import.
  let omit = (1 << 30) - 2
  let seconds = min(max(modifiedSeconds, 0), Int64(UInt32.max))
  return [timespec(tv_sec: 0, tv_nsec: omit), timespec(tv_sec: Int(seconds), tv_nsec: 0)]
}
