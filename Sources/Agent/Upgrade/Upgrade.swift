package import Wire

/// The upgrade of one app on one host, as a table. Pure: no clock, no I/O. It is told what happened
/// and says what to do next; `JobRunner` does it. Read the two tables below first: they are the
/// design's "way of an upgrade", and every promise about power cuts hangs on their order.
///
/// A state is recorded in the journal *before* the task beside it acts, so whoever reads the
/// journal after a crash knows only that the task may have begun. The undo therefore judges by
/// what exists on the disk, never by what must have happened, and each of its tasks can be done
/// twice.
package struct Upgrade: Sendable {
  package typealias State = JobState

  /// Something to do. The first two groups are the steps that people see.
  package enum Task: String, CaseIterable, Sendable {
    case check, account, receive, extract, prepare, rehearse, complete, carryEarly
    case ask, stop, carry, migrate, swap, restart, prove, confirm, commit, settle
    /// Stage is over: rest, and wait for the order.
    case wait
    /// The staged tree goes to the disk, and nobody may hold the old one.
    case seal
    /// After a boot in the middle of the wait to be confirmed: see that the new version runs.
    case startNew
    /// The undo: stop whatever runs, put the old tree back, put unit files and outside paths
    /// back, start the old version, prove it, throw the staged tree away, leave the mark.
    case halt, exchangeBack, restore, startOld, proveOld, discard, mark
  }

  package enum Event: Sendable {
    /// The action that was asked for is done.
    case done
    case failed(Cause)
    /// The machine goes down: act no more, recovery will end it.
    case shutdown
  }

  package enum Action: Equatable, Sendable {
    case record(State)
    case perform(Task)
    /// The process may end. nil: staged, waiting for the cutover.
    case rest(Outcome?)
  }

  /// What a failed task leads to.
  enum OnFailure: Equatable, Sendable {
    /// Nothing was disturbed: throw the stage away, the old version runs on.
    case refuse
    /// The old version runs on, and the stage stays good; unless room has run out, or the order was taken back: then
    /// it goes.
    case postpone
    /// Undo.
    case undo
    /// Note it and go on: there is no better way.
    case pressOn
    /// Stop here; the journal keeps the state, and recovery tries again.
    case stuck
  }

  package struct Row: Equatable, Sendable {
    /// Recorded before `task` acts; nil: the state stays.
    let state: State?
    let task: Task
    let onFailure: OnFailure

    init(_ state: State?, _ task: Task, _ onFailure: OnFailure) {
      self.state = state
      self.task = task
      self.onFailure = onFailure
    }
  }

  // MARK: The tables

  static let forward: [Row] = [
    // Stage. The old version runs on.
    Row(.begin, .check, .refuse),
    Row(nil, .account, .refuse),
    Row(nil, .receive, .refuse),
    Row(nil, .extract, .refuse),
    Row(nil, .prepare, .refuse),
    Row(nil, .rehearse, .refuse),
    Row(nil, .complete, .refuse),
    Row(nil, .carryEarly, .refuse),
    Row(.staged, .wait, .refuse),
    // Cutover. The only downtime: from `stop` to the proof.
    Row(nil, .ask, .postpone),
    Row(.stopping, .stop, .undo),
    Row(.stopped, .carry, .undo),
    Row(nil, .migrate, .undo),
    Row(nil, .seal, .undo),
    Row(.swapping, .swap, .undo),
    Row(.swapped, .restart, .undo),
    Row(nil, .prove, .undo),
    // Only where the coordinator has to come back in.
    Row(.proved, .confirm, .undo),
    Row(nil, .commit, .undo),
    // From here on the new version stays, whatever happens.
    Row(.committed, .settle, .stuck),
  ]

  /// A power cut in the middle of the wait: the new version starts, proves itself again, and waits again.
  static let again: [Row] =
    [Row(nil, .startNew, .undo), Row(nil, .prove, .undo)] + rows(forward, from: .confirm)

  static let backward: [Row] = [
    Row(.rollingBack, .halt, .pressOn),
    Row(nil, .exchangeBack, .stuck),
    Row(nil, .restore, .pressOn),
    Row(.rolledBack, .startOld, .pressOn),
    Row(nil, .proveOld, .pressOn),
    // First what takes room: on a full disk that is the room for the mark.
    Row(nil, .discard, .pressOn),
    // Without the mark the host would be offered the release again: recovery does it once more.
    Row(nil, .mark, .stuck),
  ]

  /// Where nothing was stopped there is nothing to put back, nor to mark.
  static let throwAway: [Row] = [Row(nil, .discard, .pressOn)]

  /// What recovery does with a journal that was found in `state`.
  ///
  /// - Parameter waitsAgain: whether a version that waited to be confirmed may wait once more.
  package static func recovery(of state: State, waitsAgain: Bool = false) -> ArraySlice<Row> {
    switch state {
    case .idle, .staged: []
    case .begin: throwAway[...]
    case .proved where waitsAgain: again[...]
    case .stopping, .stopped, .swapping, .swapped, .proved, .rollingBack: backward[...]
    case .rolledBack: rows(backward, from: .startOld)
    case .committed: rows(forward, from: .settle)
    }
  }

  /// Whether `state` has to be on the disk before anything is done in it: recovery from it is another one than from
  /// the state before it. Else a power cut that takes the record takes nothing.
  package static func mustLast(_ state: State, after last: State) -> Bool {
    recovery(of: state) != recovery(of: last)
      || recovery(of: state, waitsAgain: true) != recovery(of: last, waitsAgain: true)
  }

  /// Whether the old version may have been stopped by a job that was left in `state`.
  package static func mayHaveStopped(_ state: State) -> Bool {
    recovery(of: state).contains { $0.task != .discard }
  }

  // MARK: The machine

  /// The state last recorded.
  package private(set) var state: State
  /// The first cause of the trouble; a later one never hides it. nil after a shutdown or a power
  /// cut, which is no failure of the release and leaves no mark.
  package private(set) var firstCause: Cause?
  /// What went wrong in the undo, or while settling.
  package private(set) var undoCause: Cause?

  /// What is still to do, the next row first.
  private var rows: ArraySlice<Row>
  private var pending: Pending?
  /// The old version was proved after it was put back.
  private var oldIsProved = false
  /// How the job ends; decided before `idle` is recorded, since that forgets where it came from.
  package private(set) var outcome: Outcome?

  private enum Pending: Sendable {
    case recording(State)
    case performing(Row)
  }

  /// A new job.
  package static func stage() -> Upgrade {
    Upgrade(state: .idle, rows: forward[...], firstCause: nil)
  }

  /// The cutover of a job that is staged.
  ///
  /// - Parameter confirmed: whether the new version has to be confirmed before it stays.
  package static func cutover(confirmed: Bool = false) -> Upgrade {
    let rows = rows(forward, from: .ask).filter { confirmed || $0.task != .confirm }
    return Upgrade(state: .staged, rows: rows[...], firstCause: nil)
  }

  /// A staged job whose order was taken back: its stage is thrown away.
  package static func abandon() -> Upgrade {
    Upgrade(
      state: .staged, rows: throwAway[...],
      firstCause: Cause(code: .cancelled, step: .ask, text: "what was staged was given up"))
  }

  /// A job that was found open.
  ///
  /// - Parameter cause: why, as the journal or the crash tells it; nil when only power or a shutdown
  ///   came in between.
  /// - Parameter waitsAgain: see ``recovery(of:waitsAgain:)``; never after a failure.
  /// - Parameter undoCause: what went wrong in the undo before, and is not mended by what is done now.
  package static func recover(
    from state: State, cause: Cause?, waitsAgain: Bool = false, undoCause: Cause? = nil
  ) -> Upgrade {
    var upgrade = Upgrade(
      state: state, rows: recovery(of: state, waitsAgain: waitsAgain && cause == nil), firstCause: cause)
    upgrade.undoCause = undoCause
    return upgrade
  }

  private init(state: State, rows: ArraySlice<Row>, firstCause: Cause?) {
    self.state = state
    self.rows = rows
    self.firstCause = firstCause
  }

  private static func rows(_ table: [Row], from task: Task) -> ArraySlice<Row> {
    table.drop { $0.task != task }
  }

  /// The first action.
  package mutating func start() -> Action { next() }

  /// What to do now that the last action came to `event`.
  package mutating func handle(_ event: Event) -> Action {
    defer { if case .shutdown = event { pending = nil } }
    switch (event, pending) {
    case (.shutdown, _):
      return .rest(.interrupted)
    case (.done, .recording(let recorded)):
      state = recorded
      return recorded == .idle ? .rest(outcome) : perform()
    case (.done, .performing(let row)):
      if row.task == .proveOld { oldIsProved = true }
      return next()
    case (.done, nil):
      return next()
    case (.failed(let reason), .recording(.idle)):
      // Everything is done but the last word; recovery will find nothing left to do.
      undoCause = undoCause ?? reason
      return .rest(outcome)
    case (.failed(let reason), _):
      return fail(reason)
    }
  }

  private mutating func next() -> Action {
    guard let row = rows.first else { return end() }
    if let wanted = row.state, wanted != state {
      pending = .recording(wanted)
      return .record(wanted)
    }
    return perform()
  }

  private mutating func perform() -> Action {
    guard let row = rows.popFirst() else { return end() }
    pending = .performing(row)
    switch row.task {
    case .wait: return .rest(nil)
    case .mark where firstCause == nil: return next()
    default: return .perform(row.task)
    }
  }

  private mutating func fail(_ reason: Cause) -> Action {
    let row: Row?
    if case .performing(let performing) = pending { row = performing } else { row = rows.first }
    guard let row else { return .rest(.failed) }
    var onFailure = row.onFailure
    // Nothing is committed until the journal says so.
    if case .recording(.committed) = pending { onFailure = .undo }
    if row.task == .exchangeBack {
      // What keeps the old tree away is told before what the undo could go on without.
      undoCause = reason
    } else if Self.backward.contains(where: { $0.task == row.task }) || onFailure == .stuck {
      undoCause = undoCause ?? reason
    } else {
      firstCause = firstCause ?? reason
    }
    switch onFailure {
    case .refuse:
      rows = Self.throwAway[...]
      return next()
    case .undo where state == .staged:
      // `stopping` could not even be recorded: the old version has not been touched.
      rows = Self.throwAway[...]
      return next()
    case .postpone where [.space, .cancelled].contains(reason.code):
      // The app needs the room that the stage takes, or nobody wants it any more.
      rows = Self.throwAway[...]
      return next()
    case .postpone:
      return .rest(.deferred)
    case .undo:
      rows = Self.backward[...]
      return next()
    case .pressOn:
      if case .recording = pending { return perform() }
      return next()
    case .stuck:
      return .rest(ending)
    }
  }

  private mutating func end() -> Action {
    guard firstCause != nil || (state != .idle && state != .staged) else { return .rest(nil) }
    outcome = ending
    pending = .recording(.idle)
    return .record(.idle)
  }

  /// Whether the old version is down, or unproved, where this is its end: what kept it down a person may have mended
  /// since, and a recovery that they ask for starts and proves it, from ``State/rolledBack``. nil: nothing was stopped,
  /// and all is as it was before.
  package var leavesDown: Bool? {
    switch state {
    case .committed: false
    case .idle, .begin, .staged: nil
    case .stopping, .stopped, .swapping, .swapped, .proved, .rollingBack, .rolledBack: !oldIsProved
    }
  }

  private var ending: Outcome {
    switch state {
    case .committed: return .upgraded
    case .idle, .begin, .staged:
      guard let firstCause else { return .interrupted }
      return firstCause.code.isNotNow ? .deferred : .refused
    case .stopping, .stopped, .swapping, .swapped, .proved, .rollingBack, .rolledBack:
      guard oldIsProved else { return .failed }
      return firstCause == nil ? .interrupted : .rolledBack
    }
  }
}

extension Cause.Code {
  /// Try again later; nothing is wrong.
  var isNotNow: Bool {
    switch self {
    case .notNow, .guardSaidNo, .cancelled, .orderExpired, .stageExpired: true
    default: false
    }
  }
}
