package import Files
package import Release
package import SystemPackage

/// The SHA-256 of a file, read piece by piece however large it is.
package enum FileDigest {
  /// Of a plain file; EFBIG if it is larger than `maxBytes`, ECANCELED if cancelled.
  package static func of(
    _ path: FilePath, maxBytes: Int64 = .max, following: Bool = false, isCancelled: () -> Bool = { false }
  ) throws(FileError) -> SHA256Digest {
    try read(path, maxBytes: maxBytes, following: following, isCancelled: isCancelled) {
      (_) throws(FileError) in
    }
  }

  /// The same of a file whose bytes `take` gets on the way.
  package static func read(
    _ path: FilePath, maxBytes: Int64, following: Bool, isCancelled: () -> Bool,
    take: ([UInt8]) throws(FileError) -> Void
  ) throws(FileError) -> SHA256Digest {
    let file = try OpenFile.open(path, following: following)
    guard try file.status().kind == .regular else {
      throw FileError(.read, path, .invalidArgument, detail: "it is not a plain file")
    }
    var hash = SHA256Stream()
    var left = maxBytes
    try file.readPieces { (piece) throws(FileError) in
      if isCancelled() { throw FileError(.read, path, .canceled) }
      left -= Int64(piece.count)
      guard left >= 0 else {
        throw FileError(.read, path, .fileTooLarge, detail: "it is larger than \(maxBytes) bytes")
      }
      hash.update(piece)
      try take(piece)
    }
    return hash.finalize()
  }
}
