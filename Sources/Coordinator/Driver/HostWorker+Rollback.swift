import Inventory
import Rollout
import Hosts
import Wire

/// Back to the backup, where `on_failure: rollback` takes an upgrade back.
extension HostWorker {
  struct Rollback: Sendable {
    var order: RollbackOrder
    /// What the host is claimed for: the upgrade that is taken back.
    var claimedFor: String
    /// Another coordinator may have ordered it already.
    var mayBeUnderWay: Bool
    /// Whether the host may be cut over now, and how long the order may live.
    var mayGo: @Sendable () -> CutoverGate.Answer
  }

  /// Stages the backup and cuts over to it, as any job: what is known there is followed, never repeated.
  func goBack(_ way: Rollback) async {
    isBusy = true
    defer { isBusy = false }
    let whole = Self.cutoverSeconds(way.order.profile, lifetimeSeconds: RolloutLimits.orderLifetimeSeconds)
    var mayBeUnderWay = way.mayBeUnderWay
    var patience = RetryBackoff(time, seconds: mayBeUnderWay ? whole : RolloutLimits.orderAwaySeconds)
    let limit = JobLimit(time)
    var hasExpired = false
    var told: HostError?
    var seq = 0
    while !Task.isCancelled {
      let (before, wasUnderWay) = (seq, mayBeUnderWay)
      do throws(HostError) {
        return tell(.event(try await goBackOnce(way, &mayBeUnderWay, &seq, limit)))
      } catch {
        await drop()
        if mayBeUnderWay, !wasUnderWay { patience.lastAtLeast(seconds: whole) }
        if case .notBelieved = error {
          return tell(.event(.notBelieved(host.name, Cause(error, at: host.name))))
        }
        // What may be under way is followed to its end, whatever is in the way of that now.
        if !mayBeUnderWay {
          if error.isAway, await patience.wait() { continue }
          return tell(.event(.staysUpgraded(host.name, Cause(error, at: host.name))))
        }
        if !error.isAway, told != error {
          told = error
          var line = EventLine(name: .note, host: host.name)
          line.text = error.text(at: host.name)
          tell(.line(line))
        }
        if seq > before { patience.lastAtLeast(seconds: RolloutLimits.leastFollowSeconds) }
        if await !patience.wait() || limit.isOver, !hasExpired, !Task.isCancelled {
          hasExpired = true
          tell(.event(.orderExpired(host.name)))
        }
      }
    }
  }

  private func goBackOnce(
    _ way: Rollback, _ mayBeUnderWay: inout Bool, _ seq: inout Int, _ limit: JobLimit
  ) async throws(HostError) -> Rollout.Event {
    let (app, job) = (way.order.profile.app, way.order.job)
    func stays(_ reason: Cause) -> Rollout.Event { .staysUpgraded(host.name, reason) }
    let connection = try await connected()
    let refusal = try await claimed(connection, app: app, job: way.claimedFor)
    if let refusal, !mayBeUnderWay { return stays(refusal) }
    guard case .status(let status) = try await connection.ask(.status(app: app)) else {
      throw .protocolFault("the agent gave no status")
    }
    if status.openJob != job, let last = status.last, last.job == job, last.outcome != nil {
      return .wentBack(host.name, last)
    }
    if status.openJob != job {
      if let refusal { return stays(refusal) }
      if case .closed(let cause) = way.mayGo() { return .staysUpgraded(host.name, cause) }
      if let refusal = try await order(.rollback(way.order), over: connection) { return stays(refusal) }
    }
    mayBeUnderWay = true
    var result = try await follow(connection, app: app, job: job, &seq, limit, isRollback: true)
    if result.isCutShort { throw .lost("\(host.name): it goes down on its way back") }
    guard result.outcome == nil else { return .wentBack(host.name, result) }
    if let refusal { return stays(refusal) }
    switch way.mayGo() {
    case .closed(let cause):
      _ = try await connection.ask(.cancel(app: app, job: job))
      return .staysUpgraded(host.name, cause)
    case .open(let lifetimeSeconds):
      let cutover = CutoverOrder(app: app, job: job, lifetimeSeconds: lifetimeSeconds, seen: seq)
      if let refusal = try await order(.cutover(cutover), over: connection) { return stays(refusal) }
    }
    result = try await follow(connection, app: app, job: job, &seq, limit, isRollback: true)
    if result.isCutShort { throw .lost("\(host.name): it goes down on its way back") }
    if result.outcome == .deferred { _ = try await connection.ask(.cancel(app: app, job: job)) }
    return .wentBack(host.name, result)
  }
}
