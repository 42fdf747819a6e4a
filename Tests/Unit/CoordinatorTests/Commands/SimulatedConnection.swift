import CoordinatorSupport
import Synchronization
import SystemPackage
@testable import Wire

@testable import Inventory
@testable import Hosts
@testable import Coordinator

actor SimulatedConnection: HostConnection {
  let agent: SimulatedAgent
  let hello: HostHello
  /// Counts the connections to this host.
  private let number: Int

  init(_ agent: SimulatedAgent) {
    self.agent = agent
    number = agent.read { $0.connections }
    hello = HostHello(
      wire: 1, version: agent.read { $0.agentVersion }, architecture: agent.read { $0.conduct.architecture },
      bootID: "b", systemd: true,
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
    case .delta(let order):
      agent.change { $0.deltas.append(order) }
      if agent.read({ $0.conduct.breaksInDelta }) {
        throw .lost("\(agent.name): the connection broke")
      }
      let (answer, has) = agent.read { ($0.conduct.delta, $0.uploads.contains("/cache/delta")) }
      if case .unsupported = answer { return answer }
      return has ? answer : .send(from: 0)
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
    case .forewarn:
      if let refusal = agent.read({ $0.conduct.refusesForewarn }) { return refusal }
      return .forewarned(agent.read { $0.conduct.forewarns })
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
    if let refusal = agent.read({ $0.conduct.refusesUpload }) { throw .refused(refusal) }
    if agent.read({ $0.conduct.lacksDelta }), file == "/cache/delta" {
      throw .protocolFault("this machine: \(file) has 7 bytes, not \(size); fetch it again")
    }
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
    if found.isRollback, found.isOrdered, conduct.deniedRollbackFollows > 0 {
      agent.change { $0.conduct.deniedRollbackFollows -= 1 }
      throw .authentication("\(agent.name): login refused")
    }
    let goesDown = found.isRollback ? conduct.goesDownOnTheWayBack : conduct.goesDownInProve
    if found.isOrdered, goesDown, !hasBroken, let result = last.result {
      agent.change { $0.hasBroken = true }
      var down = result
      (down.outcome, down.now) = (.interrupted, result.target)
      return down
    }
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
