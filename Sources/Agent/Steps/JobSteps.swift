import Upgrade
import Effects
import Archive
import Files
import SystemPackage
import Wire

/// The tasks of ``Upgrade``, done for real on this host. Each step is an extension in a file of its
/// own; here is what they share.
final class JobSteps: StepPerformer {
  let folder: JobFolder
  let order: JobOrder
  let profile: AppProfile
  let bootID: String
  let events: JobEventLog
  let log: StepLog
  let runner: any CommandRunning
  let site: InstallSite
  let install: FilePath
  let work: WorkFolder
  /// Recovery at boot before the app: files only, services are systemd's.
  let isBootFiles: Bool
  private(set) var facts: JobFacts
  /// What the release's archive holds, from *extract* to the end of the stage.
  var manifest: ArchiveManifest?
  /// Whether the app is looked at once more as the job rests without having touched it: not by a recovery, which may
  /// come in the middle of a boot.
  var looksAtTheEnd = false
  /// The old tree as it was looked at before the stop.
  var oldTree: Directory?
  /// As they were found before the stop.
  var outsideDatabases: [FilePath] = []
  /// That no other install on this machine is in its cutover, while this lives.
  private var turn: FileLock?

  init(
    folder: JobFolder, bootID: String, events: JobEventLog, isBootFiles: Bool = false,
    runner: any CommandRunning = CommandRunner()
  ) throws(StepFailure) {
    self.folder = folder
    order = try folder.order()
    profile = order.profile
    self.bootID = bootID
    self.events = events
    self.runner = runner
    self.isBootFiles = isBootFiles
    facts = try folder.facts()
    site = try Self.site(of: profile, facts)
    install = FilePath(site.install)
    work = WorkFolder(site)
    do { log = try StepLog.open(folder.log) } catch { throw .because(.io, "\(error)") }
  }

  private static func site(of profile: AppProfile, _ facts: JobFacts) throws(StepFailure) -> InstallSite {
    if let known = facts.site { return known }
    return try facts.from == nil ? .find(profile) : .ofOlderFleet(profile)
  }

  var services: AppServices {
    AppServices(
      profile: profile, environment: environment(scratch: nil, old: nil), owner: ownerName,
      output: folder.path.appending("app-output"), runner: runner, log: log,
      // A fleet that noted none stopped none.
      knownTriggers: facts.triggers ?? (facts.stoppedMilliseconds == nil ? nil : []),
      wantedTriggers: facts.wantedTriggers)
  }

  /// As whom the app's own commands run, in words that `RunUser` understands.
  var ownerName: String { site.ownerName }

  var job: String { folder.id }
  var paths: AgentPaths { folder.paths }

  func perform(_ task: Upgrade.Task, cause: Cause?) throws(StepFailure) {
    switch task {
    case .check: try check()
    case .account: try account()
    case .receive: try receive()
    case .extract: try extract()
    case .prepare: try prepare()
    case .rehearse: try rehearse()
    case .complete: try complete()
    case .carryEarly: try carryEarly()
    case .wait: break
    case .ask: try ask()
    case .stop: try stop()
    case .carry: try carry()
    case .migrate: try migrate()
    case .seal: try seal()
    case .swap: try work.exchange(old: oldTree)
    case .restart: try restart()
    case .prove: try prove()
    case .confirm: try confirm()
    case .startNew: try startNew()
    case .commit: try commit()
    case .settle: try settle()
    case .halt: try halt()
    case .exchangeBack: try exchangeBack()
    case .restore: try restore()
    case .startOld: try startOld()
    case .proveOld: try proveOld()
    case .mark: try mark(cause)
    case .discard: try discard()
    }
    // Not everything in a stage can be ended half-way, the copy of a database for one.
    if task.step.isStage { try throwIfInterrupted() }
  }

  /// Changes a fact and puts it on the disk. What is not there does not hold here either: recovery would go by
  /// what is on the disk.
  func note(_ change: (inout JobFacts) -> Void) throws(StepFailure) {
    var changed = facts
    change(&changed)
    try Stored.write(changed, folder.factsFile)
    facts = changed
  }

  /// Changes a fact that is only told, never gone by: a full disk must not make an undo of a version that is
  /// well, nor a failure of an undo.
  func noteForTheReport(_ change: (inout JobFacts) -> Void) {
    change(&facts)
    do { try Stored.write(facts, folder.factsFile) } catch { say("not written down: \(error)") }
  }

  func say(_ text: String) {
    log.note(text)
    events.append(JobEvent(event: .note, text: visible(text)))
  }

  func progress(_ step: Step, _ done: Int64, of total: Int64) {
    events.append(JobEvent(event: .stepProgress, step: step, done: done, total: total))
  }

  var isShuttingDown: Bool { Termination.isWanted }

  /// Asked by everything that takes long and may be taken back: all of stage, and the guards.
  var interruption: Interruption? { interruptions() }

  /// The same as a value, for what runs beside us. Until the stop the disk is watched too: the old version needs
  /// room to run on.
  var interruptions: @Sendable () -> Interruption? {
    let isBeforeStop = facts.stoppedMilliseconds == nil
    let places = [install.removingLastComponent(), paths.state]
    let folder = folder
    return {
      if Termination.isWanted { return .shutdown }
      guard isBeforeStop else { return nil }
      if folder.isCancelled { return .cancelled }
      return places.contains { SpaceReserve.isUsedUp(at: $0) } ? .spaceUsedUp : nil
    }
  }

  func throwIfInterrupted() throws(StepFailure) {
    if let why = interruption { throw failure(why) }
  }

  func failure(_ why: Interruption) -> StepFailure {
    switch why {
    case .shutdown: .shutdown
    case .cancelled: .because(.cancelled, "it was called off (Ctrl-C, or fleet abort)")
    case .spaceUsedUp: SpaceReserve.usedUp(at: [install.removingLastComponent(), paths.state])
    }
  }

  // MARK: Commands

  /// The environment of a step. `old` is where it can read the old tree.
  func environment(scratch: ScratchSpace?, old: FilePath?) -> StepEnvironment {
    StepEnvironment(
      app: profile.app, from: facts.from, to: facts.target, install: profile.install,
      old: old?.string, rootCovers: site.covers(showing: nil), vars: profile.vars, scratch: scratch)
  }

  func run(
    _ run: Run, _ environment: StepEnvironment, code: Cause.Code, isolation: Isolation? = nil,
    covers: [Cover] = [], isMigration: Bool = false, background: Bool = false, mayBeTakenBack: Bool = true
  ) throws(StepFailure) -> CommandResult {
    let result: CommandResult
    do {
      var command = try StepCommand(run, environment: environment, owner: ownerName)
      command.isolation = isolation
      command.covers += covers
      command.extendsTimeout = isMigration
      command.background = background
      result = try runner.run(command, log: log) { [self] in
        mayBeTakenBack ? interruption : (Termination.isWanted ? .shutdown : nil)
      }
    } catch {
      throw .because(code, "\(error)")
    }
    switch result.end {
    case .interrupted(let why): throw failure(why)
    default: return result
    }
  }

  /// Runs a step that must end well.
  @discardableResult
  func require(
    _ step: Run, _ environment: StepEnvironment, code: Cause.Code, isolation: Isolation? = nil,
    covers: [Cover] = [], isMigration: Bool = false, background: Bool = false, mayBeTakenBack: Bool = true
  ) throws(StepFailure) -> CommandResult {
    let result = try run(
      step, environment, code: code, isolation: isolation, covers: covers, isMigration: isMigration,
      background: background, mayBeTakenBack: mayBeTakenBack)
    guard result.succeeded else {
      let words = visible(step.command.text, limit: 160)
      let said = result.reasonLine.map { ", said \"\(visible($0, limit: 160))\"" }
      throw .because(
        result.saysNotNow ? .notNow : code, "`\(words)`: \(result.summary)\(said ?? "")", tail: result.tail)
    }
    return result
  }

  /// Where steps that belong to the new version run: the staged tree stands at the install path.
  func confinement(
    _ scratch: ScratchSpace, network: Bool, mode: Isolation.TreeMode = .direct
  ) -> Isolation {
    Isolation(
      install: install.string, tree: work.tree.string, mode: mode, old: install.string,
      oldAt: scratch.old.string, work: work.path.string, scratch: scratch.path.string, network: network)
  }

  func scratch() throws(StepFailure) -> ScratchSpace {
    do {
      _ = try work.prepare()
      return try ScratchSpace.prepare(at: work.scratch, for: RunUser.named(ownerName))
    } catch {
      throw .from(error, .io)
    }
  }

  // MARK: One at a time

  /// Waits until no other install on this machine is in its cutover, as long as the order is in force, and takes the
  /// turn: apps of one machine may need each other, and people look after one at a time.
  func takeTurn(_ ordered: OrderedCutover) throws(StepFailure) {
    var isTold = false
    while true {
      do throws(FileError) {
        turn = try FileLock.take(
          paths.turn, owner: paths.app, waitMilliseconds: JobLimits.turnPollMilliseconds,
          isShared: ordered.together ?? false)
        return
      } catch {
        guard error.errno == .wouldBlock else { throw .io(error) }
        try throwIfInterrupted()
        try requireInForce(ordered, waitingFor: error.detail)
        if !isTold { say("waits for another cutover on this machine: \(error.detail ?? "")") }
        isTold = true
      }
    }
  }

  /// A recovery waits for nobody, and nobody begins while it goes on.
  func takeTurnIfFree() {
    turn = try? FileLock.take(paths.turn, owner: paths.app, isShared: true)
  }

  // MARK: The end

  func rest(_ outcome: Outcome?, cause: Cause?, undoCause: Cause?) -> JobResult {
    let outcome = outcome == .upgraded ? order.success : outcome
    if looksAtTheEnd { lookAtTheUntouched(outcome) }
    var result = JobResult(
      job: job, outcome: outcome, from: facts.from, target: facts.target ?? "")
    result.now = facts.now
    result.healthy = facts.healthy
    result.downtimeMilliseconds = facts.downtimeMilliseconds
    result.rehearsalMilliseconds = facts.rehearsalMilliseconds
    result.forecastMilliseconds = facts.forecastMilliseconds
    result.backup = outcome?.isCommitted == true ? facts.backupName : nil
    result.reason = cause
    result.undoReason = undoCause
    result.rowsDiscarded = facts.rowsDiscarded
    result.leftBehind = facts.leftBehind
    result.warnings = facts.warnings
    // Of what was undone nothing is back: another version runs.
    result.parity = outcome == .upgraded ? facts.isBack : nil
    result.steps = StepStory.records(of: JobEventLog.readAll(folder.events).0)
    result.logPath = folder.log.string
    if outcome == .refused, let cause, cause.code == .prepare || cause.code == .rehearsal,
      case .upgrade(let order) = order
    {
      try? Marks(paths).remember(
        Refusal(tag: order.release.tag, sha256: order.release.sha256, reason: cause))
    }
    return result
  }
}

extension JobSteps {
  /// A job that rests before it has stopped anything says how the app is all the same: why it rests may be something
  /// else, and nobody shall be calm for that.
  private func lookAtTheUntouched(_ outcome: Outcome?) {
    guard facts.stoppedMilliseconds == nil, !isShuttingDown else { return }
    let isWell = outcome == nil ? facts.wasHealthy : problemNow() == nil
    let version = try? Install.version(profile.version, in: install)
    noteForTheReport {
      $0.healthy = isWell
      $0.now = version
    }
  }
}
