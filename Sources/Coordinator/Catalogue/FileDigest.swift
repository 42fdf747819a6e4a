import Files
import Release
import SystemPackage

/// Reads large files piece by piece.
enum FileDigest {
  /// The SHA-256 of a plain file; EFBIG if it is larger than `maxBytes`, ECANCELED if cancelled.
  static func of(
    _ path: FilePath, maxBytes: Int64, following: Bool = false, cancel: CancelFlag
  ) throws(FileError) -> SHA256Digest {
    try read(path, maxBytes: maxBytes, following: following, cancel: cancel) { (_) throws(FileError) in }
  }

  /// The SHA-256 of a plain file, whose bytes `take` gets on the way.
  static func read(
    _ path: FilePath, maxBytes: Int64, following: Bool, cancel: CancelFlag,
    take: (ArraySlice<UInt8>) throws(FileError) -> Void
  ) throws(FileError) -> SHA256Digest {
    let file = try OpenFile.open(path, following: following)
    guard try file.status().kind == .regular else {
      throw FileError(.read, path, .invalidArgument, detail: "it is not a plain file")
    }
    var hash = SHA256Stream()
    var left = maxBytes
    var buffer = [UInt8](repeating: 0, count: CatalogueLimits.chunkBytes)
    while true {
      if cancel.isSet { throw FileError(.read, path, .canceled) }
      let count: Int
      do {
        count = try buffer.withUnsafeMutableBytes { try file.descriptor.read(into: $0) }
      } catch {
        throw FileError(.read, path, error as? Errno ?? .ioError)
      }
      if count == 0 { return hash.finalize() }
      left -= Int64(count)
      guard left >= 0 else {
        throw FileError(.read, path, .fileTooLarge, detail: "it is larger than \(maxBytes) bytes")
      }
      buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      try take(buffer[..<count])
    }
  }
}
