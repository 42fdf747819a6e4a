/// One line of a job's story, written by the agent to the job's file and replayed to whoever follows.
/// Flat on purpose: a reader of another version still understands what it knows.
public struct JobEvent: Codable, Equatable, Sendable {
  public struct Name: RawRepresentable, Codable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let stepStarted = Name(rawValue: "step_started")
    public static let stepProgress = Name(rawValue: "step_progress")
    public static let stepEnded = Name(rawValue: "step_ended")
    /// Something a person should read; `text` says it.
    public static let note = Name(rawValue: "note")
    /// The app is being stopped: the clock of downtime runs.
    public static let down = Name(rawValue: "down")
    /// A version runs and is proved again; `milliseconds` is the downtime.
    public static let up = Name(rawValue: "up")
    /// The job rests: staged and waiting, or ended. `result` says how.
    public static let rested = Name(rawValue: "rested")
    /// Nothing happened; sent so that silence means a broken connection; `step` is what is under way. Never
    /// stored.
    public static let heartbeat = Name(rawValue: "heartbeat")

    /// All that an agent of this version has to say.
    public static let known: Set<Name> = [
      .stepStarted, .stepProgress, .stepEnded, .note, .down, .up, .rested, .heartbeat,
    ]
  }

  /// Counts from 1 within a job.
  public var seq: Int
  /// The host's wall clock, for people only: milliseconds since 1970. A Pi may have it wrong.
  public var timeMilliseconds: Int64
  public var event: Name
  public var step: Step?
  public var ok: Bool?
  public var milliseconds: Int?
  /// Progress: so much of `total`, in the step's own unit (bytes, or databases). Where health is waited for, seconds:
  /// with `ok` false until the wait is given up, `text` saying what is not well; with `ok` true of the time that it
  /// has to hold.
  public var done: Int64?
  public var total: Int64?
  public var text: String?
  public var result: JobResult?

  public init(
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

/// Why a step did not succeed.
public struct Reason: Codable, Equatable, Sendable {
  public enum Code: String, Codable, Sendable {
    /// Marked after an earlier failure: `fleet clear`.
    case marked
    /// Held back after a rollback by hand.
    case held
    /// Refused before for this very release: `--retry`.
    case refusedBefore = "refused_before"
    /// Another coordinator or job has the host.
    case claimed
    case install
    case space
    case unhealthy
    /// Files of the user would be left behind: carry, ignore or `--leave`.
    case leftBehind = "left_behind"
    /// The same of what the app lives on, which cannot be meant.
    case dataLeftBehind = "data_left_behind"
    case artifact
    case packages
    case prepare
    case rehearsal
    case budget
    case guardSaidNo = "guard"
    case notNow = "not_now"
    case orderExpired = "order_expired"
    case cancelled
    case stageExpired = "stage_expired"
    case stop
    case holders
    case carry
    case migrate
    case swap
    case restart
    case prove
    /// Well, but the coordinator did not come back in to confirm (`undo_unless_reachable`).
    case unconfirmed
    case undo
    case shutdown
    case io
    case crashed
    /// A fault of fleet's own.
    case fault
  }
  public var code: Code
  public var step: Step
  /// A sentence for people; already bounded and visible.
  public var text: String
  /// The last lines of the step's output.
  public var logTail: [String]

  public init(code: Code, step: Step, text: String, logTail: [String] = []) {
    self.code = code
    self.step = step
    self.text = visible(text)
    self.logTail = logTail.suffix(WireLimits.logTailLines).map { visible($0, limit: 400) }
  }
}

public struct StepRecord: Codable, Equatable, Sendable {
  public var step: Step
  public var milliseconds: Int
  public var ok: Bool

  public init(step: Step, milliseconds: Int, ok: Bool) {
    self.step = step
    self.milliseconds = milliseconds
    self.ok = ok
  }
}

/// How a job rests. `outcome` is nil while it is staged and waits for the cutover.
public struct JobResult: Codable, Equatable, Sendable {
  public var job: String
  public var outcome: Outcome?
  public var from: String?
  public var target: String
  /// The version read back at the end, and whether it was proved to be well.
  public var now: String?
  public var healthy: Bool?
  public var downtimeMilliseconds: Int?
  public var rehearsalMilliseconds: Int?
  /// What the rehearsal says the downtime will be.
  public var forecastMilliseconds: Int?
  /// The name of the dated backup that the old tree became; nil where nothing was upgraded.
  public var backup: String?
  /// The first cause.
  public var reason: Reason?
  /// What went wrong on the way back, where it did.
  public var undoReason: Reason?
  /// Rows the new version had acknowledged when it was undone; discarded by design.
  public var rowsDiscarded: Int?
  /// What would be left behind in the old tree.
  public var leftBehind: [String]
  /// What somebody should know of the host before its first cutover; nil from an agent that did not look.
  public var warnings: [String]?
  public var steps: [StepRecord]
  public var logPath: String?

  public init(job: String, outcome: Outcome? = nil, from: String? = nil, target: String) {
    self.job = job
    self.outcome = outcome
    self.from = from
    self.target = target
    leftBehind = []
    steps = []
  }
}
