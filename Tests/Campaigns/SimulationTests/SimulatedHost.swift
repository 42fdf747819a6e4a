import Agent
import Wire

@testable import Upgrade

/// One host of a simulation: the real ``Upgrade`` above a simulated disk. What is on the disk survives a
/// power cut, the process does not. Time and luck come from outside.
struct SimulatedHost {
  /// A job's folder on the disk.
  struct Job {
    var isRollback: Bool
    var from: String
    var target: String
    /// How it rested, each time.
    var rests: [JobResult] = []
    /// The last line of its story says that it goes on.
    var isUnderWay = false
    var isCancelled = false
    var order: (boot: Int, expires: Int64)?
    var stagedBoot = 0
    /// How often its cutover began.
    var stops = 0
  }

  struct Process {
    var number: Int
    var job: String
    var upgrade: Upgrade
    var action: Upgrade.Action
  }

  enum Trouble { case none, failsBefore, failsAfter }

  let name: String
  // The disk.
  private(set) var state = Upgrade.State.idle
  private(set) var openJob: String?
  private(set) var cause: Cause?
  private(set) var installed: String
  private(set) var tree: String?
  private(set) var jobs: [String: Job] = [:]
  private(set) var lastJob: String?
  private(set) var isMarked = false
  // What is lost with the power.
  private(set) var boot = 1
  private(set) var process: Process?
  private(set) var isUp = true
  private var processes = 0
  var isLinked = true

  init(_ name: String, installed: String) {
    self.name = name
    self.installed = installed
  }

  /// Its app is being stopped, exchanged or started again.
  var isInCutover: Bool { process != nil && ![.idle, .begin, .staged].contains(state) }

  // MARK: Orders, as the agent's `Orders` takes them

  mutating func stage(_ id: String, target: String, isRollback: Bool) -> Cause? {
    let isKnown = jobs[id] != nil
    if isKnown, jobs[id]?.isCancelled == false, !isOver(id), !isStale(id) { return nil }
    guard process == nil, state == .idle || state == .staged else {
      return Cause(code: .claimed, step: .check, text: "the job \(openJob ?? "") is open")
    }
    var job = jobs[id] ?? Job(isRollback: isRollback, from: installed, target: target)
    job.isCancelled = false
    job.isUnderWay = true
    job.order = nil
    jobs[id] = job
    lastJob = id
    begin(id, .stage())
    return nil
  }

  /// - Parameter seen: how often the job had rested when that was ordered.
  mutating func cutover(_ id: String, expires: Int64, seen: Int) -> Cause? {
    guard openJob == id, state == .staged else {
      if let job = jobs[id], job.isUnderWay || job.rests.last?.outcome != nil { return nil }
      return Cause(code: .stageExpired, step: .ask, text: "\(id) is not staged here")
    }
    guard process == nil else { return nil }
    guard jobs[id]?.rests.count ?? 0 <= seen else {
      return Cause(code: .orderExpired, step: .ask, text: "the order is older than what became of \(id)")
    }
    jobs[id]?.isCancelled = false
    jobs[id]?.isUnderWay = true
    jobs[id]?.order = (boot, expires)
    begin(id, .cutover())
    return nil
  }

  mutating func cancel(_ id: String) {
    guard jobs[id] != nil else { return }
    jobs[id]?.isCancelled = true
    guard process == nil, openJob == id, state == .staged else { return }
    begin(id, .abandon())
  }

  private func isOver(_ id: String) -> Bool {
    guard let job = jobs[id], !job.isUnderWay, let outcome = job.rests.last?.outcome else { return false }
    if outcome == .deferred, job.rests.last?.reason?.code != .stageExpired { return openJob != id }
    return true
  }

  private func isStale(_ id: String) -> Bool {
    openJob == id && state == .staged && process == nil && jobs[id]?.stagedBoot != boot
  }

  // MARK: The process

  private mutating func begin(_ id: String, _ upgrade: Upgrade) {
    var upgrade = upgrade
    processes += 1
    let action = upgrade.start()
    process = Process(number: processes, job: id, upgrade: upgrade, action: action)
  }

  /// Does the action that is due. True while there is more to do.
  mutating func step(now: Int64, _ trouble: (Upgrade.Task) -> Trouble) -> Bool {
    guard var running = process else { return false }
    let event: Upgrade.Event
    switch running.action {
    case .record(let next):
      if next == .stopping { jobs[running.job]?.stops += 1 }
      if next == .staged { jobs[running.job]?.stagedBoot = boot }
      (state, openJob, cause) = (next, next == .idle ? nil : running.job, running.upgrade.firstCause)
      event = .done
    case .perform(let task):
      event = perform(task, running.job, now, trouble(task))
    case .rest(let outcome):
      rest(running.job, outcome, running.upgrade)
      process = nil
      return false
    }
    running.action = running.upgrade.handle(event)
    process = running
    return true
  }

  private mutating func perform(
    _ task: Upgrade.Task, _ id: String, _ now: Int64, _ trouble: Trouble
  ) -> Upgrade.Event {
    guard let job = jobs[id] else { return .done }
    if let refusal = refusal(task, job, now) { return .failed(refusal) }
    if trouble != .failsBefore { affect(task, job) }
    return trouble == .none ? .done : .failed(Self.reason(task))
  }

  /// What is taken back, or comes too late.
  private func refusal(_ task: Upgrade.Task, _ job: Job, _ now: Int64) -> Cause? {
    switch task {
    case .check, .account, .receive, .extract, .prepare, .rehearse, .complete, .carryEarly:
      guard job.isCancelled else { return nil }
    case .ask:
      guard let order = job.order, order.boot == boot, now < order.expires else {
        return Cause(code: .orderExpired, step: .ask, text: "the order has expired")
      }
      guard job.stagedBoot == boot else {
        return Cause(code: .stageExpired, step: .ask, text: "the host has booted since")
      }
      guard job.isCancelled else { return nil }
    default: return nil
    }
    return Cause(code: .cancelled, step: .check, text: "it was called off")
  }

  private mutating func affect(_ task: Upgrade.Task, _ job: Job) {
    switch task {
    case .extract: tree = job.target
    case .stop, .halt: isUp = false
    case .swap: if tree == job.target { exchange() }
    case .exchangeBack: if installed == job.target, tree == job.from { exchange() }
    case .restart, .startOld: isUp = true
    case .mark: isMarked = true
    case .settle, .discard: tree = nil
    default: break
    }
  }

  private mutating func exchange() {
    if let other = tree { (installed, tree) = (other, installed) }
  }

  private static func reason(_ task: Upgrade.Task) -> Cause {
    switch task {
    case .prepare: Cause(code: .prepare, step: .prepare, text: "no network")
    case .rehearse: Cause(code: .rehearsal, step: .rehearse, text: "no such table")
    case .ask: Cause(code: .guardSaidNo, step: .ask, text: "the lamp is on")
    case .migrate: Cause(code: .migrate, step: .migrate, text: "exit 1")
    case .prove: Cause(code: .prove, step: .prove, text: "unwell")
    case .check: Cause(code: .space, step: .check, text: "no space")
    default: Cause(code: .io, step: .settle, text: "\(task)")
    }
  }

  private mutating func rest(_ id: String, _ outcome: Outcome?, _ upgrade: Upgrade) {
    guard let job = jobs[id] else { return }
    let isRollback = id.hasSuffix(".back")
    var result = JobResult(
      job: id, outcome: outcome == .upgraded && isRollback ? .restored : outcome, from: job.from,
      target: job.target)
    result.now = installed
    result.healthy = isUp
    result.reason = upgrade.firstCause
    result.undoReason = upgrade.undoCause
    jobs[id]?.rests.append(result)
    jobs[id]?.isUnderWay = false
  }

  // MARK: What befalls it

  /// The power fails, and is back at once: the app starts by itself, and what was open is ended.
  mutating func losePower() {
    boot += 1
    let lost = process
    process = nil
    isUp = true
    recover(cause, lost)
  }

  /// The agent's process is killed; its unit recovers.
  mutating func killAgent() {
    guard let lost = process else { return }
    process = nil
    let crash = Cause(code: .crashed, step: .undo, text: "the agent ended in the middle of the job")
    recover(cause ?? crash, lost)
  }

  /// A story that was cut off is ended: what waits, waits still; what is over is told again.
  private mutating func recover(_ cause: Cause?, _ lost: Process?) {
    guard let id = lost?.job ?? openJob ?? lastJob, jobs[id]?.isUnderWay == true else { return }
    switch (state, lost?.action) {
    case (.staged, _) where openJob != id, (.idle, .record?), (.idle, .perform?):
      // Ordered, and never begun.
      rest(id, .refused, .recover(from: .begin, cause: cause ?? Self.reason(.check)))
    case (.idle, .rest(let outcome)?), (.staged, .rest(let outcome)?):
      // The journal knows how it ended; only the last word is missing.
      if let lost { rest(id, outcome, lost.upgrade) }
    case (.staged, _): rest(id, nil, .cutover())
    case (_, _): begin(id, .recover(from: state, cause: cause))
    }
  }

  /// How often the job has rested.
  func rests(_ id: String) -> Int { jobs[id]?.rests.count ?? 0 }

  /// How the job rests, as a follower hears it; nil: it goes on.
  func rested(_ id: String) -> JobResult? {
    guard let job = jobs[id], !job.isUnderWay else { return nil }
    return job.rests.last
  }
}
