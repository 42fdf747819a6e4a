import Testing
import Wire

@testable import Rollout
@testable import Coordinator

/// How a simulated host fares.
struct Fate: Equatable, Sendable {
  enum Probe: Sendable { case goes, current, refused, unreachable }
  enum Stage: Sendable { case ready, prepareFails, rehearsalFails, noSpace, deferred, unreachable, wrongKey }
  enum Cutover: Sendable { case upgraded, rolledBack, failed, deferred, interrupted, unreachable }
  /// What the gate says when its turn comes.
  enum Gate: Sendable { case open, closed }
  /// How it is while it is watched, and how its way back goes.
  enum Watch: Sendable { case well, turnsUnwell }
  enum Back: Sendable { case comesBack, refuses, undone, failed, dies }
  enum Line: Sendable {
    case holds
    /// Breaks in the cutover; the host is heard of again.
    case breaks
    /// Breaks, and the host is never heard of again.
    case dies
    /// The order never arrives, and the connection breaks.
    case losesOrder
  }
  var probe = Probe.goes
  var stage = Stage.ready
  var cutover = Cutover.upgraded
  var line = Line.holds
  var gate = Gate.open
  var watch = Watch.well
  var back = Back.comesBack

  static let good = Fate()
}

/// The pure machine among simulated agents: performs actions in any order, keeps the log that a
/// runner would keep, and holds what must always hold after every event.
struct RolloutWorld {
  struct Agent {
    var isStaged = false
    var executions = 0
    var outcome: Outcome?
    var ordersLost = 0
    /// How its way back ended, and how often it was gone.
    var back: Outcome?
    var waysBack = 0
  }
  enum Work: Equatable {
    case action(Rollout.Action)
    case reappear(String)
    case expire(String)
  }

  private(set) var fates: [String: Fate]
  private(set) var rollout: Rollout
  private(set) var log: [Rollout.Event] = []
  private(set) var agents: [String: Agent]
  private(set) var cutovers: [String] = []
  private(set) var actions: [Rollout.Action] = []
  var work: [Work] = []
  /// What was found wrong; empty when all held.
  private(set) var broken: [String] = []

  init(_ hosts: [(String, Fate)], _ policy: Rollout.Policy) {
    fates = Dictionary(uniqueKeysWithValues: hosts)
    agents = Dictionary(uniqueKeysWithValues: hosts.map { ($0.0, Agent()) })
    rollout = Rollout(id: "r", policy: policy, hosts: hosts.map(\.0))
  }

  var outcomes: [String: Outcome] {
    Dictionary(
      uniqueKeysWithValues: rollout.members.compactMap { member in
        member.outcome.map { (member.name, $0) }
      })
  }

  /// From the beginning to the end, the first work first.
  mutating func run() {
    send(.begun)
    finish { _ in 0 }
  }

  mutating func finish(pick: (Int) -> Int) {
    var steps = 0
    while !work.isEmpty, rollout.ending == nil, steps < 10_000 {
      perform(work.remove(at: pick(work.count)))
      steps += 1
    }
    if rollout.ending == nil { broken.append("it stands still with \(rollout.members.map(\.place))") }
  }

  mutating func send(_ event: Rollout.Event) {
    let wasStopping = rollout.isOverForTests
    log.append(event)
    let wasPlanned = rollout.phase == .planned
    let new = rollout.handle(event)
    check(new, wasStopping: wasStopping, event)
    actions += new
    work += new.map { .action($0) }
    // Who said yes did so before it began.
    if wasPlanned, rollout.phase == .asking { work.append(.action(.askPlan)) }
    // The hosts were asked before it began; their answers come in any order.
    if event == .begun { work += rollout.members.map { .action(.probe($0.name)) } }
  }

  /// Its window opens, or the canary's time is over.
  mutating func open(_ host: String) { fates[host]?.gate = .open }

  /// The coordinator dies, with `count` events in its log; what it was about to do is gone. The agents
  /// live on: orders that they have are carried out.
  mutating func crash(keeping count: Int) {
    log = Array(log.prefix(count))
    work = []
    let events = log
    rollout = Rollout(
      id: rollout.id, policy: rollout.policy, hosts: rollout.members.map(\.name), resuming: events)
  }

  // MARK: What hosts do

  mutating func perform(_ work: Work) {
    switch work {
    case .action(.probe(let host)): probe(host)
    case .action(.askPlan): send(.planApproved)
    case .action(.stage(let host)): stage(host)
    case .action(.cutover(let host, _)): cutover(host)
    case .action(.follow(let host)): follow(host)
    case .action(.mayGo(let host)): clear(host)
    case .action(.soak(_, let watched)): soak(watched)
    case .action(.goBack(let host, _)): goBack(host)
    case .action(.cancel), .action(.finish): break
    case .reappear(let host):
      send(.heardFrom(host))
      rest(host)
    case .expire(let host): send(.orderExpired(host))
    }
  }

  private mutating func probe(_ host: String) {
    if agents[host]?.outcome != nil { return rest(host) }
    switch fates[host]?.probe ?? .goes {
    case .goes: send(.hostProbed(host, .goes(from: "4.1.0")))
    case .current: send(.hostProbed(host, .rests(.current, from: "4.2.0", nil)))
    case .refused:
      send(.hostProbed(host, .rests(.refused, from: "4.1.0", .init(code: .marked, text: "marked"))))
    case .unreachable: send(.hostUnreachable(host, .init(code: .unreachable, text: "no route")))
    }
  }

  private mutating func stage(_ host: String) {
    if agents[host]?.isStaged == true { return send(.staged(host, result(host, nil))) }
    switch fates[host]?.stage ?? .ready {
    case .ready:
      agents[host]?.isStaged = true
      send(.staged(host, result(host, nil)))
    case .prepareFails: send(.staged(host, result(host, .refused, .prepare, .prepare)))
    case .rehearsalFails: send(.staged(host, result(host, .refused, .rehearsal, .rehearse)))
    case .noSpace: send(.staged(host, result(host, .refused, .space, .check)))
    case .deferred: send(.staged(host, result(host, .deferred, .notNow, .prepare)))
    case .unreachable: send(.hostUnreachable(host, .init(code: .unreachable, text: "gone")))
    case .wrongKey: send(.stageFailed(host, .init(code: .hostKey, text: "its key changed")))
    }
  }

  private mutating func clear(_ host: String) {
    switch fates[host]?.gate ?? .open {
    case .open: send(.cleared(host, lifetimeSeconds: 900))
    case .closed: send(.notNow(host, .init(code: .window, text: "window opens Sat 10:00")))
    }
  }

  private mutating func soak(_ watched: [String]) {
    if let host = watched.first(where: { fates[$0]?.watch == .turnsUnwell }) {
      send(.turnedUnwell(host, .init(code: .unhealthy, step: .prove, text: "it is unwell")))
    } else {
      send(.soaked)
    }
  }

  private mutating func goBack(_ host: String) {
    let fate = fates[host]?.back ?? .comesBack
    if fate == .refuses { return send(.staysUpgraded(host, .init(code: .space, text: "no room"))) }
    if agents[host]?.back == nil {
      agents[host]?.waysBack += 1
      agents[host]?.back =
        switch fate {
        case .comesBack, .dies: .restored
        case .undone: .rolledBack
        case .failed: .failed
        case .refuses: .refused
        }
    }
    if fate == .dies { return send(.orderExpired(host)) }
    var result = JobResult(job: rollout.rollbackJob(of: host), outcome: agents[host]?.back, target: "4.1.0")
    if fate != .comesBack { result.reason = Cause(code: .prove, step: .prove, text: "not back") }
    send(.wentBack(host, result))
  }

  private mutating func cutover(_ host: String) {
    let fate = fates[host] ?? .good
    cutovers.append(host)
    if fate.cutover == .unreachable {
      return send(.hostUnreachable(host, .init(code: .unreachable, text: "gone")))
    }
    if fate.line == .losesOrder, agents[host]?.ordersLost == 0 {
      agents[host]?.ordersLost += 1
      send(.connectionLost(host))
      return work.append(.reappear(host))
    }
    execute(host)
    switch fate.line {
    case .holds, .losesOrder: rest(host)
    case .breaks:
      send(.connectionLost(host))
      work.append(.reappear(host))
    case .dies:
      send(.connectionLost(host))
      work.append(.expire(host))
    }
  }

  /// As an agent does: the same order twice is the same job.
  mutating func execute(_ host: String) {
    guard agents[host]?.outcome == nil else { return }
    agents[host]?.executions += 1
    agents[host]?.outcome =
      switch fates[host]?.cutover ?? .upgraded {
      case .upgraded: .upgraded
      case .rolledBack: .rolledBack
      case .failed: .failed
      case .deferred: .deferred
      case .interrupted: .interrupted
      case .unreachable: .unreachable
      }
  }

  private mutating func follow(_ host: String) {
    if fates[host]?.line == .dies { return send(.orderExpired(host)) }
    send(.heardFrom(host))
    rest(host)
  }

  /// What the agent's journal says.
  private mutating func rest(_ host: String) {
    send(.cutoverRested(host, result(host, agents[host]?.outcome)))
  }

  private func result(
    _ host: String, _ outcome: Outcome?, _ code: Cause.Code? = nil, _ step: Step = .prove
  ) -> JobResult {
    var result = JobResult(job: "r", outcome: outcome, from: "4.1.0", target: "4.2.0")
    result.reason = code.map { Cause(code: $0, step: step, text: "because") }
    return result
  }

  // MARK: What must always hold

  private mutating func check(
    _ new: [Rollout.Action], wasStopping: Bool, _ event: Rollout.Event
  ) {
    func must(_ holds: Bool, _ what: String) {
      if !holds { broken.append("\(what), after \(event)") }
    }
    let policy = rollout.policy
    let inCutover = rollout.members.filter(\.place.isInCutover).map(\.name)
    var resumed = false
    if case .resumed = event { resumed = true }
    must(inCutover.count <= policy.maxParallel, "\(inCutover) are in their cutover")
    for set in policy.neverTogether {
      must(inCutover.filter(set.contains).count <= 1, "\(inCutover) are together")
    }
    for action in new {
      switch action {
      case .cutover(let host, _):
        let early = rollout.members.filter {
          [.unseen, .probing, .planned, .staging].contains($0.place)
        }
        must(early.isEmpty, "\(host) is cut over before \(early.map(\.name)) staged")
        must(rollout.wave?.hosts.contains(host) == true, "\(host) is cut over out of its batch")
        must(!wasStopping, "\(host) is cut over after the halt")
      case .stage(let host): must(!wasStopping || resumed, "\(host) is staged after the halt")
      case .probe(let host): must(!wasStopping || resumed, "\(host) is probed after the halt")
      case .mayGo(let host): must(!wasStopping, "\(host) is asked for after the halt")
      case .goBack(let host, _):
        must(policy.rollsBack, "\(host) goes back without having been asked to")
        must(agents[host]?.outcome == .upgraded, "\(host) goes back from nothing")
      case .follow, .cancel, .askPlan, .soak: break
      case .finish:
        must(rollout.members.allSatisfy { $0.outcome != nil }, "it ends with hosts that have no outcome")
        must(inCutover.isEmpty, "it ends with \(inCutover) in their cutover")
      }
    }
    if let wave = rollout.wave, !wave.isCanary {
      let allowed =
        policy.batches.map { batch in
          switch batch {
          case .hosts(let count): count
          case .percent(let percent): max(1, rollout.members.count * percent / 100)
          }
        }.max() ?? .max
      must(wave.hosts.count <= allowed, "a batch of \(wave.hosts)")
    }
    for (host, agent) in agents {
      must(agent.executions <= 1, "\(host) was cut over \(agent.executions) times")
      must(agent.waysBack <= 1, "\(host) went back \(agent.waysBack) times")
    }
  }

  /// The report is what the agents know.
  mutating func checkEnd() {
    for member in rollout.members {
      let agent = agents[member.name] ?? Agent()
      let fate = fates[member.name] ?? .good
      let isTrue: Bool =
        switch member.outcome {
        case .upgraded: agent.outcome == .upgraded && agent.back != .restored
        case .rolledBack: agent.outcome == .rolledBack || agent.back == .restored
        case .failed:
          agent.outcome == .failed || agent.back == .failed
            || agent.outcome == .upgraded && fate.watch == .turnsUnwell
        case .interrupted: agent.outcome == member.outcome
        case .untouched, .current, .refused: agent.executions == 0
        case .deferred: agent.executions == 0 || agent.outcome == .deferred
        case .unreachable: agent.executions == 0
        case .unknown: fate.line != .holds || fate.back == .dies
        // A host of a rollout is upgraded, or not.
        case .restored, nil: false
        }
      if !isTrue {
        broken.append("\(member.name) is called \(String(describing: member.outcome)), and is \(agent)")
      }
    }
  }
}

extension Rollout {
  /// Whether nothing new may begin, as a test sees it from outside.
  var isOverForTests: Bool {
    ending != nil || halt != nil || failures > policy.maxFailures
  }
}

extension Rollout.Policy {
  /// Without a soak, changed as a test needs it.
  static func with(_ change: (inout Rollout.Policy) -> Void = { _ in }) -> Rollout.Policy {
    var policy = Rollout.Policy()
    policy.soakSeconds = 0
    change(&policy)
    return policy
  }
}
