import Wire

/// One release over the fleet, as a state machine: events in, actions out. No clock, no I/O, no wait.
///
///     begun with a plan ────────────────────┐
///     resumed ─ follow ─ probe all ─ ask ───┴─ stage all ─ canary ─ soak ─ batch ─ soak ─ … ─ finish
///                                                   a failure too many ─ (go back) ─ finish
///
/// It begins with a plan that was made and agreed to: the hosts were asked before it had a release, and what each was
/// found to be, and the yes, are its first events. Its whole state follows from its events, so a coordinator that
/// lost it replays the log and goes on with ``Event/resumed(_:stageOnly:asks:)``: then the machine itself has the
/// hosts asked, and the person. What always holds, and where:
/// - nothing is cut over before every host has staged, and none when staging went over the limit
///   (`stageAll`);
/// - after a halt or Ctrl-C nothing new begins, what is in its cutover is waited for (`isStopping`);
/// - no more than a batch, and `max_parallel` of it, is in its cutover; a lost host keeps its place
///   (`cutOver`);
/// - each order is preceded by the question whether the host may go now, so none is given outside a
///   window, or to the others before the canary's time is over (`clear`);
/// - a host in its cutover is followed, and ordered again only where its own agent says that it is
///   still staged (`orderAgain`).
///
/// Which hosts go together stands in `Rollout+Waves.swift`, what halts and how it ends in
/// `Rollout+Ending.swift`, `on_failure: rollback` in `Rollout+Rollback.swift`, what a coordinator does with
/// a rollout that another one left in `Rollout+Resuming.swift`.
package struct Rollout: Equatable, Sendable {
  package enum Phase: Equatable, Sendable {
    case ready, planned, following, probing, asking, staging, cuttingOver, soaking, goingBack
  }

  package let id: String
  package let policy: Policy
  /// In the inventory's order.
  package internal(set) var members: [Member]
  package internal(set) var ending: Ending?
  /// Those that went first, or were to go first and are at the release already.
  package internal(set) var canaries: [String] = []
  package internal(set) var phase = Phase.ready
  package internal(set) var wave: Wave?
  var isApproved = false
  /// It was, before it was asked for anew.
  var wasApproved = false
  var isCanaryDone = false
  var isStageOnly: Bool
  /// Whose health is watched before the next wave; nil: no soak is due.
  var soakDue: [String]?
  var batchesBegun = 0
  /// How many the canary left: what a percentage is of.
  var hostsForBatches: Int?
  var interruptions = 0
  package internal(set) var halt: Halt?

  package init(id: String, policy: Policy, hosts: [String]) {
    self.id = id
    self.policy = policy
    isStageOnly = policy.stageOnly
    members = hosts.map { Member(name: $0) }
  }

  /// Reconstructed from the events of a log; the actions of then are not repeated. ``Event/resumed(_:stageOnly:)``
  /// says what to do now.
  package init(id: String, policy: Policy, hosts: [String], resuming events: [Event]) {
    self.init(id: id, policy: policy, hosts: hosts)
    for event in events { _ = handle(event) }
  }

  /// The job's id on a host.
  package func job(of host: String) -> String {
    let attempt = self[host]?.attempt ?? 1
    return attempt > 1 ? "\(id).\(attempt)" : id
  }

  package subscript(host: String) -> Member? {
    index(of: host).map { members[$0] }
  }

  package var failures: Int { members.count { $0.isFailure } }

  // MARK: Events

  package mutating func handle(_ event: Event) -> [Action] {
    if case .resumed(let hosts, let stageOnly, let asks) = event {
      isStageOnly = stageOnly
      return resume(hosts, asks: asks)
    }
    guard ending == nil else {
      noteLate(event)
      return []
    }
    var actions: [Action] = []
    switch event {
    case .begun where phase == .ready:
      phase = .planned
      for index in members.indices { members[index].place = .probing }
    case .planApproved where phase == .asking:
      isApproved = true
      phase = .staging
    case .planDeclined where phase == .asking:
      // What was approved once, and begun, is only not gone on with.
      return finish(wasApproved ? .interrupted : .declined)
    case .soaked where phase == .soaking:
      soakDue = nil
      phase = .cuttingOver
    case .interrupted:
      interruptions += 1
      if interruptions > 1 { return letGo() }
      actions = members.filter { $0.place == .staging }.map { .cancel($0.name) }
    case .begun, .planApproved, .planDeclined, .soaked, .resumed:
      break
    case .hostProbed(let host, _), .hostUnreachable(let host, _), .staged(let host, _),
      .stageFailed(let host, _), .cleared(let host, _), .notNow(let host, _), .cutoverRested(let host, _),
      .connectionLost(let host), .notBelieved(let host, _), .heardFrom(let host), .orderExpired(let host),
      .turnedUnwell(let host, _),
      .foundGoingBack(let host), .wentBack(let host, _), .staysUpgraded(let host, _):
      guard let index = index(of: host) else { return [] }
      actions = move(index, event)
    }
    haltIfNeeded()
    return actions + advance()
  }

  /// The table of a host's way: where it is and what is heard of it give where it is next. What is
  /// not listed (late or repeated news) changes nothing.
  mutating func move(_ index: Int, _ event: Event) -> [Action] {
    let host = members[index].name
    switch (members[index].place, event) {
    case (.probing, .hostProbed(_, .goes(let from))):
      members[index].from = from
      members[index].place = .planned
    case (.probing, .hostProbed(_, .rests(let outcome, let from, let cause))):
      members[index].from = from
      settle(index, outcome, cause)
    case (.probing, .cutoverRested(_, let result)) where result.outcome != nil,
      (.clearing, .cutoverRested(_, let result)) where result.outcome != nil:
      take(index, result)  // Its agent has ended this very job; the log had not heard of it.

    case (.probing, .heardFrom):
      members[index].place = .lost  // It is in its cutover, and the log had not heard of that either.
      return [.follow(host)]

    case (.probing, .foundGoingBack):
      members[index].place = .goingBack
      members[index].rollback = .underWay
      stop(.goingBack)

    case (.staging, .staged(_, let result)):
      take(index, result)
      if result.outcome == nil { members[index].place = .staged }
    case (.staging, .stageFailed(_, let cause)):
      settle(index, .refused, cause)

    case (.probing, .hostUnreachable(_, let cause)), (.staging, .hostUnreachable(_, let cause)),
      (.cutover, .hostUnreachable(_, let cause)):
      settle(index, .unreachable, cause)

    case (.clearing, .cleared(_, let lifetimeSeconds)):
      return isStopping ? unclear(index) : [order(index, lifetimeSeconds)]
    case (.clearing, .notNow(_, let cause)):
      settle(index, .deferred, cause)
    case (.staged, .cleared(_, let lifetimeSeconds)):
      // In the log of a fleet that made its batches otherwise: it was its turn there, and it went.
      guard !isStopping else { return [] }
      joinWave(host)
      return [order(index, lifetimeSeconds)]

    case (.cutover, .cutoverRested(_, let result)), (.lost, .cutoverRested(_, let result)):
      take(index, result)
      if result.outcome == nil { return orderAgain(index, result.reason) }
    case (.settled(.unknown), .cutoverRested(_, let result)) where result.outcome != nil:
      take(index, result)  // Not given up for lost: its agent's journal says what became of it.
    case (.cutover, .connectionLost), (.clearing, .connectionLost):
      members[index].place = .lost
    case (.probing, .notBelieved(_, let cause)), (.staging, .notBelieved(_, let cause)),
      (.clearing, .notBelieved(_, let cause)), (.cutover, .notBelieved(_, let cause)),
      (.lost, .notBelieved(_, let cause)), (.goingBack, .notBelieved(_, let cause)):
      members[index].isDoubtedBeforeOrder = !members[index].place.isInCutover
      settle(index, .unknown, cause)
    case (.settled(.unknown), .notBelieved(_, let cause)):
      members[index].cause = cause
    case (.lost, .heardFrom):
      members[index].place = .cutover
    case (.lost, .orderExpired):
      expire(index, "not heard of since its connection broke in the cutover; its order has expired")
      return [.cancel(host)]

    case (.settled(.upgraded), .turnedUnwell(_, let cause)):
      turnUnwell(index, cause)
    case (.goingBack, .wentBack(_, let result)):
      takeBack(index, result)
    case (.settled(.unknown), .wentBack(_, let result)) where members[index].rollback == .underWay:
      takeBack(index, result)
    case (.goingBack, .staysUpgraded(_, let cause)):
      stay(index, cause)
    case (.goingBack, .orderExpired):
      expire(index, "not heard of since its connection broke on the way back")
    default:
      break
    }
    return []
  }

  // MARK: What comes next

  /// Nothing new begins any more; what is under way is waited for.
  var isStopping: Bool { halt != nil || interruptions > 0 }

  /// Who would be begun with: planned, or staged (its order did not arrive).
  package var asked: [String] { members.filter { $0.place == .planned || $0.place == .staged }.map(\.name) }

  /// Their cutovers, there or back, that are under way or may be.
  var inCutover: [String] { members.filter(\.place.isInCutover).map(\.name) }

  mutating func advance() -> [Action] {
    switch phase {
    case .ready: []
    case .following: followOthers()
    case .planned, .probing: probeAll()
    case .staging: stageAll()
    case .cuttingOver: cutOver()
    case .asking, .soaking: isStopping ? end() : []
    case .goingBack: goBack()
    }
  }

  /// After a resume: what is in its cutover comes first, before anything is begun.
  private mutating func followOthers() -> [Action] {
    guard inCutover.isEmpty else { return [] }
    phase = .probing
    return advance()
  }

  /// All hosts side by side; what comes next is known when the last one has answered or been given up.
  private mutating func probeAll() -> [Action] {
    guard interruptions == 0 else { return end() }
    let unseen = isStopping ? [] : members.filter { $0.place == .unseen }.map(\.name)
    unseen.forEach { set($0, .probing) }
    guard !members.contains(where: { $0.place == .probing }) else { return unseen.map { .probe($0) } }
    guard !isStopping, members.contains(where: { $0.outcome == nil }) else { return end() }
    // Where cutovers are only followed there is nothing to ask.
    let mustAsk = !isApproved && !asked.isEmpty
    // A plan that it begins with was asked for before: the answer follows.
    let isPlanned = phase == .planned
    phase = mustAsk ? .asking : .staging
    return mustAsk ? (isPlanned ? [] : [.askPlan]) : advance()
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
    guard !isStopping, !isStageOnly else { return end() }
    phase = .cuttingOver
    return advance()
  }

  /// Canary, then batch by batch, `max_parallel` of a batch at once.
  mutating func cutOver() -> [Action] {
    guard !isStopping else { return inCutover.isEmpty ? end() : [] }
    guard let wave else { return nextWave() }

    var actions: [Action] = []
    var running = members.filter { $0.place.isInCutover || $0.place == .clearing }.map(\.name)
    for host in wave.hosts where self[host]?.place == .staged {
      guard running.count < policy.maxParallel else { break }
      guard !isKeptApart(host, from: running) else { continue }
      running.append(host)
      actions.append(clear(host))
    }
    guard running.isEmpty else { return actions }
    return endWave(wave)
  }

  // MARK: Small moves

  /// Asks whether it may go now; the answer is an event, so that a log read on another day means the same.
  private mutating func clear(_ host: String) -> Action {
    set(host, .clearing)
    return .mayGo(host)
  }

  private mutating func unclear(_ index: Int) -> [Action] {
    members[index].place = .staged
    return []
  }

  private mutating func order(_ index: Int, _ lifetimeSeconds: Int) -> Action {
    members[index].place = .cutover
    members[index].orders += 1
    return .cutover(members[index].name, lifetimeSeconds: lifetimeSeconds)
  }

  /// Its agent says: staged, and no order here. So the order never arrived, or was void.
  private mutating func orderAgain(_ index: Int, _ reason: Cause?) -> [Action] {
    members[index].place = .staged
    guard !isStopping else { return [] }
    guard reason == nil, members[index].orders < RolloutLimits.ordersPerHost else {
      let late = Cause(code: .orderExpired, text: "its order did not arrive in time")
      settle(index, .deferred, reason ?? late)
      return []
    }
    return phase == .cuttingOver ? [clear(members[index].name)] : []
  }

  private mutating func expire(_ index: Int, _ text: String) {
    settle(index, .unknown, Cause(code: .orderExpired, text: text))
  }

  private mutating func take(_ index: Int, _ result: JobResult) {
    members[index].result = result
    if let from = result.from { members[index].from = from }
    if let outcome = result.outcome { settle(index, outcome, result.reason) }
  }

  mutating func settle(_ index: Int, _ outcome: Outcome, _ cause: Cause?) {
    guard !settleAsBefore(index, outcome, cause) else { return }
    members[index].place = .settled(outcome)
    members[index].cause = cause
  }

  mutating func set(_ host: String, _ place: Place) {
    if let index = index(of: host) { members[index].place = place }
  }

  func index(of host: String) -> Int? {
    members.firstIndex { $0.name == host }
  }
}

extension Outcome {
  /// Nothing is left to do for this release.
  package var isAtRelease: Bool { self == .upgraded || self == .current }

  /// It could not go, and nothing went wrong.
  var isCouldNot: Bool { [.deferred, .unreachable, .refused].contains(self) }
}
