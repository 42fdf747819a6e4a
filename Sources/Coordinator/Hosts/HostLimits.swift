import Rollout
import Wire

/// Every bound on the way to a host, with its unit. Those of the SSH connection itself are in `SSHLimits`.
enum HostLimits {
  /// ssh's way to one address of a host, until that has said a word (ConnectTimeout, ssh_config(5)), in seconds.
  static let connectSeconds = 20
  /// From starting ssh until it has logged in, in seconds: as long as libssh2 has for connecting (15), the handshake
  /// (30) and the login (60). A person may have to touch a hardware key in it.
  static let openSSHSeconds = 105.0
  /// How often ssh asks for a sign of life, in seconds, and how many may stay away.
  static let aliveSeconds = 15
  static let aliveCount = 4
  /// How often it is looked whether ssh has come through, in seconds.
  static let openingStepSeconds = 0.02
  /// After a program's end by ssh's own status, until it is known whether the connection has ended too, in seconds.
  static let connectionEndSeconds = 1.0
  /// The path of a folder for a control socket, in bytes: a socket's has 107 (unix(7)), and ssh adds 17 for a while.
  static let socketFolderBytes = 60
  /// How long another fleet that writes to a known_hosts file is waited for, in milliseconds.
  static let knownHostsTurnMilliseconds = 60_000
  /// Names in a folder that are looked at for keys.
  static let keysLookedAt = 10_000
  /// Trying all credentials, in seconds. No person is waited for in it.
  static let loginSeconds = 60.0
  /// From starting the agent to its greeting: a Pi under load, a slow login shell.
  static let greetingSeconds = 60.0
  /// A small request's answer, in seconds.
  static let answerSeconds = Double(WireLimits.answerSeconds)
  /// The answer around an upload: the agent reads or syncs a whole release on a slow SD card, in seconds.
  static let uploadAnswerSeconds = 900.0
  /// One chunk of an upload must be taken within this, in seconds.
  static let chunkSeconds = 120.0
  /// A follower that hears not even a heartbeat for so long, in seconds, has lost the host.
  static let silenceSeconds = Double(12 * WireLimits.heartbeatSeconds)
  /// What the texts of one job's events may take together, in bytes.
  static let storyBytes = 4 << 20
  /// Signs of life in the longest job, and as many again.
  static let heartbeatsPerJob = 2 * RolloutLimits.longestJobSeconds / WireLimits.heartbeatSeconds
  /// A whole upload, over the slowest of links, in seconds.
  static let uploadSeconds = 6.0 * 3_600
  /// Learning how a program ended that has closed its output, in seconds.
  static let farewellSeconds = 5.0
  /// `ssh -G`, in seconds: with CanonicalizeHostname it asks the name servers.
  static let configSeconds = 20.0
  /// What `ssh -G` or a set-up script may print, in bytes.
  static let outputBytes = 256 << 10
  /// A known_hosts or public key file larger than this is none, in bytes.
  static let textFileBytes = 4 << 20
  /// How often a passphrase or password may be given wrongly.
  static let secretTries = 3
  /// A step of the set-up on the host, in seconds.
  static let scriptSeconds = 120.0
  /// From the end of a try to the word that nothing of it is left, in seconds.
  static let trialEndSeconds = 30.0
  /// Until sudo asks for its password or lets us in, in seconds: it may wait for name servers.
  static let sudoSeconds = 45.0
  /// An agent's binary, in bytes.
  static let agentBytes: Int64 = 128 << 20
  /// Machines that are offered to whoever writes a first inventory: more than that nobody reads.
  static let offeredMachines = 30
  /// Files of the user's ssh configuration that are read for them.
  static let sshConfigFiles = 32
  /// How long the network is listened to for them, in seconds.
  static let networkLookSeconds = 5.0
  /// Apps whose state is looked at before an agent is replaced or removed.
  static let apps = 32
}
