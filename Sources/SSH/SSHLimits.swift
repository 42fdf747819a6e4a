/// Every bound of this module, with its unit. The callers' deadlines come on top of these.
package struct SSHLimits: Sendable {
  /// Name lookup and TCP connection, all addresses of the host together.
  package var connectTimeoutSeconds = 15.0
  /// From the first byte to the end of the key exchange. A Pi Zero needs a few seconds.
  package var handshakeTimeoutSeconds = 30.0
  /// How often a waiting reader shows a sign of life to the other side.
  package var keepaliveSeconds = 15
  /// How long sent bytes, keepalives included, may stay unacknowledged before the connection counts
  /// as lost (`TCP_USER_TIMEOUT`, tcp(7)). A closed lid or a pulled plug is noticed by this alone.
  package var peerSilenceSeconds = 60
  /// The last part of a program's stderr that is kept while its stdout is read.
  package var keptStandardErrorBytes = 64 * 1024
  /// Keys that one login offers. Servers hang up at the sixth that they refuse (`MaxAuthTries`, sshd_config(5)), so
  /// a seventh would not be looked at.
  package var maxKeysOffered = 6
  /// An ssh-agent that is asked what it holds must answer within this.
  package var agentListSeconds = 5.0

  package init() {}

  /// What a host may send on a channel before we have read it, and so what libssh2 keeps at most for it.
  static let channelWindowBytes: UInt32 = 2 * 1024 * 1024
  static let channelPacketBytes: UInt32 = 32 * 1024
  /// What libssh2 is asked for at a time, always the same (see `SSHChannel`); no `read` returns more.
  static let readBytes = 64 * 1024
  /// A private key file larger than this is none.
  static let maxKeyFileBytes = 64 * 1024
  /// ssh-agent's own limit for one message (`AGENT_MAX_LEN` in OpenSSH).
  static let maxAgentMessageBytes = 256 * 1024
  /// How long after its deadline a call into libssh2 is cut off that does not come back by itself.
  static let watchGraceMilliseconds = 1_000
  /// Time for saying good-bye when an owner is released without having closed.
  static let farewellSeconds = 2.0
  /// `libssh2_session_free` is repeated at most so often on a connection that was shut down before.
  static let maxFreeAttempts = 1000
}
