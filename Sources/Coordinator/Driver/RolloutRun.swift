import Catalogue
import Inventory
import Rollout
import Text
import Wire

/// One run of a ``RolloutRunner``: starts what the machine says; what comes of it arrives as news.
struct RolloutRun {
  typealias Work = Task<Void, Never>

  private let runner: RolloutRunner
  let workers: [String: HostWorker]
  private let tell: @Sendable (News) -> Void
  /// nil: it began with its plan, and asks nothing.
  private let resumption: RolloutRunner.Resumption?
  private(set) var book: RolloutBook
  /// What the machine says and is not begun yet.
  private var due: [Rollout.Action] = []

  init(
    _ runner: RolloutRunner, _ record: RolloutRecord, _ log: EventLog, _ start: RolloutRunner.Start,
    _ tell: @escaping @Sendable (News) -> Void
  ) {
    self.runner = runner
    self.tell = tell
    if case .resume(let resumption) = start { self.resumption = resumption } else { resumption = nil }
    book = RolloutBook(
      record: record, log: log, time: runner.time, display: runner.display, isLook: resumption != nil)
    workers = runner.hosts.mapValues {
      HostWorker(
        host: $0, connector: runner.connector, time: runner.time, header: record.header,
        renewal: runner.renewal, leftClaims: runner.leftClaims, tell: tell)
    }
  }

  private var header: RolloutHeader { book.record.header }
  private var rollout: Rollout { book.record.rollout }
  private var now: Int64 { runner.time.nowMilliseconds() }

  /// Writes it down, and begins what comes of it.
  mutating func take(_ news: News) -> [Work] {
    due += book.write(news)
    var begun: [Work] = []
    while !due.isEmpty {
      if let work = begin(due.removeFirst()) { begun.append(work) }
    }
    return begun
  }

  /// What is to be known of what begins. Where the log fails at that, the machine stops.
  private mutating func note(_ line: EventLine, durable: Bool = false) {
    due += book.write(line, durable: durable)
  }

  /// nil where nothing is under way: what is to be said was said, or is written down.
  private mutating func begin(_ action: Rollout.Action) -> Work? {
    switch action {
    case .probe(let name): probe(name)
    case .askPlan: askPlan()
    case .stage(let name): stage(name)
    case .mayGo(let name): mayGo(name)
    case .cutover(let name, let lifetimeSeconds): cutover(name, lifetimeSeconds)
    case .follow(let name): follow(name)
    case .cancel(let name): cancel(name)
    case .goBack(let name, let mayBeUnderWay): goBack(name, mayBeUnderWay: mayBeUnderWay)
    case .soak(let seconds, let watched): soak(seconds, watched)
    case .finish(let ending): finish(ending)
    }
  }

  private func atOnce(_ event: Rollout.Event) -> Work? {
    tell(.event(event))
    return nil
  }

  /// Of a host that a rollout was begun with, and that stands in fleet.yaml no more.
  private static let gone = Cause(code: .gone, text: "it is no longer in the inventory")
  /// Of a host that was to be begun with when the log turned out to fail.
  private static let unwritten = Cause(
    code: .fault, text: "it was not begun, since fleet's own log cannot be written")
  /// The log has no profile of it.
  private static let unknown = Cause(code: .fault, text: "the profile that it was found with is not at hand")

  /// How far its job was heard of.
  private func seen(_ name: String) -> Int { book.record.facts[name]?.jobSeq ?? 0 }

  // MARK: Asking

  private func probe(_ name: String) -> Work? {
    guard let host = runner.hosts[name], let resumption else {
      return atOnce(.hostProbed(name, .rests(.unreachable, from: nil, Self.gone)))
    }
    let job = rollout.job(of: name)
    // Who must wait for the canary is not staged meanwhile: that stage would be old when it is used.
    let wait = runner.gate.canaryWait(name, in: book.record, now: now)
    return Task { [tell, time = runner.time, worker = workers[name]] in
      let entry = await resumption.probe(host, job)
      if let claim = entry.claim { await worker?.adopt(claim) }
      var news = News.Event(entry, now: time.nowMilliseconds())
      if let wait, case .goes(let from) = entry.verdict {
        news.event = .hostProbed(name, .rests(.deferred, from: from, wait))
      }
      tell(.event(news))
    }
  }

  private func askPlan() -> Work? {
    guard let resumption else { return atOnce(.planDeclined) }
    return Task { [tell, rollout] in
      tell(.event(await resumption.askPlan(rollout) ? .planApproved : .planDeclined))
    }
  }

  /// Whether it may be cut over now.
  private func mayGo(_ name: String) -> Work? {
    guard let host = runner.hosts[name] else { return atOnce(.notNow(name, Self.gone)) }
    guard book.fault == nil else { return atOnce(.notNow(name, Self.unwritten)) }
    switch runner.gate.ask(host, in: book.record, now: now) {
    case .open(let lifetimeSeconds): return atOnce(.cleared(name, lifetimeSeconds: lifetimeSeconds))
    case .closed(let cause): return atOnce(.notNow(name, cause))
    }
  }

  // MARK: One host's work

  private mutating func stage(_ name: String) -> Work? {
    guard let worker = workers[name] else { return atOnce(.stageFailed(name, Self.gone)) }
    guard book.fault == nil else {
      var result = JobResult(job: rollout.job(of: name), outcome: .deferred, target: "")
      result.reason = Self.unwritten
      return atOnce(.staged(name, result))
    }
    guard let staging = staging(name) else {
      let text = "the release or the host's profile is not at hand"
      return atOnce(.stageFailed(name, Cause(code: .fault, text: text)))
    }
    var line = EventLine(name: .stageBegan, host: name)
    line.text = staging.job
    note(line)
    // Only now: of another job than before, nothing was heard yet.
    let (seen, facts) = (seen(name), book.record.facts[name])
    let takesDelta = runner.hosts[name]?.delta ?? false
    return Task { [installed = runner.installed] in
      var staging = staging
      if case .release(var order) = staging {
        if let tag = facts?.listingTag, let listing = await installed.listing(tag) {
          order = order.listing(listing)
        }
        if takesDelta, let tag = facts?.installedTag, let delta = await installed.delta(tag) {
          order = order.delta(delta)
        }
        staging = .release(order)
      }
      await worker.stage(staging, after: seen)
    }
  }

  private func staging(_ name: String) -> HostWorker.Staging? {
    guard let profile = book.profile(of: name) else { return nil }
    let job = rollout.job(of: name)
    if let backup = header.restores {
      return .backup(RollbackOrder(job: job, backup: backup, profile: profile))
    }
    return runner.release.map { .release(HostWorker.Order($0, job: job, profile: profile, as: header)) }
  }

  private mutating func cutover(_ name: String, _ lifetimeSeconds: Int) -> Work? {
    guard let worker = workers[name] else { return atOnce(.hostUnreachable(name, Self.gone)) }
    guard let profile = book.profile(of: name) else { return atOnce(.hostUnreachable(name, Self.unknown)) }
    let seen = seen(name)
    let order = CutoverOrder(
      app: worker.app, job: rollout.job(of: name), lifetimeSeconds: lifetimeSeconds,
      confirmWithinSeconds: header.policy.confirmWithinSeconds, seen: seen, together: header.policy.together)
    note(EventLine(name: .cutoverOrdered, host: name))
    return Task { await worker.cutover(order, profile: profile, after: seen) }
  }

  private mutating func follow(_ name: String) -> Work? {
    guard let worker = workers[name] else { return atOnce(.orderExpired(name)) }
    let (job, seen, seconds) = (rollout.job(of: name), seen(name), followSeconds(name))
    note(EventLine(name: .following, host: name))
    return Task { await worker.follow(job: job, after: seen, seconds: seconds) }
  }

  /// What is left of a cutover's time since the host was last heard of.
  private func followSeconds(_ name: String) -> Int {
    let policy = header.policy
    let whole =
      book.profile(of: name).map {
        HostWorker.cutoverSeconds(
          $0, lifetimeSeconds: policy.orderLifetimeSeconds, confirmSeconds: policy.confirmWithinSeconds ?? 0)
      } ?? policy.orderLifetimeSeconds
    let seen = book.record.facts[name]?.seen.flatMap { UTC.milliseconds($0) }
    let spent = seen.map { Int((now - $0) / 1000) } ?? 0
    return max(RolloutLimits.leastFollowSeconds, whole - max(0, spent))
  }

  private func cancel(_ name: String) -> Work? {
    workers[name].map { worker in
      Task { [job = rollout.job(of: name)] in await worker.cancel(job: job) }
    }
  }

  private mutating func goBack(_ name: String, mayBeUnderWay: Bool) -> Work? {
    guard let worker = workers[name], let host = runner.hosts[name] else {
      return atOnce(.staysUpgraded(name, Self.gone))
    }
    guard let profile = book.profile(of: name) else { return atOnce(.staysUpgraded(name, Self.unknown)) }
    let order = RollbackOrder(
      job: rollout.rollbackJob(of: name), backup: rollout[name]?.result?.backup, profile: profile)
    let lifetimeSeconds = header.policy.orderLifetimeSeconds
    let way = HostWorker.Rollback(
      order: order, claimedFor: rollout.job(of: name), mayBeUnderWay: mayBeUnderWay,
      mayGo: { [gate = runner.gate, time = runner.time] in
        gate.window(of: host, lifetimeSeconds: lifetimeSeconds, now: time.nowMilliseconds())
      })
    note(EventLine(name: .goingBack, host: name))
    return Task { await worker.goBack(way) }
  }

  // MARK: All of them

  private mutating func soak(_ seconds: Int, _ watched: [String]) -> Work? {
    var line = EventLine(name: .soaking)
    line.total = Int64(seconds)
    line.hosts = watched
    note(line)
    let asked = watched.compactMap { name in
      book.profile(of: name).flatMap { profile in workers[name].map { (name, $0, profile) } }
    }
    return Task { [tell, time = runner.time] in
      var soak = Soak(seconds: seconds, began: time.monotonicMilliseconds())
      var suspected = EventLine(name: .suspected)
      suspected.hosts = []
      while let pause = soak.pause(now: time.monotonicMilliseconds()) {
        guard (try? await time.sleep(pause)) != nil else { return }
        for (name, worker, profile) in asked {
          guard let cause = soak.heard(name, await worker.health(profile)) else { continue }
          return tell(.event(.turnedUnwell(name, cause)))
        }
        let suspects = asked.map(\.0).filter { soak.suspects($0) }
        guard suspects != suspected.hosts else { continue }
        suspected.hosts = suspects
        tell(.line(suspected))
      }
      tell(.event(.soaked))
    }
  }

  private mutating func finish(_ ending: Rollout.Ending) -> Work? {
    var line = EventLine(name: .finished)
    line.ending = ending
    note(line, durable: true)
    return nil
  }
}
