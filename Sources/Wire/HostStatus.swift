/// What fleet knows of an app on a host.
package struct HostStatus: Codable, Equatable, Sendable {
  package var app: String
  /// The tag that fleet installed last, recorded with the install.
  package var installedTag: String?
  package var installedVersion: String?
  /// How long ago that was, in seconds, by the host's own clock; nil where the agent does not know.
  package var installedSecondsAgo: Int?
  package var mark: Mark?
  /// Releases that are not offered again after a rollback by hand.
  package var heldTag: String?
  package var refusals: [Refusal]
  package var claim: Claim?
  /// The job whose journal is open, or that is staged.
  package var openJob: String?
  /// The journal's state, in its own words: ``JobState``.
  package var state: String
  /// The last job that rested.
  package var last: JobResult?
  /// The last one that came to its end, where that is another; nil from an agent that did not say it yet.
  package var ended: JobResult?
  /// How long the app was down in the last upgrade that stayed, in milliseconds; nil as `ended`.
  package var upgradeDowntimeMilliseconds: Int?
  package var freeBytes: Int64?
  package var backups: Int

  package init(app: String, state: JobState) {
    self.app = app
    self.state = state.rawValue
    refusals = []
    backups = 0
  }
}

/// What a failure after `stop` leaves on a host.
package struct Mark: Codable, Equatable, Sendable {
  package var job: String
  package var tag: String
  package var reason: Cause
  package var timeMilliseconds: Int64
  package var logPath: String
  /// The archive of the release that failed; nil of a rollback, and from an agent that did not say it yet.
  package var sha256: String?

  package init(
    job: String, tag: String, reason: Cause, timeMilliseconds: Int64, logPath: String, sha256: String? = nil
  ) {
    self.job = job
    self.tag = tag
    self.sha256 = sha256
    self.reason = reason
    self.timeMilliseconds = timeMilliseconds
    self.logPath = logPath
  }
}

/// A release that this host refused in stage, or that failed there and whose mark a person has taken away; remembered
/// for that release only.
package struct Refusal: Codable, Equatable, Sendable {
  package var tag: String
  package var sha256: String
  package var reason: Cause

  /// The app was down for it, and went back.
  package var isFailure: Bool { reason.step?.isStage == false }

  package init(tag: String, sha256: String, reason: Cause) {
    self.tag = tag
    self.sha256 = sha256
    self.reason = reason
  }
}
