import CSSH2

/// The library itself: its one-time start, its version, its codes.
enum LibSSH2 {
  /// `libssh2_init` is not safe to be run by two threads at once; a global constant is made once.
  static let started: Int32 = libssh2_init(0)

  static let version: String = libssh2_version(0).map { String(cString: $0) } ?? "of unknown version"

  /// RSA signatures with SHA-2 came with 1.11.
  static let signsRSAWithSHA2: Bool = libssh2_version(0x01_0B_00) != nil

  /// After these the connection cannot be used any more.
  static func isConnectionLoss(_ code: Int) -> Bool {
    [
      LIBSSH2_ERROR_SOCKET_SEND, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_DISCONNECT,
      LIBSSH2_ERROR_SOCKET_TIMEOUT, LIBSSH2_ERROR_BAD_SOCKET,
    ].contains(Int32(clamping: code))
  }

  /// The two sides, or libssh2 and what we think safe, have an algorithm of some kind not in common.
  static func isMissingAlgorithm(_ code: Int) -> Bool {
    [LIBSSH2_ERROR_KEX_FAILURE, LIBSSH2_ERROR_METHOD_NOT_SUPPORTED, LIBSSH2_ERROR_METHOD_NONE]
      .contains(Int32(clamping: code))
  }

  /// What a code means for somebody who does not know libssh2.
  static func meaning(of code: Int) -> String? {
    switch Int32(clamping: code) {
    case LIBSSH2_ERROR_KEX_FAILURE:
      "no algorithm in common. libssh2 \(version) needs an ed25519 or ecdsa host key (an RSA one alone needs "
        + "1.11), an aes-ctr cipher, and a hmac-sha2 MAC that is not only -etm; see HostKeyAlgorithms, "
        + "Ciphers and MACs in the host's sshd_config"
    case LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE, LIBSSH2_ERROR_HOSTKEY_INIT, LIBSSH2_ERROR_HOSTKEY_SIGN:
      "the key exchange broke off, or the host could not prove that its key is its own"
    case LIBSSH2_ERROR_BANNER_RECV, LIBSSH2_ERROR_BANNER_SEND:
      "nothing that speaks SSH answered; is this the right port, or did the host turn us away (fail2ban, "
        + "MaxStartups)?"
    case LIBSSH2_ERROR_INVALID_MAC, LIBSSH2_ERROR_DECRYPT, LIBSSH2_ERROR_PROTO:
      "the data arrived damaged, or somebody changed it on the way"
    case LIBSSH2_ERROR_METHOD_NOT_SUPPORTED:
      "the installed libssh2 knows none of the safe algorithms"
    case LIBSSH2_ERROR_CHANNEL_FAILURE:
      "the server opens no further session (MaxSessions), or allows none for this key"
    case LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED:
      "the server does not allow this key to run commands"
    case LIBSSH2_ERROR_TIMEOUT: "the server did not answer"
    case LIBSSH2_ERROR_ALLOC: "no memory"
    default: nil
    }
  }
}
