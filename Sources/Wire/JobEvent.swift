/// One line of a job's story, written by the agent to the job's file and replayed to whoever follows.
/// Flat on purpose: a reader of another version still understands what it knows.
package struct JobEvent: Codable, Equatable, Sendable {
  package struct Name: RawRepresentable, Codable, Hashable, Sendable {
    package var rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    package static let stepStarted = Name(rawValue: "step_started")
    package static let stepProgress = Name(rawValue: "step_progress")
    package static let stepEnded = Name(rawValue: "step_ended")
    /// Something a person should read; `text` says it.
    package static let note = Name(rawValue: "note")
    /// The app is being stopped: the clock of downtime runs.
    package static let down = Name(rawValue: "down")
    /// A version runs and is proved again; `milliseconds` is the downtime.
    package static let up = Name(rawValue: "up")
    /// The job rests: staged and waiting, or ended. `result` says how.
    package static let rested = Name(rawValue: "rested")
    /// Nothing happened; sent so that silence means a broken connection; `step` is what is under way. Never
    /// stored.
    package static let heartbeat = Name(rawValue: "heartbeat")

    /// All that an agent of this version has to say.
    package static let known: Set<Name> = [
      .stepStarted, .stepProgress, .stepEnded, .note, .down, .up, .rested, .heartbeat,
    ]
  }

  /// Counts from 1 within a job.
  package var seq: Int
  /// The host's wall clock, for people only: milliseconds since 1970. A Pi may have it wrong.
  package var timeMilliseconds: Int64
  package var event: Name
  package var step: Step?
  package var ok: Bool?
  package var milliseconds: Int?
  /// Progress: so much of `total`, in the step's own unit (bytes, or databases). Where health is waited for, seconds:
  /// with `ok` false until the wait is given up, `text` saying what is not well; with `ok` true of the time that it
  /// has to hold.
  package var done: Int64?
  package var total: Int64?
  package var text: String?
  package var result: JobResult?

  package init(
    seq: Int = 0, timeMilliseconds: Int64 = 0, event: Name, step: Step? = nil, ok: Bool? = nil,
    milliseconds: Int? = nil, done: Int64? = nil, total: Int64? = nil, text: String? = nil,
    result: JobResult? = nil
  ) {
    self.seq = seq
    self.timeMilliseconds = timeMilliseconds
    self.event = event
    self.step = step
    self.ok = ok
    self.milliseconds = milliseconds
    self.done = done
    self.total = total
    self.text = text
    self.result = result
  }
}

package struct StepRecord: Codable, Equatable, Sendable {
  package var step: Step
  package var milliseconds: Int
  package var ok: Bool

  package init(step: Step, milliseconds: Int, ok: Bool) {
    self.step = step
    self.milliseconds = milliseconds
    self.ok = ok
  }
}

/// How a job rests. `outcome` is nil while it is staged and waits for the cutover.
package struct JobResult: Codable, Equatable, Sendable {
  package var job: String
  package var outcome: Outcome?
  package var from: String?
  package var target: String
  /// The version read back at the end, and whether it was proved to be well.
  package var now: String?
  package var healthy: Bool?
  package var downtimeMilliseconds: Int?
  package var rehearsalMilliseconds: Int?
  /// What the rehearsal says the downtime will be.
  package var forecastMilliseconds: Int?
  /// The name of the dated backup that the old tree became; nil where nothing was upgraded.
  package var backup: String?
  /// The first cause.
  package var reason: Cause?
  /// What went wrong in the undo, where it did.
  package var undoReason: Cause?
  /// Rows the new version had acknowledged when it was undone; discarded by design.
  package var rowsDiscarded: Int?
  /// What would be left behind in the old tree.
  package var leftBehind: [String]
  /// What somebody should know of the host before its first cutover; nil from an agent that did not look.
  package var warnings: [String]?
  /// What the app said of itself before the stop, and says again; nil where nothing was compared.
  package var parity: [ParityRecord]?
  package var steps: [StepRecord]
  package var logPath: String?

  package init(job: String, outcome: Outcome? = nil, from: String? = nil, target: String) {
    self.job = job
    self.outcome = outcome
    self.from = from
    self.target = target
    leftBehind = []
    steps = []
  }
}
