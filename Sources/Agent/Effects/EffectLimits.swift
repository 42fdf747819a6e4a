/// Every bound on what the agent starts and waits for, with its unit.
package enum EffectLimits {
  /// How long what was told to end (SIGTERM) may take before it is killed, in seconds.
  package static let graceSeconds = 3
  /// How long what was killed may take to be gone, in seconds: longer only in the kernel, on a dead disk.
  package static let killSeconds = 10
  /// How often a running command's deadline and the orders to stop are looked at, in milliseconds.
  static let commandPollMilliseconds = 200
  /// The same of each of several that run side by side, in milliseconds.
  static let commandTurnMilliseconds = 10
  /// How much later than a step the agent may hear of a shutdown, in milliseconds.
  static let shutdownNoticeMilliseconds = 300
  /// A command whose time-out is extended gets so many times its time-out at most.
  static let extensionFactor = 4
  /// How often the processor time of a command is looked at, in seconds, where that extends its time-out.
  static let activitySeconds = 1
  /// Less processor time than this in between is no sign of life, in clock ticks (100 a second).
  static let activityTicks: UInt64 = 3
  /// The end of a command's output that is kept in memory, in bytes.
  static let keptOutputBytes = 64 << 10
  /// A line of it, in characters, in a report.
  static let lineCharacters = 400
  /// A job's log, in bytes.
  static let logBytes = 16 << 20
  /// What headings and notes may add once a log is full, in bytes.
  static let logNoteBytes = 64 << 10
  /// A command's description handed to the supervisor, in bytes.
  static let supervisedCommandBytes = 1 << 20
  /// What the supervisor says of the end, in bytes.
  static let supervisorReportBytes = 8 << 10
  /// Processes that are looked at in /proc.
  static let processes = 100_000
  /// One file of /proc, in bytes.
  static let procFileBytes = 4 << 20
  /// Live unix sockets that are hidden from an isolated command.
  static let maskedSockets = 4_096
  /// The private /run and /dev/shm of an isolated command, in MiB.
  static let privateMemoryMiB = 64
  /// One call of systemctl, in seconds: a small host under load takes its time to read its units anew.
  static let systemctlSeconds = 90
  /// One call of sudo, in seconds: it may ask a directory service.
  static let sudoSeconds = 20
  /// What it may print, in bytes.
  static let systemctlBytes = 1 << 20
  /// The pause between two looks at a service that starts or stops: the first, and the longest, in milliseconds.
  static let firstServicePollMilliseconds = 25
  static let longestServicePollMilliseconds = 200
  /// How long a killed service may take to be gone, in seconds.
  static let serviceKillSeconds = 20
  /// A unit file, in bytes.
  package static let unitFileBytes = 1 << 20
  /// A file that a version is read from, in bytes.
  static let readingBytes = 1 << 20
  /// A value read from a file (a version, a revision), in characters.
  static let readingCharacters = 200
  /// One network health check, in seconds.
  static let probeSeconds = 10
  /// What is read of an HTTP answer, in bytes.
  static let probeBodyBytes = 4 << 20
  /// The pause between two looks at the health: the first, and the longest, in milliseconds.
  static let firstHealthPauseMilliseconds = 50
  package static let longestHealthPauseMilliseconds = 1_000
  /// How often a guard that says no is asked again, in seconds.
  static let guardPauseSeconds = 5
}
