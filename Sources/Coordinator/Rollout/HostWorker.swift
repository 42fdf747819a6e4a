internal import Synchronization
internal import SystemPackage
internal import Wire

/// What a host's work reports to the loop.
enum News: Sendable {
  case event(Rollout.Event, profile: AppProfile? = nil, listing: String? = nil)
  /// The story beside the events.
  case line(EventLine)
}

/// One host's side of a rollout: owns its connection, tries again when it breaks, and says what it
/// hears. It decides nothing.
actor HostWorker {
  struct Order: Sendable {
    var stage: StageOrder
    var file: FilePath
    var listing: ListingFile?
  }

  private let host: Host
  private let connector: any HostConnector
  private let time: TimeSource
  private let who: String
  private let renewal: AgentRenewal
  private let tell: @Sendable (News) -> Void
  private var connection: (any HostConnection)?
  private var isBusy = false
  /// What the host is claimed for: an agent takes orders only of the job that its claim names.
  private var claimedJob: String?
  private var hasRenewed = false

  init(
    host: Host, connector: any HostConnector, time: TimeSource, who: String, renewal: AgentRenewal,
    tell: @escaping @Sendable (News) -> Void
  ) {
    self.host = host
    self.connector = connector
    self.time = time
    self.who = who
    self.renewal = renewal
    self.tell = tell
  }

  // MARK: Stage

  /// Claims the host, pushes the release, has it staged and follows that. A broken connection is made
  /// again: the agent knows the job, and has what it has of the release.
  func stage(_ order: Order, after seen: Int) async {
    isBusy = true
    defer { isBusy = false }
    var seq = seen
    var patience = Patience(time, seconds: RolloutLimits.stageAwaySeconds)
    while !Task.isCancelled {
      let before = seq
      do throws(HostError) {
        return tell(.event(.staged(host.name, try await stageOnce(order, &seq))))
      } catch {
        await drop()
        guard error.isAway else {
          return tell(.event(.stageFailed(host.name, Rollout.Cause(error, at: host.name))))
        }
        if seq > before { patience.lastAtLeast(seconds: RolloutLimits.stageAwaySeconds) }
        guard await patience.wait() else {
          return tell(.event(.hostUnreachable(host.name, Rollout.Cause(error, at: host.name))))
        }
      }
    }
  }

  private func stageOnce(_ order: Order, _ seq: inout Int) async throws(HostError) -> JobResult {
    var connection = try await connected()
    let app = order.stage.profile.app
    if let refusal = try await claimed(connection, app: app, job: order.stage.job) {
      return refused(order.stage.job, order.stage.release.version, refusal)
    }
    connection = try await renewed(connection, app: app)
    if let listing = order.listing {
      try await connection.upload(
        app: app, file: listing.file, sha256: listing.artifact.sha256, size: listing.artifact.size,
        progress: { _ in })
    }
    try await upload(order, over: connection)
    switch try await connection.ask(.stage(order.stage)) {
    case .ok, .event: break
    case .refused(let reason): return refused(order.stage.job, order.stage.release.version, reason)
    case .claimed(let other):
      return refused(order.stage.job, order.stage.release.version, Self.claimedReason(other))
    case let other: throw Self.unexpected(other)
    }
    return try await follow(connection, app: app, job: order.stage.job, &seq)
  }

  /// An older agent is replaced before it gets work. Once only: what stays would stay again.
  private func renewed(
    _ connection: any HostConnection, app: String
  ) async throws(HostError) -> any HostConnection {
    guard !hasRenewed else { return connection }
    let result = try await renewal.renew(over: connection, app: app)
    hasRenewed = true
    var line = EventLine(EventLine.note, host: host.name)
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

  private func upload(_ order: Order, over connection: any HostConnection) async throws(HostError) {
    let release = order.stage.release
    let name = host.name
    let tell = tell
    let time = time
    let sent = Mutex<(bytes: Int64, told: Int64)>((0, .min))
    try await connection.upload(
      app: order.stage.profile.app, file: order.file, sha256: release.sha256, size: release.size
    ) { bytes in
      let now = time.monotonicMilliseconds()
      let isDue = sent.withLock { state in
        state.bytes = bytes
        guard now - RolloutLimits.progressMilliseconds >= state.told else { return false }
        state.told = now
        return true
      }
      guard isDue else { return }
      var line = EventLine(EventLine.uploading, host: name)
      (line.done, line.total) = (bytes, release.size)
      tell(.line(line))
    }
    var line = EventLine(EventLine.uploaded, host: name)
    line.done = sent.withLock(\.bytes)
    line.total = release.size
    tell(.line(line))
  }

  // MARK: Cutover

  /// Orders the cutover once and follows it. What cannot be reached before the order is unreachable;
  /// from the moment the order may have left, it is followed, never repeated.
  func cutover(_ order: CutoverOrder, profile: AppProfile, after seen: Int) async {
    isBusy = true
    defer { isBusy = false }
    var patience = Patience(time, seconds: RolloutLimits.orderAwaySeconds)
    while !Task.isCancelled {
      let connection: any HostConnection
      do throws(HostError) {
        connection = try await connected()
        // An idle connection may have died long ago: a claim is a question that changes nothing.
        if let refusal = try await claimed(connection, app: order.app, job: order.job) {
          return tell(.event(.cutoverRested(host.name, refused(order.job, "", refusal))))
        }
      } catch {
        await drop()
        if await patience.wait() { continue }
        return tell(.event(.hostUnreachable(host.name, Rollout.Cause(error, at: host.name))))
      }
      do throws(HostError) {
        switch try await connection.ask(.cutover(order)) {
        case .ok, .event: break
        case .refused(let reason):
          return tell(.event(.cutoverRested(host.name, refused(order.job, "", reason))))
        case .claimed(let other):
          let reason = Self.claimedReason(other)
          return tell(.event(.cutoverRested(host.name, refused(order.job, "", reason))))
        case let other: throw Self.unexpected(other)
        }
      } catch {
        await drop()
        tell(.event(.connectionLost(host.name)))
      }
      return await followToRest(
        app: order.app, job: order.job, after: seen,
        seconds: Self.cutoverSeconds(
          profile, lifetimeSeconds: order.lifetimeSeconds, confirmSeconds: order.confirmWithinSeconds ?? 0))
    }
  }

  /// Takes up a cutover that another coordinator ordered.
  func follow(app: String, job: String, after seen: Int, seconds: Int) async {
    isBusy = true
    defer { isBusy = false }
    await followToRest(app: app, job: job, after: seen, seconds: seconds)
  }

  /// Until its end is known. Over its time it is reported as expired, and still tried: whatever the
  /// host says later counts.
  private func followToRest(app: String, job: String, after seen: Int, seconds: Int) async {
    var seq = seen
    var patience = Patience(time, seconds: seconds)
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
        let result = try await follow(connection, app: app, job: job, &seq)
        return tell(.event(.cutoverRested(host.name, result)))
      } catch {
        await drop()
        if !isLost { tell(.event(.connectionLost(host.name))) }
        isLost = true
        if seq > before { patience.lastAtLeast(seconds: RolloutLimits.leastFollowSeconds) }
        if await !patience.wait(), !hasExpired, !Task.isCancelled {
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
          var line = EventLine(EventLine.note, host: host.name)
          line.text = "reached again over a fresh connection; confirmed"
          return tell(.line(line))
        }
        if case .unsupported = reply { return }
      }
      guard (try? await time.sleep(RolloutLimits.confirmRetryMilliseconds)) != nil else { return }
    }
  }

  // MARK: Small things

  /// Over a connection of its own, since the other one may be busy following. Best effort: an agent
  /// that cannot be reached voids the order by its lifetime.
  func cancel(app: String, job: String) async {
    guard let connection = try? await connector.connect(to: host) else { return }
    _ = try? await connection.ask(.cancel(app: app, job: job))
    await connection.close()
  }

  /// Keeps the claim while the host waits for its turn; an open job keeps others out by itself.
  func renew(app: String) async {
    guard !isBusy, let claimedJob, let connection else { return }
    do throws(HostError) {
      _ = try await claimed(connection, app: app, job: claimedJob)
    } catch {
      if !isBusy { await drop() }
    }
  }

  /// The end: the claim is given back where the host can be reached, and the connection closed.
  func release(app: String) async {
    guard !isBusy else { return }
    if let claimedJob, let connection = try? await connected() {
      _ = try? await connection.ask(.unclaim(app: app, rollout: claimedJob))
    }
    await drop()
  }

  private func follow(
    _ connection: any HostConnection, app: String, job: String, _ seq: inout Int
  ) async throws(HostError) -> JobResult {
    let name = host.name
    let tell = tell
    let heard = Mutex(seq)
    let confirming = Mutex<Task<Void, Never>?>(nil)
    defer {
      seq = heard.withLock { $0 }
      confirming.withLock { $0?.cancel() }
    }
    let (host, connector, time) = (host, connector, time)
    return try await connection.follow(app: app, job: job, after: seq) { event in
      if event.step == .confirm, event.event == .stepStarted || event.event == .heartbeat {
        confirming.withLock { task in
          guard task == nil else { return }
          task = Task { await Self.confirm(app: app, job: job, at: host, connector, time, tell) }
        }
      }
      guard event.event != .heartbeat else { return }
      heard.withLock { $0 = max($0, event.seq) }
      tell(.line(EventLine(event, host: name)))
    }
  }

  private func connected() async throws(HostError) -> any HostConnection {
    if let connection { return connection }
    let fresh = try await connector.connect(to: host)
    connection = fresh
    return fresh
  }

  private func drop() async {
    let old = connection
    connection = nil
    await old?.close()
  }

  /// nil when the claim is ours.
  private func claimed(
    _ connection: any HostConnection, app: String, job: String
  ) async throws(HostError) -> Reason? {
    let claim = Claim(
      rollout: job, who: who, sinceMilliseconds: time.nowMilliseconds(),
      lifetimeSeconds: RolloutLimits.claimSeconds)
    switch try await connection.ask(.claim(app: app, claim)) {
    case .ok:
      claimedJob = job
      return nil
    case .claimed(let other): return Self.claimedReason(other)
    case .refused(let reason): return reason
    case let other: throw Self.unexpected(other)
    }
  }

  static func claimedReason(_ other: Claim) -> Reason {
    Reason(
      code: .claimed, step: .check,
      text: "\(other.who) has it for \(other.rollout) since \(UTC.text(other.sinceMilliseconds))")
  }

  private func refused(_ job: String, _ target: String, _ reason: Reason) -> JobResult {
    var result = JobResult(job: job, outcome: .refused, target: target)
    result.reason = reason
    return result
  }

  static func unexpected(_ reply: Reply) -> HostError {
    if case .unsupported(let text) = reply { return .incompatible(text) }
    return .protocolFault("the agent gave an answer that does not fit the question")
  }
}

/// How long to keep trying: waits grow, and end.
private struct Patience {
  private let time: TimeSource
  private var deadline: Int64
  private var next = RolloutLimits.firstRetryMilliseconds
  private var hasEnded = false

  init(_ time: TimeSource, seconds: Int) {
    self.time = time
    deadline = time.monotonicMilliseconds() + Int64(seconds) * 1000
  }

  /// There was news: it is worth while to wait so long from now on.
  mutating func lastAtLeast(seconds: Int) {
    deadline = max(deadline, time.monotonicMilliseconds() + Int64(seconds) * 1000)
    next = RolloutLimits.firstRetryMilliseconds
  }

  /// Waits before the next try. False at once when the time is over; whoever goes on trying then waits
  /// the longest pause each time.
  mutating func wait() async -> Bool {
    let left = deadline - time.monotonicMilliseconds()
    guard left > 0 || hasEnded else {
      hasEnded = true
      return false
    }
    let pause = hasEnded ? RolloutLimits.lastRetryMilliseconds : min(next, left)
    next = min(next * 2, RolloutLimits.lastRetryMilliseconds)
    return (try? await time.sleep(pause)) != nil && !hasEnded
  }
}
