import CoordinatorSupport
import Release
import Synchronization
import SystemPackage
@testable import Wire

@testable import Inventory
@testable import Catalogue
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
    /// So many answers to a claim are lost; the claim is there.
    var lostClaimAnswers = 0
    /// It is slow to give a claim back.
    var unclaimTakes: Duration?
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
        return .refused(Cause(code: .orderExpired, step: .ask, text: "\(order.job) has gone on since \(seen)"))
      }
      job.isOrdered = true
      state.executions += 1
      func add(_ event: JobEvent) {
        var event = event
        event.seq = job.events.count + 1
        job.events.append(event)
      }
      let isWayBack = order.job.hasSuffix(".back")
      let outcome = isWayBack ? .restored : job.isRollback ? state.conduct.rollback : state.conduct.cutover
      var target = state.orders.last?.release ?? SampleRecord.release
      if job.isRollback, let back = job.result?.target { (target.version, target.tag) = (back, "v\(back)") }
      var result = JobResult(
        job: order.job, outcome: outcome, from: state.version, target: target.version)
      if outcome != .deferred {
        add(JobEvent(event: .down, step: .stop))
        add(JobEvent(event: .stepEnded, step: .migrate, ok: true, milliseconds: 1_500))
        result.downtimeMilliseconds = 2_140
      }
      if outcome == .restored, !isWayBack { state.status.heldTag = state.status.installedTag }
      if outcome == .upgraded { state.status.upgradeDowntimeMilliseconds = 2_140 }
      if outcome.isCommitted {
        result.backup = "App-backup-\(state.version ?? "")"
        state.version = target.version
        state.status.installedVersion = target.version
        state.status.installedTag = target.tag
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

actor SimulatedConnection: HostConnection {
  let agent: SimulatedAgent
  let hello: HostHello
  /// Counts the connections to this host.
  private let number: Int

  init(_ agent: SimulatedAgent) {
    self.agent = agent
    number = agent.read { $0.connections }
    hello = HostHello(
      wire: 1, version: agent.read { $0.agentVersion }, architecture: "aarch64", bootID: "b", systemd: true,
      user: "root", system: "Debian 12")
  }

  var carrier: String? { agent.read { $0.conduct.carrier } }

  private func check() throws(HostError) {
    if agent.read({ $0.isGone }) { throw .lost("\(agent.name): the connection broke") }
  }

  func ask(_ request: Request) async throws(HostError) -> Reply {
    try check()
    // As the real way does.
    return try await answer(request).bounded
  }

  private func answer(_ request: Request) async throws(HostError) -> Reply {
    switch request {
    case .hello: return .hello(hello)
    case .probe:
      return agent.read {
        var probe = Probe(
          findings: [.init(version: $0.version, problem: $0.version == nil ? "no such file" : nil)],
          status: $0.status)
        probe.place = $0.place
        return .probe(probe)
      }
    case .claim(_, let claim):
      let reply = agent.claim(claim)
      guard reply == .ok else { return reply }
      let isLost = agent.state.withLock { state in
        state.conduct.lostClaimAnswers -= 1
        return state.conduct.lostClaimAnswers >= 0
      }
      if isLost { throw .lost("\(agent.name): the connection broke") }
      return .ok
    case .unclaim(_, let rollout):
      if let pause = agent.read({ $0.conduct.unclaimTakes }) { try? await Task.sleep(for: pause) }
      agent.change {
        $0.unclaims.append(rollout)
        if $0.status.claim?.rollout == rollout { $0.status.claim = nil }
      }
      return .ok
    case .stage(let order): return agent.stage(order)
    case .cutover(let order):
      if agent.read({ $0.conduct.losesOrder && !$0.hasBroken }) {
        agent.change { $0.hasBroken = true }
        throw .lost("\(agent.name): the connection broke")
      }
      return agent.cutover(order)
    case .cancel(_, let job):
      return agent.cancel(job)
    case .confirm:
      return agent.state.withLock { state in
        guard state.conduct.failedConfirmations == 0 else {
          state.conduct.failedConfirmations -= 1
          return .refused(Cause(code: .notNow, step: .confirm, text: "not yet"))
        }
        state.confirmations.append(number)
        return .ok
      }
    case .health:
      return .health(
        problem: agent.read { $0.executions > 0 || $0.conduct.isUnwellBefore ? $0.conduct.unwell : nil })
    case .obstacles: return .obstacles([])
    case .account(let order):
      agent.change { $0.accounts.append(order) }
      if let refusal = agent.read({ $0.conduct.refusesAccount }) { return refusal }
      let ignored = Set(order.profile.ignore + order.profile.carry.map(\.path))
      return .account(agent.read { $0.conduct.left }.filter { !ignored.contains($0.0) }.map(\.1))
    case .status: return agent.read { .status($0.status) }
    case .logs(_, _, let lines): return .logs(lines: agent.read { $0.log.suffix(lines) }, path: "/log")
    case .clear: return agent.clear()
    case .backups:
      return .backups(agent.read { $0.backups })
    case .rollback(let order):
      if let refusal = agent.read({ $0.conduct.refusesRollback }) { return .refused(refusal) }
      agent.change {
        var job = SimulatedAgent.Job(isRollback: true)
        let backup = $0.backups.first { $0.name == order.backup }
        let result = JobResult(job: order.job, from: $0.version, target: backup?.version ?? "4.1.0")
        job.events = [JobEvent(seq: 1, event: .rested, result: result)]
        job.result = result
        $0.jobs[order.job] = job
      }
      return .ok
    case .replaceAgent:
      if let refusal = agent.read({ $0.conduct.keepsAgent }) { return refusal }
      agent.change { $0.agentVersion = "0.1.0" }
      return .ok
    case .upload, .follow: return .unsupported("not by asking")
    }
  }

  func upload(
    app: String, file: FilePath, sha256: String, size: Int64, progress: @Sendable (Int64) -> Void
  ) async throws(HostError) {
    try check()
    agent.change { $0.uploads.append(file) }
    progress(size / 2)
    progress(size)
  }

  func follow(
    app: String, job: String, after: Int, withinSeconds: Double, event: @Sendable (JobEvent) -> Void
  ) async throws(HostError) -> JobResult {
    try check()
    let (found, conduct, hasBroken) = agent.read { ($0.jobs[job], $0.conduct, $0.hasBroken) }
    guard let found, let last = found.events.last else {
      throw .protocolFault("\(agent.name): there is no job \(job)")
    }
    if found.isOrdered { await conduct.gate?.pass() }
    if found.isOrdered ? conduct.neverEndsCutover : conduct.neverEndsStage {
      event(JobEvent(event: .heartbeat))
      throw .notBelieved("\(agent.name): \(job) goes on after \(withinSeconds) s, longer than any job may")
    }
    for var said in conduct.alsoSays {
      said.seq = after + 1
      if case .event(let said) = Reply.event(said).bounded { event(said) }
    }
    if found.isOrdered, conduct.waitsForConfirmation {
      agent.change { $0.followedBy = number }
      event(JobEvent(event: .heartbeat, step: .confirm))
      while agent.read({ $0.confirmations.isEmpty }), !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(1))
      }
    }
    let news = found.events.filter { $0.seq > after }
    let breaks = found.isOrdered ? conduct.breaksInCutover || conduct.diesInCutover : conduct.breaksInStage
    if breaks, !hasBroken {
      if let first = news.first, first.event != .rested { event(first) }
      agent.change {
        $0.hasBroken = true
        $0.isGone = conduct.diesInCutover
      }
      throw .lost("\(agent.name): the connection broke")
    }
    for one in news.map(\.bounded) {
      event(one)
      if one.event == .rested, let result = one.result { return result }
    }
    guard let result = last.bounded.result else { throw .lost("\(agent.name): silence") }
    return result
  }

  func close() async {}
}

final class SimulatedFleet: HostConnector {
  let agents: [String: SimulatedAgent]

  init(_ versions: [(String, String?)]) {
    agents = Dictionary(uniqueKeysWithValues: versions.map { ($0.0, SimulatedAgent($0.0, version: $0.1)) })
  }

  func connect(to host: Host) async throws(HostError) -> any HostConnection {
    guard let agent = agents[host.name] else { throw .unreachable("\(host.name): no route to host") }
    let error = agent.state.withLock { state -> HostError? in
      state.connections += 1
      if let error = state.conduct.connectError { return error }
      if state.isGone { return .unreachable("\(host.name): no route to host") }
      if state.hasBroken, state.conduct.failedConnections > 0 {
        state.conduct.failedConnections -= 1
        return .unreachable("\(host.name): no route to host")
      }
      return nil
    }
    if let error { throw error }
    return SimulatedConnection(agent)
  }

  func set(_ host: String, _ change: (inout SimulatedAgent.Conduct) -> Void) {
    agents[host]?.change { change(&$0.conduct) }
  }

  func executions() -> [String: Int] { agents.mapValues { agent in agent.read { $0.executions } } }

  func versions() -> [String: String?] { agents.mapValues { agent in agent.read { $0.version } } }
}

/// A source with these tags, everything fetched and verified.
struct SimulatedCatalogue: ReleaseCatalogue {
  var tags = ["v4.0.26", "v4.1.0", "v4.2.0", "v5.0.0"]
  var error: CatalogueError?
  /// Only with `acceptChanged`.
  var moved: Set<String> = []

  var standings: [String: TagStanding] = [:]
  var notes: [String: String] = [:]
  var commits: [String: String] = [:]
  /// Tags that lie in the cache.
  var fetched: Set<String> = []
  /// Tags that are no versions.
  var others: [String] = []

  func list(of source: ReleaseSource) async throws(CatalogueError) -> CatalogueList {
    if let error { throw error }
    return CatalogueList(
      entries: tags.map {
        CatalogueEntry(
          SourceTag(
            name: $0, commit: commits[$0].flatMap { ObjectID($0) }, standing: standings[$0] ?? .released),
          notes: notes[$0], fetched: fetched.contains($0))
      }, passedOver: PassedOver(others))
  }

  func fetch(
    _ tag: TagName, of source: ReleaseSource, verify: VerifyPolicy, acceptChanged: Bool,
    progress: @escaping @Sendable (FetchProgress) -> Void
  ) async throws(CatalogueError) -> FetchedRelease {
    if let error { throw error }
    if moved.contains(tag.text), !acceptChanged { throw .changed("\(tag) was moved\nold\nnew") }
    let like = SampleRecord.release
    let (commit, tree) = (like.commit.flatMap { ObjectID($0) }, like.tree.flatMap { ObjectID($0) })
    // Another archive for each.
    let digest = String(
      (tag.text.utf8.map { String($0, radix: 16) }.joined() + String(repeating: "0", count: 64)).prefix(64))
    guard let sha256 = SHA256Digest(digest) else { throw .notFound(digest) }
    let listing = ListingFile(file: "/cache/listing", artifact: Artifact(sha256: "ab", size: 5))
    do {
      let verified = try VerifiedRelease.verify(
        claimed: ReleaseIdentity(tag: tag, commit: commit, tree: tree, sha256: nil), app: "growroom",
        observed: ObservedArchive(
          sha256: sha256, sizeBytes: UInt64(like.size), commit: commit, tree: tree),
        require: [], lock: FleetLock(), accept: acceptChanged, tls: true, publishedDigest: nil)
      return FetchedRelease(verified, file: "/cache/release", unpackedBytes: 9, listing: listing)
    } catch {
      throw .unverified("\(error)")
    }
  }
}
