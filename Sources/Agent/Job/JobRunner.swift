import Upgrade
import Files
import SystemPackage
import Wire

/// Does what ``Upgrade`` says must be done: `JobSteps`.
protocol StepPerformer: AnyObject {
  var facts: JobFacts { get }
  /// - Parameter cause: the first cause, for the mark.
  func perform(_ task: Upgrade.Task, cause: Cause?) throws(StepFailure)
  /// What can be said of the job now that it rests.
  func rest(_ outcome: Outcome?, cause: Cause?, undoCause: Cause?) -> JobResult
  /// Whether the machine goes down, or this process was told to end.
  var isShuttingDown: Bool { get }
}

/// The thin loop around ``Upgrade``: records states, performs tasks, tells the story.
final class JobRunner {
  private var journal: Journal
  private let job: String
  private let bootID: String
  private let events: JobEventLog
  private let performer: any StepPerformer

  init(
    journal: Journal, job: String, bootID: String, events: JobEventLog, performer: any StepPerformer
  ) {
    self.journal = journal
    self.job = job
    self.bootID = bootID
    self.events = events
    self.performer = performer
  }

  /// Runs until the machine rests.
  ///
  /// - Parameter pause: ends the run before this task, the journal staying as it is: at boot, files
  ///   are put right before the app starts, and the rest is done after it.
  func run(_ start: Upgrade, pauseBefore pause: Set<Upgrade.Task> = []) -> Outcome? {
    var upgrade = start
    var action = upgrade.start()
    while true {
      let event: Upgrade.Event
      switch action {
      case .record(let state):
        event = record(state, of: upgrade)
      case .perform(let task):
        if pause.contains(task) { return nil }
        event = perform(task, cause: upgrade.firstCause)
      case .rest(let outcome):
        let result = performer.rest(
          outcome, cause: upgrade.firstCause, undoCause: upgrade.undoCause)
        events.append(JobEvent(event: .rested, result: result))
        return outcome
      }
      action = upgrade.handle(event)
    }
  }

  private func record(_ state: Upgrade.State, of upgrade: Upgrade) -> Upgrade.Event {
    if performer.isShuttingDown, state != .idle { return .shutdown }
    do {
      let isOver = state == .idle
      let openJob = isOver ? nil : job
      let last = journal.current
      try journal.record(
        state, job: openJob, cause: upgrade.firstCause, bootID: bootID,
        ended: isOver
          ? JobEnd(
            job: job, outcome: upgrade.outcome, undoCause: upgrade.undoCause, leavesDown: leavesDown(upgrade))
          : nil,
        isDurable: Upgrade.mustLast(state, after: last.state) || last.job != openJob
          || last.cause != upgrade.firstCause)
      return .done
    } catch {
      return .failed(Cause(code: .io, step: .check, text: "\(error)"))
    }
  }

  /// Where nothing ran before, nothing was stopped, and there is nothing that was proved to run again.
  private func leavesDown(_ upgrade: Upgrade) -> Bool? {
    guard upgrade.leavesDown == false, upgrade.outcome?.isCommitted != true, performer.facts.running.isEmpty
    else { return upgrade.leavesDown }
    return nil
  }

  private func perform(_ task: Upgrade.Task, cause: Cause?) -> Upgrade.Event {
    let step = task.step
    let began = BootClock.milliseconds()
    events.append(JobEvent(event: .stepStarted, step: step, text: task.words))
    let failure: StepFailure?
    do {
      try performer.perform(task, cause: cause)
      failure = performer.isShuttingDown && !task.endsInDowntime ? .shutdown : nil
    } catch {
      failure = error
    }
    let spent = Int(BootClock.milliseconds() - began)
    switch failure {
    case nil:
      events.append(JobEvent(event: .stepEnded, step: step, ok: true, milliseconds: spent))
      return .done
    case .shutdown:
      events.append(
        JobEvent(
          event: .stepEnded, step: step, ok: false, milliseconds: spent,
          text: "the machine is shutting down"))
      return .shutdown
    case .failed(let cause):
      events.append(
        JobEvent(
          event: .stepEnded, step: step, ok: false, milliseconds: spent, text: cause.text))
      return .failed(cause.at(step))
    }
  }
}

extension Upgrade.Task {
  /// The step that people see.
  var step: Step {
    switch self {
    case .check: .check
    case .account: .account
    case .receive: .receive
    case .extract: .extract
    case .prepare: .prepare
    case .rehearse: .rehearse
    case .complete: .complete
    case .carryEarly, .wait: .carryEarly
    case .ask: .ask
    case .stop: .stop
    case .carry: .carry
    case .migrate: .migrate
    case .seal, .swap: .swap
    case .restart, .startNew: .restart
    case .prove: .prove
    case .confirm: .confirm
    case .commit: .commit
    case .settle: .settle
    case .halt, .exchangeBack, .restore, .startOld, .proveOld, .mark, .discard: .undo
    }
  }

  /// More than the step's name says, for the story.
  var words: String? {
    switch self {
    case .startNew: "starting the new version again"
    case .confirm: "waiting for the coordinator to come back in"
    case .seal: "writing the new tree to the disk"
    case .halt: "stopping what runs"
    case .exchangeBack: "putting the old tree back"
    case .restore: "putting unit files and outside paths back"
    case .startOld: "starting the old version"
    case .proveOld: "proving the old version"
    case .mark: "marking the host"
    case .discard: "removing the staged tree"
    default: nil
    }
  }

  /// After these the next action is the last word, which a shutdown need not stop.
  var endsInDowntime: Bool {
    switch self {
    case .commit, .settle, .mark, .discard: true
    default: false
    }
  }
}
