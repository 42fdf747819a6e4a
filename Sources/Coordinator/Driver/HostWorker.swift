import Text
import Hosts
import Inventory
import Catalogue
import Rollout
import Synchronization
import SystemPackage
package import Wire

/// One host's side of a rollout: owns its connection, tries again when it breaks, and says what it
/// hears. It decides nothing.
package actor HostWorker {
  /// What a host is to stage: a release that is pushed to it, or a backup that lies there.
  enum Staging: Sendable {
    case release(Order)
    case backup(RollbackOrder)

    var job: String {
      switch self {
      case .release(let order): order.stage.job
      case .backup(let order): order.job
      }
    }
  }

  /// To push a release and have it staged: made of one that was fetched and verified, and of nothing else.
  struct Order: Sendable {
    private(set) var stage: StageOrder
    let file: FilePath
    private(set) var listing: ListingFile?
    private(set) var delta: DeltaFile?

    init(_ release: FetchedRelease, job: String, profile: AppProfile, as header: RolloutHeader) {
      stage = StageOrder(
        job: job, release: release.name, unpackedBytes: release.unpackedBytes, profile: profile,
        retry: header.retry, leave: header.leave, repair: header.repair)
      file = release.file
    }

    /// With the listing of what is installed there now.
    func listing(_ installed: ListingFile) -> Order {
      var order = self
      order.listing = installed
      order.stage.installedListing = installed.artifact
      return order
    }

    /// With how it is made of what is installed there now.
    func delta(_ delta: DeltaFile) -> Order {
      var order = self
      order.delta = delta
      return order
    }
  }

  let host: Host
  /// The key under which its agent knows the install.
  let app: String
  private let connector: any HostConnector
  let time: TimeSource
  private let who: String
  private let inventory: String
  private let renewal: AgentRenewal
  private let leftClaims: LeftClaims
  private let rollout: String
  let tell: @Sendable (News) -> Void
  private var connection: (any HostConnection)?
  var isBusy = false
  /// What the host is claimed for: an agent takes orders only of the job that its claim names.
  private var claimedJob: String?
  /// On the monotonic clock, in milliseconds.
  private var claimedAt: Int64 = 0
  /// What was told of each job, over all connections.
  private var stories: [String: StoryBudget] = [:]
  private var hasRenewed = false
  /// No release could be made of it, or the connection broke over it: all of the archive is sent.
  var hasDeltaFailed = false

  init(
    host: Host, connector: any HostConnector, time: TimeSource, header: RolloutHeader, renewal: AgentRenewal,
    leftClaims: LeftClaims, tell: @escaping @Sendable (News) -> Void
  ) {
    self.host = host
    app = host.key(of: header.app)
    self.connector = connector
    self.time = time
    who = header.who
    inventory = header.inventory
    self.renewal = renewal
    self.leftClaims = leftClaims
    rollout = header.rollout
    self.tell = tell
  }

  // MARK: Stage

  /// Claims the host, pushes what it does not have, has it staged and follows that. A broken connection is made
  /// again: the agent knows the job, and has what it has of the release.
  func stage(_ staging: Staging, after seen: Int) async {
    isBusy = true
    defer { isBusy = false }
    var seq = seen
    var patience = RetryBackoff(time, seconds: RolloutLimits.stageAwaySeconds)
    let limit = JobLimit(time)
    while !Task.isCancelled {
      let before = seq
      do throws(HostError) {
        return tell(.event(.staged(host.name, try await stageOnce(staging, &seq, limit))))
      } catch {
        await drop()
        guard error.isAway else { return tell(.event(Self.stageFailed(host.name, error))) }
        if seq > before { patience.lastAtLeast(seconds: RolloutLimits.stageAwaySeconds) }
        guard !limit.isOver, await patience.wait() else {
          return tell(.event(.hostUnreachable(host.name, Cause(error, at: host.name))))
        }
      }
    }
  }

  private static func stageFailed(_ host: String, _ error: HostError) -> Rollout.Event {
    let cause = Cause(error, at: host)
    if case .notBelieved = error { return .notBelieved(host, cause) }
    return .stageFailed(host, cause)
  }

  private func stageOnce(
    _ staging: Staging, _ seq: inout Int, _ limit: JobLimit
  ) async throws(HostError) -> JobResult {
    let job = staging.job
    var connection = try await connected()
    if let refusal = try await claimed(connection, app: app, job: job) { return refused(job, refusal) }
    let request: Request
    switch staging {
    case .release(let order):
      connection = try await renewed(connection, app: app)
      connection = try await brought(order, over: connection)
      request = .stage(order.stage)
    // Nothing is to stand in the way of going back: not even a newer agent.
    case .backup(let order): request = .rollback(order)
    }
    if let refusal = try await order(request, over: connection) { return refused(job, refusal) }
    return try await follow(connection, app: app, job: job, &seq, limit)
  }

  /// An older agent is replaced before it gets work. Once only: what stays would stay again.
  private func renewed(
    _ connection: any HostConnection, app: String
  ) async throws(HostError) -> any HostConnection {
    guard !hasRenewed else { return connection }
    let result = try await renewal.renew(over: connection, app: app)
    hasRenewed = true
    var line = EventLine(name: .note, host: host.name)
    switch result {
    case .current: return connection
    case .renewed(let old, let new):
      line.text = "fleet-agent \(new) there now, instead of \(old)"
      tell(.line(line))
      await drop()
      return try await connected()
    case .stays(let old, let why):
      line.text = "its agent stays at \(old): \(why); fleet bootstrap \(host.name) brings this fleet's"
      tell(.line(line))
      return connection
    }
  }

  // MARK: Cutover

  /// Orders the cutover once and follows it. What cannot be reached before the order is unreachable;
  /// from the moment the order may have left, it is followed, never repeated.
  func cutover(_ order: CutoverOrder, profile: AppProfile, after seen: Int) async {
    isBusy = true
    defer { isBusy = false }
    var patience = RetryBackoff(time, seconds: RolloutLimits.orderAwaySeconds)
    while !Task.isCancelled {
      let connection: any HostConnection
      do throws(HostError) {
        connection = try await connected()
        // An idle connection may have died long ago: a claim is a question that changes nothing.
        if let refusal = try await claimed(connection, app: order.app, job: order.job) {
          return tell(.event(.cutoverRested(host.name, refused(order.job, refusal))))
        }
      } catch {
        await drop()
        if await patience.wait() { continue }
        return tell(.event(.hostUnreachable(host.name, Cause(error, at: host.name))))
      }
      var doubtUntil: Int64 = 0
      do throws(HostError) {
        if let refusal = try await self.order(.cutover(order), over: connection) {
          return tell(.event(.cutoverRested(host.name, refused(order.job, refusal))))
        }
      } catch {
        await drop()
        doubtUntil = self.doubtUntil
        tell(.event(.connectionLost(host.name)))
      }
      return await followToRest(
        app: order.app, job: order.job, after: seen, doubtUntil: doubtUntil,
        seconds: Self.cutoverSeconds(
          profile, lifetimeSeconds: order.lifetimeSeconds, confirmSeconds: order.confirmWithinSeconds ?? 0))
    }
  }

  /// Takes up a cutover that another coordinator ordered.
  func follow(job: String, after seen: Int, seconds: Int) async {
    // The other one's claim is given back at the end, and kept until then.
    claimedJob = job
    isBusy = true
    defer { isBusy = false }
    await followToRest(app: app, job: job, after: seen, doubtUntil: doubtUntil, seconds: seconds)
  }

  /// Until then an order that was sent just before, and whose answer nobody heard, may still arrive.
  private var doubtUntil: Int64 {
    time.monotonicMilliseconds() + Int64(RolloutLimits.orderTransitSeconds) * 1000
  }

  /// Until its end is known. Over its time it is reported as expired, and still tried: whatever the
  /// host says later counts.
  ///
  /// - Parameter doubtUntil: on the monotonic clock: before that, "staged, and no order here" is not believed.
  private func followToRest(
    app: String, job: String, after seen: Int, doubtUntil: Int64, seconds: Int
  ) async {
    var seq = seen
    var patience = RetryBackoff(time, seconds: seconds)
    let limit = JobLimit(time)
    var isLost = connection == nil
    var hasExpired = false
    while !Task.isCancelled {
      let before = seq
      do throws(HostError) {
        let connection = try await connected()
        if isLost {
          tell(.event(.heardFrom(host.name)))
          isLost = false
        }
        let result = try await follow(
          connection, app: app, job: job, &seq, hasExpired ? JobLimit(time) : limit)
        let doubt = doubtUntil - time.monotonicMilliseconds()
        if result.outcome == nil, doubt > 0 {
          guard (try? await time.sleep(doubt)) != nil else { return }
          continue
        }
        if result.isCutShort { throw .lost("\(host.name): it goes down in the middle of its cutover") }
        return tell(.event(.cutoverRested(host.name, result)))
      } catch {
        await drop()
        if case .notBelieved = error {
          return tell(.event(.notBelieved(host.name, Cause(error, at: host.name))))
        }
        if !isLost { tell(.event(.connectionLost(host.name))) }
        isLost = true
        if seq > before { patience.lastAtLeast(seconds: RolloutLimits.leastFollowSeconds) }
        if await !patience.wait() || limit.isOver, !hasExpired, !Task.isCancelled {
          hasExpired = true
          tell(.event(.orderExpired(host.name)))
        }
      }
    }
  }

  /// How long a cutover can take by its own limits: the order's life, both ways, all steps, and the wait to be
  /// confirmed, which a boot can begin anew.
  static func cutoverSeconds(
    _ profile: AppProfile, lifetimeSeconds: Int, confirmSeconds: Int = 0
  ) -> Int {
    let steps = (profile.steps.migrate + profile.steps.finish).map(\.timeoutSeconds)
    let seconds =
      steps.reduce(0, +) + 2 * profile.stopTimeoutSeconds + 2 * profile.health.deadlineSeconds
    return lifetimeSeconds + 2 * confirmSeconds + min(seconds, RolloutLimits.longestCutoverSeconds)
  }

  /// Told by a host that its new version waits to be confirmed: comes back in over a connection of its own,
  /// again and again, until the agent takes it or the task is cancelled.
  private static func confirm(
    app: String, job: String, at host: Host, _ connector: any HostConnector, _ time: TimeSource,
    _ tell: @Sendable (News) -> Void
  ) async {
    while !Task.isCancelled {
      if let connection = try? await connector.connect(to: host) {
        let reply = try? await connection.ask(.confirm(app: app, job: job))
        await connection.close()
        if case .ok = reply {
          var line = EventLine(name: .note, host: host.name)
          line.text = "reached again over a fresh connection; confirmed"
          return tell(.line(line))
        }
        if case .unsupported = reply { return }
      }
      guard (try? await time.sleep(RolloutLimits.confirmRetryMilliseconds)) != nil else { return }
    }
  }

  // MARK: Health

  /// How the app is right now.
  func health(_ profile: AppProfile) async -> AppHealth {
    guard !isBusy else { return .unknown }
    do throws(HostError) {
      return try AppHealth(await connected().ask(.health(profile)))
    } catch {
      if !isBusy { await drop() }
      return .unknown
    }
  }

  // MARK: Small things

  /// An earlier run of this rollout has left its claim there: it is given back at the end, as one's own.
  func adopt(_ claim: Claim) {
    guard claimedJob == nil, claim.who == who, LeftClaims.is(claim, of: rollout),
      claim.host == nil || claim.host == host.name
    else { return }
    claimedJob = claim.rollout
  }

  /// Over a connection of its own, since the other one may be busy following. Best effort: an agent
  /// that cannot be reached voids the order by its lifetime.
  func cancel(job: String) async {
    guard let connection = try? await connector.connect(to: host) else { return }
    _ = try? await connection.ask(.cancel(app: app, job: job))
    await connection.close()
  }

  /// Keeps the claim. While the host is worked on its connection is busy following, and a stage may
  /// take longer than a claim lives: then over another one.
  func renew() async {
    guard let claimedJob else { return }
    guard !isBusy else {
      let isDue = time.monotonicMilliseconds() - claimedAt > Int64(RolloutLimits.claimSeconds) * 500
      guard isDue, let other = try? await connector.connect(to: host) else { return }
      _ = try? await claimed(other, app: app, job: claimedJob)
      await other.close()
      return
    }
    guard let connection else { return }
    do throws(HostError) {
      _ = try await claimed(connection, app: app, job: claimedJob)
    } catch {
      if !isBusy { await drop() }
    }
  }

  /// The end: the claim is given back where the host can be reached, and the connection closed.
  func release() async {
    guard !isBusy else { return }
    // Once more over a fresh connection: an idle one may have died long ago.
    for _ in 0..<2 {
      guard let claimedJob, let connection = try? await connected() else { break }
      if (try? await connection.ask(.unclaim(app: app, rollout: claimedJob))) != nil { break }
      await drop()
    }
    await drop()
  }

  func follow(
    _ connection: any HostConnection, app: String, job: String, _ seq: inout Int, _ limit: JobLimit,
    isRollback: Bool = false
  ) async throws(HostError) -> JobResult {
    let name = host.name
    let tell = tell
    let heard = Mutex(seq)
    let story = Mutex(stories[job] ?? StoryBudget())
    let confirming = Mutex<Task<Void, Never>?>(nil)
    defer {
      seq = heard.withLock { $0 }
      stories[job] = story.withLock { $0 }
      confirming.withLock { $0?.cancel() }
    }
    let (host, connector, time) = (host, connector, time)
    let told: Result<JobResult, HostError>
    do throws(HostError) {
      told = .success(
        try await connection.follow(app: app, job: job, after: seq, withinSeconds: limit.secondsLeft) {
          event in
          guard story.withLock({ $0.take(event) }) else { return }
          if event.step == .confirm, event.event == .stepStarted || event.event == .heartbeat {
            confirming.withLock { task in
              guard task == nil else { return }
              task = Task { await Self.confirm(app: app, job: job, at: host, connector, time, tell) }
            }
          }
          guard event.event != .heartbeat else { return }
          heard.withLock { $0 = max($0, event.seq) }
          var line = EventLine(event, host: name)
          // The record counts the events of the upgrade's job.
          if isRollback { line.jobSeq = nil }
          tell(.line(line))
        })
    } catch {
      told = .failure(error)
    }
    // However often its connection broke in between.
    if story.withLock({ $0.isSpent }) {
      throw .notBelieved("\(name): it tells more of \(job) than any job has to tell")
    }
    return try told.get()
  }

  func connected() async throws(HostError) -> any HostConnection {
    if let connection { return connection }
    let fresh = try await connector.connect(to: host)
    connection = fresh
    return fresh
  }

  func drop() async {
    let old = connection
    connection = nil
    await old?.close()
  }

  /// nil when the claim is ours.
  func claimed(
    _ connection: any HostConnection, app: String, job: String
  ) async throws(HostError) -> Cause? {
    let claim = Claim(
      rollout: job, who: who, inventory: inventory, host: host.name,
      sinceMilliseconds: time.nowMilliseconds(),
      lifetimeSeconds: RolloutLimits.claimSeconds)
    let before = claimedJob
    // Also where the answer is lost the claim may be there, and has to be given back.
    claimedJob = job
    var reply = try await connection.ask(.claim(app: app, claim))
    if case .claimed(let other) = reply, let left = leftClaims.take(other, driving: rollout, as: host.name) {
      _ = try await connection.ask(.unclaim(app: app, rollout: other.rollout))
      reply = try await connection.ask(.claim(app: app, claim))
      withExtendedLifetime(left) {}
    }
    switch reply {
    case .ok:
      claimedAt = time.monotonicMilliseconds()
      return nil
    case .claimed(let other):
      claimedJob = before
      return Self.claimedReason(other)
    case .refused(let reason):
      claimedJob = before
      return reason
    case let other: throw HostError.unexpected(other)
    }
  }

  package static func claimedReason(_ other: Claim) -> Cause {
    let since = Wording.localTime(other.sinceMilliseconds, zone: nil, now: nil)
    // Whoever has several inventories would give up another rollout.
    let place = other.inventory.map { " of \(visible($0, limit: 100))" } ?? ""
    return Cause(
      code: .claimed, step: .check,
      text: "\(other.who) has it for \(other.rollout)\(place) since \(since): wait, or abort that one there")
  }

  /// Gives an order; why it was refused, or nil.
  func order(
    _ request: Request, over connection: any HostConnection
  ) async throws(HostError) -> Cause? {
    switch try await connection.ask(request) {
    case .ok, .event: return nil
    case .refused(let reason): return reason
    case .claimed(let other): return Self.claimedReason(other)
    case let other: throw HostError.unexpected(other)
    }
  }

  private func refused(_ job: String, _ reason: Cause) -> JobResult {
    var result = JobResult(job: job, outcome: .refused, target: "")
    result.reason = reason
    return result
  }
}
