internal import Wire

/// One release over the fleet, as a state machine: events in, actions out. No clock, no I/O, no wait.
///
///     begun ─ probe all ─ ask ─ stage all ─ canary ─ soak ─ batch ─ soak ─ … ─ finish
///
/// Its whole state follows from its events, so a coordinator that lost it replays the log and goes on
/// with ``Event/resumed(_:stageOnly:)``. What always holds, and where:
/// - nothing is cut over before every host has staged, and none when staging went over the limit
///   (`stageAll`);
/// - after a halt or Ctrl-C nothing new begins, what is in its cutover is waited for (`isStopping`);
/// - no more than a batch, and `max_parallel` of it, is in its cutover; a lost host keeps its place
///   (`cutOver`);
/// - a host in its cutover is followed, and ordered again only where its own agent says that it is
///   still staged (`orderAgain`).
public struct Rollout: Equatable, Sendable {
  enum Phase: Equatable, Sendable { case ready, following, probing, asking, staging, cuttingOver, soaking }

  /// Hosts that go together. The next wave begins when all of this one have settled.
  struct Wave: Equatable, Sendable {
    var isCanary: Bool
    var hosts: [String]
  }

  public let id: String
  public let policy: Policy
  /// In the inventory's order.
  public private(set) var members: [Member]
  public private(set) var ending: Ending?
  private(set) var phase = Phase.ready
  private(set) var wave: Wave?
  private var isApproved = false
  private var isCanaryDone = false
  private var isStageOnly: Bool
  private var isSoakDue = false
  private var batchesBegun = 0
  /// How many the canary left: what a percentage is of.
  private var hostsForBatches: Int?
  private var interruptions = 0
  private var haltedWhy: String?

  public init(id: String, policy: Policy, hosts: [String]) {
    self.id = id
    self.policy = policy
    isStageOnly = policy.stageOnly
    members = hosts.map { Member(name: $0) }
  }

  /// Rebuilt from the events of a log; the actions of then are not repeated. ``Event/resumed(_:stageOnly:)``
  /// says what to do now.
  public init(id: String, policy: Policy, hosts: [String], resuming events: [Event]) {
    self.init(id: id, policy: policy, hosts: hosts)
    for event in events { _ = handle(event) }
  }

  /// The job's id on a host.
  public func job(of host: String) -> String {
    let attempt = self[host]?.attempt ?? 1
    return attempt > 1 ? "\(id).\(attempt)" : id
  }

  public subscript(host: String) -> Member? {
    index(of: host).map { members[$0] }
  }

  public var failures: Int { members.count { $0.isFailure } }

  // MARK: Events

  public mutating func handle(_ event: Event) -> [Action] {
    if case .resumed(let hosts, let stageOnly) = event {
      isStageOnly = stageOnly
      return resume(hosts)
    }
    guard ending == nil else {
      noteLate(event)
      return []
    }
    var actions: [Action] = []
    switch event {
    case .begun where phase == .ready:
      phase = .probing
    case .planApproved where phase == .asking:
      isApproved = true
      phase = .staging
    case .planDeclined where phase == .asking:
      return finish(.declined)
    case .soaked where phase == .soaking:
      isSoakDue = false
      phase = .cuttingOver
    case .interrupted:
      interruptions += 1
      if interruptions > 1 { return letGo() }
      actions = members.filter { $0.place == .staging }.map { .cancel($0.name) }
    case .begun, .planApproved, .planDeclined, .soaked, .resumed:
      break
    case .hostProbed(let host, _), .hostUnreachable(let host, _), .staged(let host, _),
      .stageFailed(let host, _), .cutoverRested(let host, _), .connectionLost(let host),
      .heardFrom(let host), .orderExpired(let host):
      guard let index = index(of: host) else { return [] }
      actions = move(index, event)
    }
    haltIfNeeded()
    return actions + advance()
  }

  /// The table of a host's way: where it is and what is heard of it give where it is next. What is
  /// not listed (late or repeated news) changes nothing.
  private mutating func move(_ index: Int, _ event: Event) -> [Action] {
    let host = members[index].name
    switch (members[index].place, event) {
    case (.probing, .hostProbed(_, .goes(let from))):
      members[index].from = from
      members[index].place = .planned
    case (.probing, .hostProbed(_, .rests(let outcome, let from, let cause))):
      members[index].from = from
      settle(index, outcome, cause)
    case (.probing, .cutoverRested(_, let result)) where result.outcome != nil:
      take(index, result)  // Its agent has ended this very job; the log had not heard of it.

    case (.staging, .staged(_, let result)):
      take(index, result)
      if result.outcome == nil { members[index].place = .staged }
    case (.staging, .stageFailed(_, let cause)):
      settle(index, .refused, cause)

    case (.probing, .hostUnreachable(_, let cause)), (.staging, .hostUnreachable(_, let cause)),
      (.cutover, .hostUnreachable(_, let cause)):
      settle(index, .unreachable, cause)

    case (.cutover, .cutoverRested(_, let result)), (.lost, .cutoverRested(_, let result)):
      take(index, result)
      if result.outcome == nil { return orderAgain(index, result.reason) }
    case (.settled(.unknown), .cutoverRested(_, let result)) where result.outcome != nil:
      take(index, result)  // Not given up for lost: its agent's journal says what became of it.
    case (.cutover, .connectionLost):
      members[index].place = .lost
    case (.lost, .heardFrom):
      members[index].place = .cutover
    case (.lost, .orderExpired):
      let text = "not heard of since its connection broke in the cutover; its order has expired"
      settle(index, .unknown, Cause(code: Reason.Code.orderExpired.rawValue, text: text))
      return [.cancel(host)]
    default:
      break
    }
    return []
  }

  // MARK: What comes next

  /// Nothing new begins any more; what is under way is waited for.
  private var isStopping: Bool { haltedWhy != nil || interruptions > 0 }

  private mutating func advance() -> [Action] {
    switch phase {
    case .ready: []
    case .following: followOthers()
    case .probing: probeAll()
    case .staging: stageAll()
    case .cuttingOver: cutOver()
    case .asking, .soaking: isStopping ? finish() : []
    }
  }

  /// After a resume: what is in its cutover comes first, before anything is begun.
  private mutating func followOthers() -> [Action] {
    guard !members.contains(where: \.place.isInCutover) else { return [] }
    phase = .probing
    return advance()
  }

  /// All hosts side by side; the plan is shown when the last one has answered or been given up.
  private mutating func probeAll() -> [Action] {
    guard interruptions == 0 else { return finish() }
    let unseen = isStopping ? [] : members.filter { $0.place == .unseen }.map(\.name)
    unseen.forEach { set($0, .probing) }
    guard !members.contains(where: { $0.place == .probing }) else { return unseen.map { .probe($0) } }
    guard !isStopping, members.contains(where: { $0.outcome == nil }) else { return finish() }
    phase = isApproved ? .staging : .asking
    return isApproved ? advance() : [.askPlan]
  }

  /// Up to `stage_parallel` at once; nothing is cut over before all of them rest.
  private mutating func stageAll() -> [Action] {
    var actions: [Action] = []
    var running = members.count { $0.place == .staging }
    if !isStopping {
      for member in members where member.place == .planned && running < policy.stageParallel {
        set(member.name, .staging)
        actions.append(.stage(member.name))
        running += 1
      }
    }
    guard running == 0 else { return actions }
    guard !isStopping, !isStageOnly else { return finish() }
    phase = .cuttingOver
    return advance()
  }

  /// Canary, then batch by batch, `max_parallel` of a batch at once.
  private mutating func cutOver() -> [Action] {
    let inCutover = members.filter(\.place.isInCutover).map(\.name)
    guard !isStopping else { return inCutover.isEmpty ? finish() : [] }
    guard let wave else { return nextWave() }

    var actions: [Action] = []
    var running = inCutover
    for host in wave.hosts where self[host]?.place == .staged {
      guard running.count < policy.maxParallel else { break }
      guard !isKeptApart(host, from: running) else { continue }
      running.append(host)
      actions.append(order(host))
    }
    guard running.isEmpty else { return actions }
    return endWave(wave)
  }

  private mutating func endWave(_ ended: Wave) -> [Action] {
    wave = nil
    isSoakDue = policy.soakSeconds > 0 && ended.hosts.contains { self[$0]?.outcome == .upgraded }
    if ended.isCanary { judgeCanary(ended) }
    return isStopping ? finish() : nextWave()
  }

  private mutating func nextWave() -> [Action] {
    let ready = members.filter { $0.place == .staged }.map(\.name)
    if !isCanaryDone, let canary = canary(among: ready) {
      wave = Wave(isCanary: true, hosts: canary)
      return cutOver()
    }
    guard !isStopping, !ready.isEmpty else { return finish() }
    guard !isSoakDue else {
      phase = .soaking
      return [.soak(seconds: policy.soakSeconds)]
    }
    let size = nextBatchSize(of: ready.count)
    batchesBegun += 1
    wave = Wave(isCanary: false, hosts: Array(ready.prefix(size)))
    return cutOver()
  }

  // MARK: Canary and batches

  /// The hosts that go first, or nil when none has to. Where the canaries are named and none of them
  /// can go, they must all be current already; else the rollout halts here.
  private mutating func canary(among ready: [String]) -> [String]? {
    guard let named = namedCanaries else {
      guard case .first(0) = policy.canary else { return ready.isEmpty ? nil : first(of: ready) }
      return nil
    }
    let able = named.filter { ready.contains($0) }
    guard able.isEmpty else { return able }
    isCanaryDone = true
    let well: [Outcome?] = [.current, .upgraded]
    if !named.allSatisfy({ well.contains(self[$0]?.outcome) }) {
      haltedWhy = "the canary \(named.joined(separator: ", ")) could not go first"
    }
    return nil
  }

  private func first(of ready: [String]) -> [String] {
    guard case .first(let count) = policy.canary else { return Array(ready.prefix(1)) }
    return Array(ready.prefix(count))
  }

  /// nil where so many of the first go, also where none of the named ones is in this rollout.
  private var namedCanaries: [String]? {
    guard case .hosts(let names) = policy.canary else { return nil }
    let here = names.filter { index(of: $0) != nil }
    return here.isEmpty ? nil : here
  }

  /// One canary must end upgraded. Where those that go first are not named, hosts that could not go
  /// after all (a guard said "not now", or they went away) hand the part on to the next.
  private mutating func judgeCanary(_ canary: Wave) {
    let outcomes = canary.hosts.compactMap { self[$0]?.outcome }
    if outcomes.contains(.upgraded) {
      isCanaryDone = true
    } else if namedCanaries != nil || !outcomes.allSatisfy(\.isCouldNot) {
      isCanaryDone = true
      halt("no canary ended upgraded (\(canary.hosts.joined(separator: ", ")))")
    }
  }

  private mutating func nextBatchSize(of ready: Int) -> Int {
    let whole = hostsForBatches ?? ready
    hostsForBatches = whole
    guard let last = policy.batches.last else { return ready }
    let batch = batchesBegun < policy.batches.count ? policy.batches[batchesBegun] : last
    switch batch {
    case .hosts(let count): return max(1, count)
    case .percent(let percent): return max(1, whole * percent / 100)
    }
  }

  private func isKeptApart(_ host: String, from running: [String]) -> Bool {
    policy.neverTogether.contains { set in set.contains(host) && running.contains { set.contains($0) } }
  }

  // MARK: Halting and ending

  private mutating func halt(_ why: String) {
    if haltedWhy == nil { haltedWhy = why }
  }

  private mutating func haltIfNeeded() {
    if failures > policy.maxFailures {
      let names = members.filter(\.isFailure).map(\.name).joined(separator: ", ")
      halt("\(failures) failed (\(names)), \(policy.maxFailures) allowed")
    }
    if policy.haltOnUnreachable, let away = members.first(where: \.isAway) {
      halt("\(away.name) is unreachable")
    }
  }

  /// Hosts whose turn did not come are untouched; the stage of those that have one stays ready. Where
  /// the limit was passed by the last of them there was nothing left to halt.
  private mutating func finish(_ asked: Ending? = nil) -> [Action] {
    let isWaiting = members.contains { $0.outcome == nil && !$0.place.isInCutover }
    if !isWaiting { haltedWhy = nil }
    for index in members.indices {
      switch members[index].place {
      case .settled, .cutover, .lost: break
      case .staged: settle(index, .untouched, Cause(code: "staged", text: "staged, ready"))
      case .unseen, .probing, .planned, .staging: settle(index, .untouched, nil)
      }
    }
    let end = asked ?? haltedWhy.map { .halted(why: $0) } ?? (interruptions > 0 ? .interrupted : .done)
    ending = end
    return [.finish(end)]
  }

  /// The second Ctrl-C: cutovers go on by themselves, and nobody here knows how they end.
  private mutating func letGo() -> [Action] {
    for index in members.indices where members[index].place.isInCutover {
      let text = "let go in its cutover, which goes on by itself; fleet resume follows it"
      settle(index, .unknown, Cause(code: "let_go", text: text))
    }
    return finish(.interrupted)
  }

  /// News that came after the end, as when a log was cut behind it, still corrects what was unknown.
  private mutating func noteLate(_ event: Event) {
    guard case .cutoverRested(let host, _) = event, let index = index(of: host) else { return }
    _ = move(index, event)
  }

  // MARK: Going on

  /// What another coordinator left is taken up: cutovers are followed, all others are probed and staged
  /// again (the agent knows what it has done by the job's name). Where it had ended, all
  /// that is not at the release may try again, and earlier failures no longer count.
  private mutating func resume(_ chosen: [String]?) -> [Action] {
    let hadEnded = ending != nil
    ending = nil
    interruptions = 0
    if hadEnded {
      haltedWhy = nil
      wave = nil
    }
    var actions: [Action] = []
    for index in members.indices {
      members[index].isForgiven = hadEnded && members[index].outcome != nil
      if !(chosen?.contains(members[index].name) ?? true), !members[index].place.isInCutover {
        if members[index].outcome == nil { settle(index, .untouched, nil) }
        continue
      }
      switch members[index].place {
      case .cutover, .lost: actions.append(follow(index))
      case .staged where haltedWhy != nil: break  // It only remains to say so.
      case .unseen, .probing, .planned, .staging, .staged: members[index].place = .unseen
      case .settled(.unknown) where hadEnded: actions.append(follow(index))
      case .settled(.unreachable): members[index].place = .unseen
      case .settled(let outcome) where hadEnded && !outcome.isAtRelease: tryAgain(index)
      case .settled: break
      }
    }
    phase = .following
    return actions + advance()
  }

  private mutating func follow(_ index: Int) -> Action {
    members[index].place = .lost
    members[index].isForgiven = false
    return .follow(members[index].name)
  }

  private mutating func tryAgain(_ index: Int) {
    if members[index].result?.outcome != nil { members[index].attempt += 1 }
    members[index].place = .unseen
    members[index].cause = nil
    members[index].result = nil
    members[index].orders = 0
    members[index].isForgiven = false
  }

  // MARK: Small moves

  private mutating func order(_ host: String) -> Action {
    if let index = index(of: host) {
      members[index].place = .cutover
      members[index].orders += 1
    }
    return .cutover(host, lifetimeSeconds: policy.orderLifetimeSeconds)
  }

  /// Its agent says: staged, and no order here. So the order never arrived, or was void.
  private mutating func orderAgain(_ index: Int, _ reason: Reason?) -> [Action] {
    members[index].place = .staged
    guard !isStopping else { return [] }
    guard reason == nil, members[index].orders < RolloutLimits.ordersPerHost else {
      let text = reason?.text ?? "its order did not arrive in time"
      let code = reason?.code ?? .orderExpired
      settle(index, .deferred, Cause(code: code.rawValue, step: reason?.step, text: text))
      return []
    }
    return phase == .cuttingOver ? [order(members[index].name)] : []
  }

  private mutating func take(_ index: Int, _ result: JobResult) {
    members[index].result = result
    if let from = result.from { members[index].from = from }
    if let outcome = result.outcome { settle(index, outcome, result.reason.map { Cause($0) }) }
  }

  private mutating func settle(_ index: Int, _ outcome: Outcome, _ cause: Cause?) {
    members[index].place = .settled(outcome)
    members[index].cause = cause
  }

  private mutating func set(_ host: String, _ place: Place) {
    if let index = index(of: host) { members[index].place = place }
  }

  private func index(of host: String) -> Int? {
    members.firstIndex { $0.name == host }
  }
}

extension Outcome {
  /// Nothing is left to do for this release.
  var isAtRelease: Bool { self == .upgraded || self == .current }

  /// It could not go, and nothing went wrong.
  var isCouldNot: Bool { [.deferred, .unreachable, .refused].contains(self) }
}
