/// Every bound of an exchange over HTTP, with its unit.
package struct DownloadLimits: Sendable, Equatable {
  /// More than this is not taken: of a body in memory, or of a file, what was there before included.
  package var maxBytes: Int64
  /// Name, connection and TLS together.
  package var connectTimeoutSeconds = 15.0
  /// Everything together: redirects, and for files the pauses and further attempts.
  package var totalTimeoutSeconds: Double
  /// A transfer below `lowSpeedBytesPerSecond` for so long counts as stuck.
  package var lowSpeedSeconds = 30
  package var lowSpeedBytesPerSecond = 100
  /// How often a file is asked for at most. A body in memory is asked for once.
  package var maxAttempts = 5
  /// The pause after the first failed attempt; it doubles each time, up to `maxPauseSeconds`.
  package var firstPauseSeconds = 1.0
  package var maxPauseSeconds = 30.0

  /// For answers that fit into memory: an API, a health check.
  package init(maxBytes: Int64 = 4 * 1024 * 1024, totalTimeoutSeconds: Double = 60) {
    self.maxBytes = maxBytes
    self.totalTimeoutSeconds = totalTimeoutSeconds
  }

  /// All header lines of one answer.
  static let maxHeaderBytes = 256 * 1024
  /// What is kept of the body of an answer that says no, for the error.
  static let maxExcerptBytes = 2048
  /// The body of a redirect or of an answer that says no is read up to here, so that the connection can be
  /// used again, and cut off beyond.
  static let maxDiscardedBytes: Int64 = 256 * 1024
  /// How long one sleep lasts before cancelling is asked about again.
  static let cancelCheckMilliseconds = 100
}
