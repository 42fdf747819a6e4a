import Store
import Text
package import Rollout
package import Hosts
package import Catalogue
package import Inventory
import Release
import SystemPackage
import Wire

/// Performs what ``Rollout`` decides: one loop takes the news, writes it down, asks the machine and
/// starts what it says. Each host is worked on by a ``HostWorker`` of its own.
package struct RolloutRunner {
  let hosts: [String: Host]
  /// The verified release, where some host may have to be staged.
  let release: FetchedRelease?
  let connector: any HostConnector
  let renewal: AgentRenewal
  let leftClaims: LeftClaims
  let time: TimeSource
  let display: any Display
  /// Each element is one Ctrl-C.
  let interrupts: AsyncStream<Void>
  /// Asks a host, and says what that means for this release and its job on that host.
  let probe: @Sendable (_ host: Host, _ job: String) async -> PlanEntry
  /// Whether a host may be cut over now.
  let gate: CutoverGate
  /// The listing of an installed release, by its tag; nil where it cannot be had.
  let listing: @Sendable (String) async -> ListingFile?
  /// Shows the plan and asks for it: for the hosts of the rollout, as it is, that are to be asked for.
  let askPlan: @Sendable (Rollout) async -> Bool

  package init(
    hosts: [String: Host], release: FetchedRelease?, connector: any HostConnector, renewal: AgentRenewal,
    leftClaims: LeftClaims, time: TimeSource, display: any Display, interrupts: AsyncStream<Void>,
    probe: @escaping @Sendable (_ host: Host, _ job: String) async -> PlanEntry, gate: CutoverGate,
    listing: @escaping @Sendable (String) async -> ListingFile?,
    askPlan: @escaping @Sendable (Rollout) async -> Bool
  ) {
    self.hosts = hosts
    self.release = release
    self.connector = connector
    self.renewal = renewal
    self.leftClaims = leftClaims
    self.time = time
    self.display = display
    self.interrupts = interrupts
    self.probe = probe
    self.gate = gate
    self.listing = listing
    self.askPlan = askPlan
  }

  /// What a run came to.
  package struct Ended {
    package var record: RolloutRecord
    /// Ctrl-C, or "no" to the plan, before anything was begun or followed.
    package var isGivenUp: Bool
    /// `fleet abort` on this machine ended it, and closes it.
    package var isAborted: Bool
  }

  /// Runs to its end, or to the second Ctrl-C. Begins where the record stands. Where one is gone on with and given up
  /// before anything is begun, or had ended and nothing comes of it, its log and record stay as they are.
  package func run(_ start: RolloutRecord, log: EventLog, first: Rollout.Event) async -> Ended {
    let (stream, continuation) = AsyncStream.makeStream(of: News.self)
    let tell: @Sendable (News) -> Void = { continuation.yield($0) }
    // One that came too late for the run before.
    let abort = log.abortRequest
    _ = abort.take()
    let isLook = if case .resumed = first { true } else { false }
    var book = Book(record: start, log: log, time: time, display: display, isLook: isLook)
    let workers = makeWorkers(book.record.header, tell)

    // Not a task group: after the second Ctrl-C nothing is waited for any more.
    var tasks = [
      Task { [interrupts] in
        for await _ in interrupts { tell(.event(.interrupted)) }
      },
      // As the first Ctrl-C, wherever that terminal is; who repeats it wants no more than that.
      Task { [time] in
        while (try? await time.sleep(RolloutLimits.abortPollMilliseconds)) != nil {
          guard abort.take() else { continue }
          tell(.aborted)
          return
        }
      },
      Task { [time] in
        while (try? await time.sleep(Int64(RolloutLimits.claimRenewalSeconds) * 1000)) != nil {
          // Side by side: a host that does not answer must not let the claims of the others run out.
          await withTaskGroup(of: Void.self) { group in
            for worker in workers.values { group.addTask { await worker.renew() } }
          }
        }
      },
    ]
    tell(.event(first))
    for await news in stream {
      for action in book.write(news) {
        if let task = begin(action, &book, workers, tell) { tasks.append(task) }
      }
      if book.hasEnded { break }
    }
    tasks.forEach { $0.cancel() }
    await withTaskGroup(of: Void.self) { group in
      for worker in workers.values { group.addTask { await worker.release() } }
    }
    return Ended(record: book.record, isGivenUp: book.isGivenUp, isAborted: book.isAborted)
  }

  private func makeWorkers(
    _ header: RolloutHeader, _ tell: @escaping @Sendable (News) -> Void
  ) -> [String: HostWorker] {
    hosts.mapValues {
      HostWorker(
        host: $0, connector: connector, time: time, header: header, renewal: renewal, leftClaims: leftClaims,
        tell: tell)
    }
  }

  /// Starts one action; what comes of it arrives as news.
  private func begin(
    _ action: Rollout.Action, _ book: inout Book, _ workers: [String: HostWorker],
    _ tell: @escaping @Sendable (News) -> Void
  ) -> Task<Void, Never>? {
    func later(_ news: News) -> Task<Void, Never>? {
      tell(news)
      return nil
    }
    let header = book.record.header
    switch action {
    case .probe(let name):
      guard let host = hosts[name] else { return later(.event(.hostProbed(name, Self.gone))) }
      let job = book.record.rollout.job(of: name)
      // Who must wait for the canary is not staged meanwhile: that stage would be old when it is used.
      let wait = gate.canaryWait(name, in: book.record, now: time.nowMilliseconds())
      return Task { [probe, time, worker = workers[name]] in
        let entry = await probe(host, job)
        if let claim = entry.claim { await worker?.adopt(claim) }
        var news = News.Event(Self.event(of: entry))
        if let wait, case .goes(let from) = entry.verdict {
          news.event = .hostProbed(name, .rests(.deferred, from: from, wait))
        }
        news.profile = entry.profile?.agent
        news.healthy = entry.health.isWell
        news.listing = entry.listing?.text
        news.since = entry.installedSecondsAgo.map { UTC.text(time.nowMilliseconds() - Int64($0) * 1000) }
        tell(.event(news))
      }
    case .askPlan:
      let rollout = book.record.rollout
      return Task { [askPlan] in tell(.event(await askPlan(rollout) ? .planApproved : .planDeclined)) }
    case .stage(let name):
      guard let worker = workers[name], let release, let profile = book.profile(of: name) else {
        let text = "the release or the host's profile is not at hand"
        return later(.event(.stageFailed(name, Rollout.Cause(code: "fault", text: text))))
      }
      let job = book.record.rollout.job(of: name)
      var line = EventLine(name: .stageBegan, host: name)
      line.text = job
      book.write(line, durable: false)
      let seen = book.record.facts[name]?.jobSeq ?? 0
      let stage = StageOrder(
        job: job, release: release.name,
        unpackedBytes: release.unpackedBytes, profile: profile, retry: header.retry,
        leave: header.leave, repair: header.repair)
      let order = HostWorker.Order(stage: stage, file: release.file)
      let listingTag = book.record.facts[name]?.listingTag
      return Task { [listing] in
        var order = order
        if let listingTag, let found = await listing(listingTag) {
          order.listing = found
          order.stage.installedListing = found.artifact
        }
        await worker.stage(order, after: seen)
      }
    case .mayGo(let name):
      guard let host = hosts[name] else {
        let text = "the host is no longer in the inventory"
        return later(.event(.notNow(name, Rollout.Cause(code: "fault", text: text))))
      }
      switch gate.ask(host, in: book.record, now: time.nowMilliseconds()) {
      case .open(let lifetimeSeconds):
        return later(.event(.cleared(name, lifetimeSeconds: lifetimeSeconds)))
      case .closed(let cause): return later(.event(.notNow(name, cause)))
      }
    case .cutover(let name, let lifetimeSeconds):
      guard let worker = workers[name], let profile = book.profile(of: name) else {
        let text = "the host is no longer in the inventory"
        return later(.event(.hostUnreachable(name, Rollout.Cause(code: "fault", text: text))))
      }
      let seen = book.record.facts[name]?.jobSeq ?? 0
      let order = CutoverOrder(
        app: worker.app, job: book.record.rollout.job(of: name), lifetimeSeconds: lifetimeSeconds,
        confirmWithinSeconds: header.policy.confirmWithinSeconds, seen: seen)
      book.write(EventLine(name: .cutoverOrdered, host: name), durable: false)
      return Task { await worker.cutover(order, profile: profile, after: seen) }
    case .follow(let name):
      guard let worker = workers[name] else { return later(.event(.orderExpired(name))) }
      let (job, seen) = (book.record.rollout.job(of: name), book.record.facts[name]?.jobSeq ?? 0)
      let seconds = followSeconds(name, book)
      book.write(EventLine(name: .following, host: name), durable: false)
      return Task {
        await worker.follow(job: job, after: seen, seconds: seconds)
      }
    case .cancel(let name):
      guard let worker = workers[name] else { return nil }
      let job = book.record.rollout.job(of: name)
      return Task { await worker.cancel(job: job) }
    case .goBack(let name, let mayBeUnderWay):
      guard let worker = workers[name], let host = hosts[name], let profile = book.profile(of: name) else {
        let text = "the host is no longer in the inventory"
        return later(.event(.staysUpgraded(name, Rollout.Cause(code: "fault", text: text))))
      }
      let rollout = book.record.rollout
      let order = RollbackOrder(
        job: rollout.wayBackJob(of: name), backup: rollout[name]?.result?.backup, profile: profile)
      let lifetimeSeconds = header.policy.orderLifetimeSeconds
      let way = HostWorker.WayBack(
        order: order, claimedFor: rollout.job(of: name), mayBeUnderWay: mayBeUnderWay,
        mayGo: { [gate, time] in
          gate.window(of: host, lifetimeSeconds: lifetimeSeconds, now: time.nowMilliseconds())
        })
      book.write(EventLine(name: .goingBack, host: name), durable: false)
      return Task { await worker.goBack(way) }
    case .soak(let seconds, let watched):
      var line = EventLine(name: .soaking)
      line.total = Int64(seconds)
      line.hosts = watched
      book.write(line, durable: false)
      let asked = watched.compactMap { name in
        book.profile(of: name).flatMap { profile in workers[name].map { (name, $0, profile) } }
      }
      return Task { [time] in
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
    case .finish(let ending):
      var line = EventLine(name: .finished)
      line.ending = ending
      book.write(line, durable: true)
      return nil
    }
  }

  static func event(of entry: PlanEntry) -> Rollout.Event {
    if entry.isInCutover { return .heardFrom(entry.host.name) }
    if let result = entry.ended { return .cutoverRested(entry.host.name, result) }
    if case .rests(.unreachable, _, let cause?) = entry.verdict {
      return .hostUnreachable(entry.host.name, cause)
    }
    return .hostProbed(entry.host.name, entry.verdict)
  }

  /// As a line of a log that nobody keeps.
  package static func line(of entry: PlanEntry) -> EventLine {
    var line = EventLine(event(of: entry))
    line.healthy = entry.health.isWell
    return line
  }

  private static let gone = Rollout.Verdict.rests(
    .unreachable, from: nil,
    Rollout.Cause(code: Rollout.Cause.gone, text: "it is no longer in the inventory"))

  /// What is left of a cutover's time since the host was last heard of.
  private func followSeconds(_ name: String, _ book: Book) -> Int {
    let policy = book.record.header.policy
    let whole =
      book.profile(of: name).map {
        HostWorker.cutoverSeconds(
          $0, lifetimeSeconds: policy.orderLifetimeSeconds, confirmSeconds: policy.confirmWithinSeconds ?? 0)
      } ?? policy.orderLifetimeSeconds
    let seen = book.record.facts[name]?.seen.flatMap { UTC.milliseconds($0) }
    let spent = seen.map { Int((time.nowMilliseconds() - $0) / 1000) } ?? 0
    return max(RolloutLimits.leastFollowSeconds, whole - max(0, spent))
  }
}

/// The record, its log and the display, which always hear the same.
private struct Book {
  private(set) var record: RolloutRecord
  let log: EventLog
  let time: TimeSource
  let display: any Display
  private(set) var hasEnded = false
  private(set) var isGivenUp = false
  private(set) var isAborted = false
  private var isBroken = false
  /// As it was, and what was heard since, as long as that is only looking; nil where all is written.
  private var look: (before: RolloutRecord, lines: [EventLine])?

  /// - Parameter isLook: nothing is written before something is begun, or turns out to be another way than it was.
  init(record: RolloutRecord, log: EventLog, time: TimeSource, display: any Display, isLook: Bool) {
    self.record = record
    self.log = log
    self.time = time
    self.display = display
    look = isLook ? (record, []) : nil
  }

  func profile(of host: String) -> AppProfile? { record.facts[host]?.profile }

  mutating func write(_ news: News) -> [Rollout.Action] {
    switch news {
    case .line(let line): return write(line, durable: false)
    case .aborted:
      isAborted = true
      return write(.event(.interrupted))
    case .event(let event):
      var line = EventLine(record.believed(event.event))
      (line.profile, line.listing, line.since) = (event.profile, event.listing, event.since)
      line.healthy = event.healthy
      return write(line, durable: true)
    }
  }

  /// On the disk first, then in the record; what the machine then says is returned. When the log
  /// cannot be written any more nothing new is begun, as after Ctrl-C.
  @discardableResult
  mutating func write(_ news: EventLine, durable: Bool) -> [Rollout.Action] {
    var line = news
    line.seq = record.lastSeq + 1
    line.time = UTC.text(time.nowMilliseconds())
    var actions: [Rollout.Action] = []
    if look != nil, !line.isLook { actions += endLook() }
    if look != nil {
      look?.lines.append(line)
    } else if !line.isProgress {
      actions += append(line, durable: durable)
    }
    actions += record.add(line)
    if line.event == .finished { finish(line) }
    (line.profile, line.listing) = (nil, nil)
    display.show(line)
    return actions
  }

  private mutating func append(_ line: EventLine, durable: Bool) -> [Rollout.Action] {
    guard !isBroken else { return [] }
    do throws(StoreError) {
      try log.append(line, durable: durable)
      return []
    } catch {
      isBroken = true
      display.note("the event log fails, so nothing new is begun: \(error)")
      return record.add(EventLine(.interrupted))
    }
  }

  /// What was heard so far counts.
  private mutating func endLook() -> [Rollout.Action] {
    let lines = look?.lines ?? []
    look = nil
    return lines.enumerated().flatMap { append($1, durable: $0 == lines.count - 1) }
  }

  private mutating func finish(_ line: EventLine) {
    hasEnded = true
    guard let look else { return }
    isGivenUp = line.ending == .interrupted || line.ending == .declined
    // One that had no end, and has nothing left to do, has come to it.
    let isNews = look.before.rollout.ending == nil || record.rollout.isOtherwise(than: look.before.rollout)
    if !isGivenUp, isNews {
      _ = endLook()
    } else {
      record = look.before
    }
  }
}

extension Rollout {
  /// Whether a host is another way, or for another reason, than it was.
  fileprivate func isOtherwise(than before: Rollout) -> Bool {
    zip(members, before.members).contains { $0.outcome != $1.outcome || $0.cause?.code != $1.cause?.code }
  }
}

extension EventLine {
  /// Nothing was done with it on any host.
  fileprivate var isLook: Bool {
    [.resumed, .hostProbed, .hostUnreachable, .interrupted, .planDeclined, .finished].contains(
      event)
  }

  /// Of use only in the moment: not kept.
  package var isProgress: Bool {
    event == .uploading || event == .suspected || event == .stepProgress
  }
}
