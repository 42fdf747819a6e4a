import CSSH2
package import SystemPackage

/// Why an SSH connection did not do what was asked. The first cause is kept; `description` ends with
/// what a person can do.
package enum SSHError: Error, Sendable, Equatable {
  /// The name has no address. `words` are the resolver's (gai_strerror(3)).
  case nameNotFound(host: String, address: String, words: String)
  /// No address of the host took the connection.
  case unreachable(host: String, port: UInt16, attempts: [ConnectAttempt])
  case hostKeyUnknown(host: String, key: HostKey)
  case hostKeyChanged(host: String, offered: HostKey, known: [HostKey], mend: String)
  case hostKeyRevoked(host: String, key: HostKey, place: String)
  /// The host is on file, but only with key types that the installed libssh2 cannot check.
  case hostKeyUncheckable(host: String, typesOnFile: [String])
  /// Nothing that was tried was accepted. `offered` is what the server takes at all.
  case authenticationFailed(host: String, user: String, tried: [AuthenticationAttempt], offered: [String])
  /// The connection is gone, or was given up before.
  case connectionLost(host: String, during: String, cause: String)
  /// Time was up. Unless it was a read, the connection is not used any more.
  case deadline(host: String, during: String)
  /// The other side closed the channel: the program there ended before it had read everything, say.
  case channelClosed(host: String, during: String)
  /// libssh2 refused: its code, its own words, and what that means where we know it.
  case protocolFailure(host: String, during: String, code: Int, words: String, meaning: String?)
  /// Our own machine said no, to a socket for example.
  case local(during: String, errno: Errno)
}

extension SSHError {
  /// The code of `protocolFailure` where a server closed the connection instead of saying what it speaks.
  package static let noBanner = Int(LIBSSH2_ERROR_BANNER_RECV)
}

/// One address that was tried, and what came of it.
package struct ConnectAttempt: Sendable, Equatable {
  package let address: String
  package let errno: Errno
}

/// One credential that was tried, and why it did not open the door.
package struct AuthenticationAttempt: Sendable, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable {
    /// The server does not accept this key or password for this user.
    case refused
    /// The server does not take this kind of credential.
    case methodNotOffered
    /// The server asked for more than a password.
    case asksMore(String)
    case unreadable(Errno)
    /// The file is open to others; ssh refuses such keys too.
    case tooOpen(mode: UInt32)
    case notAPrivateKey(String)
    /// The key is encrypted and nobody gave a passphrase.
    case passphraseNeeded
    case wrongPassphrase
    /// Before 1.11 libssh2 signs with RSA keys only by SHA-1, which today's servers refuse.
    case rsaNeedsNewerLibrary(version: String)
    case agentAbsent
    case agentUnreachable(Errno)
    case agentEmpty
    /// It holds so many keys, and none of those that alone may be used (`IdentitiesOnly`).
    case agentHoldsNoneNamed(keys: Int)
    /// So many keys more were not offered: the server would have hung up.
    case tooMany(left: Int)
    /// The agent did not sign, or made no sense.
    case agentFailed(String)
    /// libssh2 could not use the key: its code and words.
    case unusable(code: Int, words: String)
    /// The server hung up at this attempt; after several refused keys it does (`MaxAuthTries`).
    case hungUp
  }

  /// `key /home/me/.ssh/id_ed25519`, `agent key me@laptop`, `password`.
  package let credential: String
  package let reason: Reason
}
