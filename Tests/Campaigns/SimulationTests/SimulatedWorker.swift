import Agent
import Wire

@testable import Driver
@testable import Rollout
@testable import Upgrade
@testable import Coordinator

/// What a `HostWorker` is doing for one action, one tick after the other, over a link that may be down,
/// lose a request or its answer, or bring a request late or twice.
struct SimulatedWorker {
  enum Kind: Equatable { case probe, stage, cutover, follow, goBack, cancel }
  enum Phase: Equatable { case ask, order, follow, orderCutover, followCutover }

  let number: Int
  let host: Int
  let kind: Kind
  let job: String
  var phase = Phase.ask
  /// Until when it tries to reach the host (or, once ordered, to hear of it).
  var deadline: Int64
  var isLost = false
  var hasExpired = false
  var mayBeUnderWay = false
  /// Until then "staged, and no order here" is not believed.
  var doubtUntil: Int64 = 0
  var lifetimeSeconds = 0
}

extension FleetSimulation {
  /// How an exchange with a host went.
  private enum Exchange { case answered, requestLost, answerLost, late, doubled }

  private mutating func exchange(with host: Int) -> Exchange? {
    guard hosts[host].isLinked else { return nil }
    guard !isCalm, chance(faults.lossPercent) else { return .answered }
    return [.requestLost, .answerLost, .late, .doubled].randomElement(using: &random) ?? .answered
  }

  /// True when the worker has more to do, at a later tick.
  mutating func tick(_ worker: inout SimulatedWorker) -> Bool {
    switch worker.kind {
    case .probe: probe(&worker)
    case .stage: stage(&worker)
    case .cutover: cutover(&worker)
    case .follow: follow(&worker)
    case .goBack: goBack(&worker)
    case .cancel: cancel(worker)
    }
  }

  private mutating func cancel(_ worker: SimulatedWorker) -> Bool {
    if exchange(with: worker.host) == .answered { request(.cancel(worker.job), at: worker.host) }
    return false
  }

  private mutating func probe(_ worker: inout SimulatedWorker) -> Bool {
    let host = hosts[worker.host]
    guard exchange(with: worker.host) == .answered else {
      guard now >= worker.deadline else { return true }
      tell(.hostUnreachable(host.name, Self.away))
      return false
    }
    tell(event(ofProbe: host, job: worker.job))
    return false
  }

  /// As `RolloutResume.probe` reads a host.
  private func event(ofProbe host: SimulatedHost, job: String) -> Rollout.Event {
    if let last = host.lastJob, last == job, host.openJob != job, let result = host.jobs[job]?.rests.last,
      result.outcome != nil
    {
      return .cutoverRested(host.name, result)
    }
    if host.openJob == job, ![.idle, .begin, .staged].contains(host.state) { return .heardFrom(host.name) }
    if host.installed == Self.target {
      return .hostProbed(host.name, .rests(.current, from: Self.target, nil))
    }
    guard !host.isMarked else {
      return .hostProbed(
        host.name, .rests(.refused, from: host.installed, .init(code: .marked, text: "marked")))
    }
    return .hostProbed(host.name, .goes(from: host.installed))
  }

  private mutating func stage(_ worker: inout SimulatedWorker) -> Bool {
    let name = hosts[worker.host].name
    guard let way = exchange(with: worker.host),
      way == .answered || way == .doubled || worker.phase == .follow
    else {
      worker.phase = .ask
      guard now >= worker.deadline else { return true }
      tell(.hostUnreachable(name, Self.away))
      return false
    }
    worker.deadline = now + Int64(RolloutLimits.stageAwaySeconds) * 1000
    if worker.phase == .ask {
      worker.phase = .follow
      let order = HostRequest.stage(worker.job, target: Self.target, isRollback: false)
      if way == .doubled { later(order, to: worker.host) }
      guard let refusal = request(order, at: worker.host) else { return true }
      tell(.staged(name, refused(worker.job, refusal)))
      return false
    }
    guard let result = hosts[worker.host].rested(worker.job) else { return true }
    tell(.staged(name, result))
    return false
  }

  private mutating func cutover(_ worker: inout SimulatedWorker) -> Bool {
    let name = hosts[worker.host].name
    guard worker.phase == .ask else { return follow(&worker) }
    // The claim is asked for first; without it no order leaves.
    guard exchange(with: worker.host) == .answered else {
      guard now >= worker.deadline else { return true }
      tell(.hostUnreachable(name, Self.away))
      return false
    }
    worker.phase = .follow
    worker.deadline = now + Self.cutoverMilliseconds
    let order = HostRequest.cutover(
      worker.job, lifetimeSeconds: worker.lifetimeSeconds, seen: hosts[worker.host].rests(worker.job))
    let way = exchange(with: worker.host) ?? .requestLost
    if way == .late || way == .doubled { later(order, to: worker.host) }
    let refusal = way == .requestLost || way == .late ? nil : request(order, at: worker.host)
    if way == .answered || way == .doubled {
      guard let refusal else { return true }
      tell(.cutoverRested(name, refused(worker.job, refusal)))
      return false
    }
    worker.isLost = true
    worker.doubtUntil = now + Int64(RolloutLimits.orderTransitSeconds) * 1000
    tell(.connectionLost(name))
    return true
  }

  private mutating func follow(_ worker: inout SimulatedWorker) -> Bool {
    let name = hosts[worker.host].name
    guard exchange(with: worker.host) == .answered else {
      if !worker.isLost { tell(.connectionLost(name)) }
      worker.isLost = true
      expireIfDue(&worker)
      return true
    }
    if worker.isLost { tell(.heardFrom(name)) }
    worker.isLost = false
    worker.deadline = max(worker.deadline, now + Int64(RolloutLimits.leastFollowSeconds) * 1000)
    guard hosts[worker.host].jobs[worker.job] != nil else {
      // The agent does not know the job: that is an error to the worker, and it tries again.
      expireIfDue(&worker)
      return true
    }
    guard let result = hosts[worker.host].rested(worker.job) else { return true }
    if result.outcome == nil, now < worker.doubtUntil { return true }
    tell(.cutoverRested(name, result))
    return false
  }

  private mutating func expireIfDue(_ worker: inout SimulatedWorker) {
    guard now >= worker.deadline, !worker.hasExpired else { return }
    worker.hasExpired = true
    tell(.orderExpired(hosts[worker.host].name))
  }

  private mutating func goBack(_ worker: inout SimulatedWorker) -> Bool {
    let name = hosts[worker.host].name
    guard let way = exchange(with: worker.host), way == .answered || worker.mayBeUnderWay else {
      guard !worker.mayBeUnderWay else {
        expireIfDue(&worker)
        return true
      }
      guard now >= worker.deadline else { return true }
      tell(.staysUpgraded(name, Self.away))
      return false
    }
    if way == .requestLost || way == .answerLost { return true }
    func stays(_ cause: Cause) -> Bool {
      tell(.staysUpgraded(name, cause))
      return false
    }
    let host = hosts[worker.host]
    if host.openJob != worker.job {
      if let result = host.rested(worker.job), result.outcome != nil, host.lastJob == worker.job {
        tell(.wentBack(name, result))
        return false
      }
      if host.jobs[worker.job]?.isUnderWay == true { return true }
      if case .closed(let cause) = gateForRollback(worker.host) { return stays(cause) }
      let order = HostRequest.stage(worker.job, target: Self.old, isRollback: true)
      if let refusal = request(order, at: worker.host) { return stays(refusal) }
      worker.mayBeUnderWay = true
      worker.deadline = now + Self.cutoverMilliseconds
      return true
    }
    worker.mayBeUnderWay = true
    guard let result = host.rested(worker.job) else { return true }
    guard result.outcome == nil else {
      tell(.wentBack(name, result))
      return false
    }
    switch gateForRollback(worker.host) {
    case .closed(let cause):
      request(.cancel(worker.job), at: worker.host)
      return stays(cause)
    case .open(let lifetimeSeconds):
      let order = HostRequest.cutover(
        worker.job, lifetimeSeconds: lifetimeSeconds, seen: host.rests(worker.job))
      if let refusal = request(order, at: worker.host) { return stays(refusal) }
      return true
    }
  }

  static let away = Cause(code: .unreachable, text: "no route to host")

  private func refused(_ job: String, _ reason: Cause) -> JobResult {
    var result = JobResult(job: job, outcome: .refused, target: Self.target)
    result.reason = reason
    return result
  }
}
