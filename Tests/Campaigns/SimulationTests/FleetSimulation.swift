import CoordinatorSupport
import Agent
import TestSupport
import Wire

@testable import Text
@testable import Inventory
@testable import Driver
@testable import Rollout
@testable import Upgrade
@testable import Coordinator

/// What a coordinator asks of a host, as it travels.
enum HostRequest: Equatable {
  case stage(String, target: String, isRollback: Bool)
  case cutover(String, lifetimeSeconds: Int, seen: Int)
  case cancel(String)
}

/// What is written down of a simulation; no part of its state.
final class SimulationNotes {
  var trace: [String] = []
  var broken: [String] = []
}

/// A fleet in one process: the real `Rollout`, `RolloutRecord`, `CutoverGate` and `Soak`, the real
/// `Upgrade` on each host, and between them a clock, links, power and people, all by one seed.
struct FleetSimulation {
  /// How bad the weather is.
  struct Faults {
    var lossPercent = 0
    var powerPercent = 0
    var killPercent = 0
    var troublePercent = 0
    var doubledPercent = 0
    var crashPerThousand = 0
    var interruptPerThousand = 0
    var unwellPercent = 0
  }

  enum Item {
    case host(Int, process: Int)
    case power(Int)
    case kill(Int)
    case link(Int, isUp: Bool)
    case worker(Int)
    case request(Int, HostRequest)
    case news(Rollout.Event, epoch: Int)
    case soak(Soak, [String], epoch: Int)
    case resume
  }

  static let old = "4.1.0"
  static let target = "4.2.0"
  static let zone = "Europe/Berlin"
  static let cutoverMilliseconds: Int64 = 1_800_000
  /// 2026-10-24 12:00 UTC: the night after it has an hour twice.
  static let firstInstant: Int64 = 1_792_843_200_000

  var random: SeededRandom
  let faults: Faults
  let gate = CutoverGate(zone: Self.zone)
  var now = Self.firstInstant
  var hosts: [SimulatedHost]
  let inventory: [Host]
  var record: RolloutRecord
  var log: [EventLine] = []
  private let notes = SimulationNotes()
  /// What happened, one line each: the trace of the seed.
  var trace: [String] { notes.trace }
  var broken: [String] { notes.broken }
  /// No more faults: what is open comes to its end.
  var isCalm = false
  /// The coordinator dies behind this line of its log, for who tries each of them.
  var crashBehind: Int?

  private var queue: [(time: Int64, number: Int, item: Item)] = []
  private var items = 0
  private var workers: [SimulatedWorker] = []
  private var workerCount = 0
  private var epoch = 0
  private var isRunning = true
  private var keepsTrace: Bool

  init(seed: UInt64, keepsTrace: Bool = false) {
    random = SeededRandom(seed: seed)
    self.keepsTrace = keepsTrace
    let plan = SimulationPlan(&random)
    faults = plan.faults
    hosts = plan.hosts.map {
      SimulatedHost($0.name, installed: plan.current.contains($0.name) ? Self.target : Self.old)
    }
    inventory = plan.hosts
    let header = SampleRecord.header(plan.hosts.map(\.name)) { $0.policy = plan.policy }
    record = RolloutRecord(header, at: UTC.text(now))
    var first = EventLine(header)
    (first.seq, first.time) = (1, UTC.text(now))
    log = [first]
    for index in hosts.indices where chance(faults.powerPercent) {
      schedule(.power(index), after: 0...4_000_000)
    }
    for index in hosts.indices where chance(faults.lossPercent) {
      let down = int(0...3_000)
      put(.link(index, isUp: false), at: now + Int64(down) * 1000)
      put(.link(index, isUp: true), at: now + Int64(down + int(1...4_000)) * 1000)
    }
  }

  // MARK: Luck and time

  mutating func chance(_ percent: Int) -> Bool {
    percent > 0 && Int.random(in: 0..<100, using: &random) < percent
  }
  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  private mutating func schedule(_ item: Item, after milliseconds: ClosedRange<Int>) {
    put(item, at: now + Int64(int(milliseconds)))
  }

  /// The latest stands first; of two at one time the one that was put first comes first.
  private mutating func put(_ item: Item, at time: Int64) {
    items += 1
    var (low, high) = (0, queue.count)
    while low < high {
      let middle = (low + high) / 2
      if queue[middle].time > time { low = middle + 1 } else { high = middle }
    }
    queue.insert((time, items, item), at: low)
  }

  private func note(_ text: @autoclosure () -> String) {
    if keepsTrace { notes.trace.append("\(UTC.text(now)) \(text())") }
  }

  func must(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { notes.broken.append("\(UTC.text(now)) \(what())") }
  }

  // MARK: Running

  /// Until the rollout has ended, or nothing happens any more.
  mutating func run() {
    if log.count == 1 { begin() }
    var steps = 0
    // What is still to come stays in the queue: hosts go on without a coordinator.
    while record.rollout.ending == nil || !isRunning, let next = queue.popLast() {
      now = max(now, next.time)
      handle(next.item)
      steps += 1
      guard steps < 60_000, broken.isEmpty else { break }
    }
    must(
      record.rollout.ending != nil, "it stands still: \(record.rollout.members.map { ($0.name, $0.place) })")
    if broken.isEmpty { checkReport() }
  }

  /// The hosts were asked before it began; their answers come in any order.
  private mutating func begin() {
    send(.begun)
    guard isRunning else { return }
    for member in record.rollout.members { begin(.probe(member.name)) }
  }

  /// Another run, on a later day, of a person who comes back.
  mutating func resume(afterSeconds seconds: Int64) {
    settleHosts(seconds)
    kill()
    note("resumed")
    start(.resumed(nil, asks: true))
    run()
  }

  /// Hosts end by themselves what they are at while nobody drives them.
  private mutating func settleHosts(_ seconds: Int64) {
    let end = now + seconds * 1000
    while let next = queue.last, next.time <= end, broken.isEmpty {
      queue.removeLast()
      now = max(now, next.time)
      switch next.item {
      case .host, .power, .kill, .link, .request: handle(next.item)
      case .worker, .news, .soak, .resume: break
      }
    }
    now = end
  }

  private mutating func handle(_ item: Item) {
    switch item {
    case .host(let index, let process): step(index, process)
    case .power(let index):
      guard !isCalm else { return }
      note("\(hosts[index].name): power lost (\(hosts[index].state.rawValue))")
      hosts[index].losePower()
      wake(index)
    case .kill(let index):
      guard !isCalm else { return }
      note("\(hosts[index].name): agent killed (\(hosts[index].state.rawValue))")
      hosts[index].killAgent()
      wake(index)
    case .link(let index, let isUp):
      guard isUp || !isCalm else { return }
      note("\(hosts[index].name): link \(isUp ? "up" : "down")")
      hosts[index].isLinked = isUp
    case .worker(let number): tickWorker(number)
    case .request(let index, let asked): request(asked, at: index)
    case .news(let event, let from): if from == epoch, isRunning { send(event) }
    case .soak(let soak, let watched, let from): if from == epoch, isRunning { watch(soak, watched) }
    case .resume: start(.resumed(nil, asks: true))
    }
  }

  // MARK: Hosts

  private mutating func wake(_ index: Int) {
    guard let process = hosts[index].process else { return }
    schedule(.host(index, process: process.number), after: 200...20_000)
  }

  private mutating func step(_ index: Int, _ process: Int) {
    guard hosts[index].process?.number == process else { return }
    let before = hosts[index]
    let trouble = trouble()
    if hosts[index].step(now: now, { trouble($0) }) { wake(index) }
    if hosts[index].state == .stopping, before.state != .stopping { checkStop(index) }
    if hosts[index].state != before.state { note("\(before.name): \(hosts[index].state.rawValue)") }
    if !isCalm, chance(faults.killPercent) { schedule(.kill(index), after: 0...20_000) }
  }

  private mutating func trouble() -> (Upgrade.Task) -> SimulatedHost.Trouble {
    guard !isCalm, chance(faults.troublePercent) else { return { _ in .none } }
    let kind: SimulatedHost.Trouble = chance(50) ? .failsBefore : .failsAfter
    return { _ in kind }
  }

  /// An order arrives at its host. What it answers.
  @discardableResult
  mutating func request(_ asked: HostRequest, at index: Int) -> Cause? {
    let hadProcess = hosts[index].process?.number
    let refusal: Cause?
    switch asked {
    case .stage(let job, let target, let isRollback):
      refusal = hosts[index].stage(job, target: target, isRollback: isRollback)
    case .cutover(let job, let seconds, let seen):
      refusal = hosts[index].cutover(job, expires: now + Int64(seconds) * 1000, seen: seen)
    case .cancel(let job):
      hosts[index].cancel(job)
      refusal = nil
    }
    note("\(hosts[index].name) is asked: \(asked)\(refusal.map { ", refuses: \($0.text)" } ?? "")")
    if hosts[index].process?.number != hadProcess { wake(index) }
    return refusal
  }

  /// A request that is still under way when nobody waits for its answer any more.
  mutating func later(_ asked: HostRequest, to index: Int) {
    schedule(.request(index, asked), after: 0...(RolloutLimits.orderTransitSeconds * 1000 - 1))
  }

  // MARK: The coordinator

  private mutating func start(_ event: Rollout.Event) {
    epoch += 1
    isRunning = true
    send(event)
  }

  /// The coordinator is gone; what it had written is not.
  private mutating func kill() {
    workers = []
    isRunning = false
    epoch += 1
    guard let again = RolloutRecord(lines: log) else { return must(false, "the log cannot be read") }
    must(again.rollout == record.rollout, "a log that is read again is another rollout")
    record = again
  }

  mutating func tell(_ event: Rollout.Event) {
    put(.news(event, epoch: epoch), at: now)
    if canBeDoubled(event), !isCalm, chance(faults.doubledPercent) {
      schedule(.news(event, epoch: epoch), after: 0...30_000)
    }
  }

  /// What a worker may hear twice, since agents repeat how a job rests.
  private func canBeDoubled(_ event: Rollout.Event) -> Bool {
    switch event {
    case .staged(_, let result), .cutoverRested(_, let result): result.outcome != nil
    case .hostProbed, .hostUnreachable, .connectionLost, .orderExpired, .wentBack, .turnedUnwell: true
    default: false
    }
  }

  private mutating func send(_ event: Rollout.Event) {
    let wasStopping = record.rollout.isStopping
    var line = EventLine(event)
    line.seq = record.lastSeq + 1
    line.time = UTC.text(now)
    log.append(line)
    note("\(event)")
    let wasPlanned = record.rollout.phase == .planned
    let actions = record.add(line)
    // Who said yes did so before it began.
    if wasPlanned, record.rollout.phase == .asking { tell(.planApproved) }
    checkActions(actions, wasStopping: wasStopping, event)
    if log.count == crashBehind { return crash() }
    for action in actions {
      if !isCalm, crashBehind == nil, int(0...999) < faults.crashPerThousand { return crash() }
      begin(action)
    }
    if !isCalm, record.rollout.ending == nil, int(0...999) < faults.interruptPerThousand {
      send(.interrupted)
    }
  }

  private mutating func crash() {
    note("the coordinator dies")
    kill()
    schedule(.resume, after: 1_000...(chance(20) ? 40_000_000 : 400_000))
  }

  private mutating func begin(_ action: Rollout.Action) {
    note("→ \(action)")
    switch action {
    case .probe(let name): work(.probe, name, seconds: 30)
    case .askPlan: tellLater(.planApproved, after: 0...20_000)
    case .stage(let name): work(.stage, name, seconds: RolloutLimits.stageAwaySeconds)
    case .mayGo(let name): tell(mayGo(name))
    case .cutover(let name, let lifetimeSeconds):
      work(.cutover, name, seconds: RolloutLimits.orderAwaySeconds) { $0.lifetimeSeconds = lifetimeSeconds }
    case .follow(let name):
      let doubt = now + Int64(RolloutLimits.orderTransitSeconds) * 1000
      work(.follow, name, seconds: Int(Self.cutoverMilliseconds / 1000)) {
        ($0.isLost, $0.doubtUntil) = (true, doubt)
      }
    case .goBack(let name, let mayBeUnderWay):
      let seconds = mayBeUnderWay ? Int(Self.cutoverMilliseconds / 1000) : RolloutLimits.orderAwaySeconds
      work(.goBack, name, job: record.rollout.rollbackJob(of: name), seconds: seconds) {
        $0.mayBeUnderWay = mayBeUnderWay
      }
    case .cancel(let name): work(.cancel, name, seconds: 0)
    case .soak(let seconds, let watched): watch(Soak(seconds: seconds, began: now), watched)
    case .finish: break
    }
  }

  private mutating func tellLater(_ event: Rollout.Event, after milliseconds: ClosedRange<Int>) {
    schedule(.news(event, epoch: epoch), after: milliseconds)
  }

  private mutating func work(
    _ kind: SimulatedWorker.Kind, _ name: String, job: String? = nil, seconds: Int,
    _ change: (inout SimulatedWorker) -> Void = { _ in }
  ) {
    guard let host = hosts.firstIndex(where: { $0.name == name }) else { return }
    workerCount += 1
    var worker = SimulatedWorker(
      number: workerCount, host: host, kind: kind, job: job ?? record.rollout.job(of: name),
      deadline: now + Int64(seconds) * 1000)
    change(&worker)
    workers.append(worker)
    schedule(.worker(worker.number), after: 10...3_000)
  }

  private mutating func tickWorker(_ number: Int) {
    guard let index = workers.firstIndex(where: { $0.number == number }) else { return }
    var worker = workers[index]
    let goesOn = tick(&worker)
    guard let index = workers.firstIndex(where: { $0.number == number }) else { return }
    if goesOn {
      workers[index] = worker
      schedule(.worker(number), after: 1_000...(worker.isLost ? 30_000 : 6_000))
    } else {
      workers.remove(at: index)
    }
  }

  private func mayGo(_ name: String) -> Rollout.Event {
    guard let host = inventory.first(where: { $0.name == name }) else { return .orderExpired(name) }
    return switch gate.ask(host, in: record, now: now) {
    case .open(let lifetimeSeconds): .cleared(name, lifetimeSeconds: lifetimeSeconds)
    case .closed(let cause): .notNow(name, cause)
    }
  }

  func gateForRollback(_ host: Int) -> CutoverGate.Answer {
    gate.window(
      of: inventory[host], lifetimeSeconds: record.header.policy.orderLifetimeSeconds, now: now)
  }

  private mutating func watch(_ soak: Soak, _ watched: [String]) {
    var soak = soak
    // The first time it only waits.
    if let pause = soak.pause(now: now) {
      for name in watched {
        let host = hosts.first { $0.name == name }
        let isUnwell = host?.isUp == false || !isCalm && chance(faults.unwellPercent)
        let health: AppHealth =
          host?.isLinked == false
          ? .unknown : isUnwell ? .unwell(.init(code: .unhealthy, text: "unwell")) : .well
        guard let cause = soak.heard(name, health) else { continue }
        return tell(.turnedUnwell(name, cause))
      }
      put(.soak(soak, watched, epoch: epoch), at: now + max(1, pause))
    } else {
      tell(.soaked)
    }
  }
}
