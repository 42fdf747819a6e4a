import ByteText
import CSSH2

/// The algorithms we agree to. Left out: cbc, arcfour, 3des, md5, SHA-1 (MACs, key exchanges, and with it the
/// `ssh-rsa` host key signature), ripemd, dss, compression.
///
/// libssh2's preference call must only see names it knows: it cuts unknown ones out of the list with an
/// overlapping memcpy, and when nothing remains it quietly goes on with its defaults.
enum SSHAlgorithms {
  static let keyExchanges = [
    "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521", "diffie-hellman-group-exchange-sha256", "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256",
  ]
  static let hostKeys = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512",
    "rsa-sha2-256",
  ]
  static let ciphers = [
    "aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr",
  ]
  static let macs = [
    "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512",
  ]

  /// The kinds of choice in a handshake, in libssh2's numbers, with what we take.
  static let choices: [(kind: Int32, wanted: [String])] = [
    (LIBSSH2_METHOD_KEX, keyExchanges), (LIBSSH2_METHOD_HOSTKEY, hostKeys),
    (LIBSSH2_METHOD_CRYPT_CS, ciphers), (LIBSSH2_METHOD_CRYPT_SC, ciphers),
    (LIBSSH2_METHOD_MAC_CS, macs), (LIBSSH2_METHOD_MAC_SC, macs),
    (LIBSSH2_METHOD_COMP_CS, ["none"]), (LIBSSH2_METHOD_COMP_SC, ["none"]),
  ]

  /// The kind of the cipher that goes with a MAC of this kind; nil where it is none.
  static func cipherKind(ofMAC kind: Int32) -> Int32? {
    switch kind {
    case LIBSSH2_METHOD_MAC_CS: LIBSSH2_METHOD_CRYPT_CS
    case LIBSSH2_METHOD_MAC_SC: LIBSSH2_METHOD_CRYPT_SC
    default: nil
    }
  }

  /// Whether a cipher authenticates what it encrypts (RFC 5647): then no MAC is agreed on, and libssh2, which has these
  /// since 1.11, calls what stands in its place by a name of its own.
  static func needsNoMAC(_ cipher: String) -> Bool {
    ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com"].contains(cipher)
  }

  /// The host key algorithms that can prove a key of the types on file; all of them where none is.
  static func hostKeys(for typesOnFile: [String]) -> [String] {
    guard !typesOnFile.isEmpty else { return hostKeys }
    return hostKeys.filter { typesOnFile.contains($0.begins(with: "rsa-sha2") ? "ssh-rsa" : $0) }
  }

  /// What the installed libssh2 can do of a kind.
  static func supported(by session: OpaquePointer, kind: Int32) -> [String] {
    var list: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    let count = libssh2_session_supported_algs(session, kind, &list)
    guard count > 0, let list else { return [] }
    defer { libssh2_free(session, list) }
    return (0..<Int(count)).compactMap { list[$0].map { String(cString: $0) } }
  }
}
