import CNettle

/// SHA-1 (FIPS 180-4) over bytes that come piece by piece: git's names of objects, and hashed names in known_hosts.
package struct SHA1: Sendable {
  package static let byteCount = 20
  private var context = sha1_ctx()

  package init() { nettle_sha1_init(&context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    nettle_sha1_update(&context, bytes.count, bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
  }

  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// The digest of all bytes so far; more may follow.
  package func finalize() -> [UInt8] {
    var context = context
    var digest = [UInt8](repeating: 0, count: Self.byteCount)
    fleet_sha1_digest(&context, &digest)
    return digest
  }

  /// HMAC (RFC 2104) of `message` with SHA-1.
  package static func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    var context = hmac_sha1_ctx()
    var digest = [UInt8](repeating: 0, count: byteCount)
    nettle_hmac_sha1_set_key(&context, key.count, key)
    nettle_hmac_sha1_update(&context, message.count, message)
    fleet_hmac_sha1_digest(&context, &digest)
    return digest
  }
}
