import Digest

/// The object id of a blob, computed while its bytes come by: SHA-1 over `blob SIZE\0` and the bytes
/// (git-hash-object(1)).
package struct GitBlobHasher: Sendable {
  private var hash = SHA1()
  private var missingBytes: UInt64
  private var isTooLong = false

  /// - Parameter sizeBytes: known before the first byte, since it stands in front.
  package init(sizeBytes: UInt64) {
    missingBytes = sizeBytes
    hash.update(Array("blob \(sizeBytes)\u{0}".utf8))
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let count = UInt64(bytes.count)
    guard count <= missingBytes else {
      isTooLong = true
      return
    }
    missingBytes -= count
    hash.update(bytes)
  }

  /// Nil if there were more or fewer bytes than announced.
  package func finalize() -> ObjectID? {
    guard missingBytes == 0, !isTooLong else { return nil }
    return ObjectID(bytes: hash.finalize())
  }

  /// The id of bytes that are all at hand, such as a symlink's target.
  package static func id(of bytes: [UInt8]) -> ObjectID {
    gitObjectID(kind: "blob", content: bytes)
  }
}

/// The name of a git object: SHA-1 over its kind, its size and its content.
func gitObjectID(kind: String, content: [UInt8]) -> ObjectID {
  var hash = SHA1()
  hash.update(Array("\(kind) \(content.count)\u{0}".utf8))
  hash.update(content)
  return ObjectID(bytes: hash.finalize())
}
