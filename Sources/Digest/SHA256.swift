import CNettle

/// SHA-256 (FIPS 180-4) over bytes that come piece by piece.
package struct SHA256: Sendable {
  package static let byteCount = 32
  private var context = sha256_ctx()

  package init() { nettle_sha256_init(&context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    nettle_sha256_update(&context, bytes.count, bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
  }

  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// The digest of all bytes so far; more may follow.
  package func finalize() -> [UInt8] {
    var context = context
    var digest = [UInt8](repeating: 0, count: Self.byteCount)
    fleet_sha256_digest(&context, &digest)
    return digest
  }

  package static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }
}
