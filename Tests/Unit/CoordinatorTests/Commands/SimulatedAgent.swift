import CoordinatorSupport
import Synchronization
import SystemPackage
@testable import Wire

@testable import Inventory
@testable import Hosts
@testable import Coordinator

/// An agent that speaks the wire's words and keeps a journal, without a host.
final class SimulatedAgent: Sendable {
  struct Conduct: Sendable {
    /// What the stage ends with; nil: staged.
    var stage: (Outcome, Cause)?
    var cutover = Outcome.upgraded
    /// How a rollback ends.
    var rollback = Outcome.restored
    var reason: Cause?
    /// The connection breaks in the cutover, after the app is down.
    var breaksInCutover = false
    /// The connection breaks while it stages.
    var breaksInStage = false
    /// So many connections fail after a break.
    var failedConnections = 0
    /// So many logins are refused while its rollback is followed.
    var deniedRollbackFollows = 0
    /// What it answers to a delta.
    var delta = Reply.ok
    var breaksInDelta = false
    /// The delta is not what it was any more when it is to be sent.
    var lacksDelta = false
    /// Why it takes no file.
    var refusesUpload: Cause?
    /// Its machine goes down while the new version is looked at, and says so; then it goes on.
    var goesDownInProve = false
    var goesDownOnTheWayBack = false
    /// It is not heard of any more after a break.
    var diesInCutover = false
    /// The order to cut over is lost with its connection.
    var losesOrder = false
    var connectError: HostError?
    var carrier: String?
    var claimedBy: Claim?
    /// What is wrong with its app when it is asked after its cutover, or before it, too.
    var unwell: Cause?
    var isUnwellBefore = false
    /// What it answers instead of being replaced.
    var keepsAgent: Reply?
    /// Its new version waits to be confirmed over a connection made after that; the first confirmations fail.
    var waitsForConfirmation = false
    var failedConfirmations = 0
    /// Cutovers wait until this is opened.
    var gate: Gate?
    /// What it reports instead of how its stage, or its cutover, ended.
    var liesAboutStage: (@Sendable (inout JobResult) -> Void)?
    var lies: (@Sendable (inout JobResult) -> Void)?
    /// What it says beside the story of its jobs.
    var alsoSays: [JobEvent] = []
    /// It says for ever that its stage, or its cutover, goes on.
    var neverEndsStage = false
    var neverEndsCutover = false
    /// Why it takes no order to roll back, or to cut over to what is staged.
    var refusesRollback: Cause?
    var refusesCutover: Cause?
    /// What would stay behind, each until a pattern of the profile names it.
    var left: [(String, FileGroup)] = []
    /// What it answers instead.
    var refusesAccount: Reply?
    /// What is to be known before it goes, and what it answers instead.
    var forewarns: [String] = []
    var refusesForewarn: Reply?
    /// So many answers to a claim are lost; the claim is there.
    var lostClaimAnswers = 0
    /// It says afterwards that it has what it had before.
    var forgetsUpgrades = false
    /// It is slow to give a claim back.
    var unclaimTakes: Duration?
    var architecture = "aarch64"
  }

  struct State {
    var conduct = Conduct()
    var agentVersion = "0.1.0"
    var version: String?
    var status = HostStatus(app: "growroom", state: .idle)
    var place: InstallPlace?
    var jobs: [String: Job] = [:]
    var executions = 0
    var stages = 0
    /// Of its last job.
    var log = ["one", "two\u{1B}"]
    var isGone = false
    var hasBroken = false
    var claims: [String] = []
    var unclaims: [String] = []
    var cancelled: [String] = []
    var uploads: [FilePath] = []
    var connections = 0
    /// The numbers of the connections that confirmed.
    var confirmations: [Int] = []
    var followedBy = 0
    var cutovers: [CutoverOrder] = []
    var orders: [StageOrder] = []
    var accounts: [AccountOrder] = []
    var deltas: [DeltaOrder] = []
    var backups = [
      Backup(
        name: "old", version: "4.0.26", tag: nil, timeMilliseconds: 1_795_000_000_000, bytes: 9_000_000),
      Backup(
        name: "new", version: "4.1.0", tag: nil, timeMilliseconds: 1_795_300_000_000, bytes: 1_000_000),
    ]
  }

  struct Job {
    var events: [JobEvent] = []
    var result: JobResult?
    var isOrdered = false
    var isRollback = false
  }

  let name: String
  let state: Mutex<State>

  init(_ name: String, version: String?) {
    self.name = name
    state = Mutex(State(version: version))
  }

  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
  func read<T: Sendable>(_ body: (borrowing State) -> T) -> T { state.withLock { body($0) } }

  // MARK: Jobs

  func stage(_ order: StageOrder) -> Reply {
    state.withLock { state in
      state.orders.append(order)
      if let job = state.jobs[order.job], job.result?.outcome == nil, job.result != nil { return .ok }
      state.stages += 1
      var job = Job()
      func add(_ event: JobEvent) {
        var event = event
        event.seq = job.events.count + 1
        job.events.append(event)
      }
      if let refusal = state.remembered(order) {
        var result = JobResult(
          job: order.job, outcome: .refused, from: state.version, target: order.release.version)
        (result.reason, result.now, result.healthy) = (refusal, state.version, true)
        add(JobEvent(event: .rested, result: result))
        job.result = result
        state.jobs[order.job] = job
        return .ok
      }
      for step in [Step.check, .receive, .extract] {
        add(JobEvent(event: .stepStarted, step: step))
        add(JobEvent(event: .stepEnded, step: step, ok: true, milliseconds: 100))
      }
      let isUnwell = state.conduct.isUnwellBefore && !order.repair
      let rest = isUnwell ? state.conduct.unwell.map { (Outcome.refused, $0) } : state.conduct.stage
      var result = JobResult(
        job: order.job, outcome: rest?.0, from: state.version, target: order.release.version)
      result.reason = rest?.1
      result.now = state.version
      result.healthy = result.reason?.code != .unhealthy
      state.conduct.liesAboutStage?(&result)
      add(JobEvent(event: .rested, result: result))
      job.result = result
      state.jobs[order.job] = job
      if state.status.last?.outcome != nil { state.status.ended = state.status.last }
      state.status.last = result
      state.status.openJob = result.outcome == nil ? order.job : nil
      state.status.state = result.outcome == nil ? "staged" : "idle"
      return .ok
    }
  }

  func cutover(_ order: CutoverOrder) -> Reply {
    state.withLock { state in
      state.cutovers.append(order)
      if let refusal = state.conduct.refusesCutover { return .refused(refusal) }
      guard var job = state.jobs[order.job] else {
        return .refused(Cause(code: .stageExpired, step: .ask, text: "\(order.job) is not staged"))
      }
      guard !job.isOrdered else { return .ok }
      // As the real one: who ordered has heard how the stage rested.
      if let seen = order.seen, seen < job.events.count {
        return .refused(
          Cause(code: .orderExpired, step: .ask, text: "\(order.job) has gone on since \(seen)"))
      }
      job.isOrdered = true
      state.executions += 1
      func add(_ event: JobEvent) {
        var event = event
        event.seq = job.events.count + 1
        job.events.append(event)
      }
      let isRollback = order.job.hasSuffix(".back")
      let outcome = isRollback ? .restored : job.isRollback ? state.conduct.rollback : state.conduct.cutover
      var target = state.orders.last?.release ?? SampleRecord.release
      if job.isRollback, let back = job.result?.target { (target.version, target.tag) = (back, "v\(back)") }
      var result = JobResult(
        job: order.job, outcome: outcome, from: state.version, target: target.version)
      if outcome != .deferred {
        add(JobEvent(event: .down, step: .stop))
        add(JobEvent(event: .stepEnded, step: .migrate, ok: true, milliseconds: 1_500))
        result.downtimeMilliseconds = 2_140
      }
      if outcome == .restored, !isRollback { state.status.heldTag = state.status.installedTag }
      if outcome == .upgraded { state.status.upgradeDowntimeMilliseconds = 2_140 }
      if outcome.isCommitted {
        result.backup = "App-backup-\(state.version ?? "")"
        state.version = target.version
        state.status.installedVersion = target.version
        state.status.installedTag = target.tag
      }
      defer {
        if state.conduct.forgetsUpgrades {
          state.version = result.from
          state.status.installedVersion = result.from
          state.status.installedTag = nil
        }
      }
      if [.rolledBack, .failed].contains(outcome), let reason = state.conduct.reason {
        state.status.mark = Mark(
          job: order.job, tag: target.tag, reason: reason, timeMilliseconds: 0, logPath: "/log",
          sha256: job.isRollback ? nil : target.sha256)
      }
      result.reason = state.conduct.reason
      result.now = state.version
      result.healthy = outcome != .failed
      result.steps = [StepRecord(step: .migrate, milliseconds: 1_500, ok: true)]
      state.conduct.lies?(&result)
      if outcome != .failed, outcome != .deferred { add(JobEvent(event: .up, milliseconds: 2_140)) }
      add(JobEvent(event: .rested, result: result))
      job.result = result
      state.jobs[order.job] = job
      state.status.last = result
      state.status.ended = nil
      state.status.openJob = nil
      state.status.state = "idle"
      return .ok
    }
  }

  func claim(_ claim: Claim) -> Reply {
    state.withLock { state in
      if let other = state.conduct.claimedBy { return .claimed(other) }
      if let held = state.status.claim,
        (held.rollout, held.who, held.inventory, held.host)
          != (claim.rollout, claim.who, claim.inventory, claim.host)
      {
        return .claimed(held)
      }
      state.claims.append(claim.rollout)
      state.status.claim = claim
      return .ok
    }
  }

  func cancel(_ job: String) -> Reply {
    state.withLock { state in
      state.cancelled.append(job)
      guard state.status.openJob == job, state.status.state == "staged", var found = state.jobs[job] else {
        return .ok
      }
      var result = found.result ?? JobResult(job: job, target: "")
      result.outcome = .deferred
      result.reason = Cause(code: .cancelled, step: .ask, text: "what was staged was given up")
      found.events.append(JobEvent(seq: found.events.count + 1, event: .rested, result: result))
      found.result = result
      state.jobs[job] = found
      state.status.last = result
      (state.status.openJob, state.status.state) = (nil, "idle")
      return .ok
    }
  }

  /// As the real one: a mark becomes a refusal; without one all that is remembered goes.
  func clear() -> Reply {
    state.withLock { state in
      if let mark = state.status.mark {
        if let sha256 = mark.sha256 {
          state.status.refusals.append(Refusal(tag: mark.tag, sha256: sha256, reason: mark.reason))
        }
        state.status.mark = nil
      } else {
        (state.status.refusals, state.status.heldTag) = ([], nil)
      }
      return .ok
    }
  }
}

extension SimulatedAgent.State {
  /// Why the release is not staged, as it was there before.
  func remembered(_ order: StageOrder) -> Cause? {
    if let mark = status.mark {
      return Cause(code: .marked, step: .check, text: "this host was marked when \(mark.tag) failed")
    }
    guard !order.retry, let refusal = status.refusals.first(where: { $0.sha256 == order.release.sha256 })
    else { return nil }
    return Cause(code: .refusedBefore, step: .check, text: "\(refusal.tag) failed here before")
  }
}

/// Opened once, from outside.
final class Gate: Sendable {
  private let isOpen = Mutex(false)

  func open() { isOpen.withLock { $0 = true } }

  func pass() async {
    while !isOpen.withLock({ $0 }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
  }
}
