internal import Release
internal import SystemPackage
internal import Wire

/// Takes up a rollout that has begun: from its log, and where that is lost from what the agents say.
struct GoingOn {
  let session: Session
  let connector: any HostConnector
  let release: FetchedRelease?
  let listing: @Sendable (String) async -> ListingFile?
  /// What there is besides the rollout's own release: it tells which release a host has.
  let tags: Tags
  let gate: CutoverGate
  /// What this run asks for, which need not be what the first one did: it holds for what is staged now.
  var ask: (inout RolloutHeader) -> Void = { _ in }

  /// - Parameter hosts: those that may go on; nil: all.
  func run(_ id: String, hosts: [String]?, stageOnly: Bool = false) async throws -> Report {
    let (log, read) = try session.store.open(id)
    guard var record = read else {
      throw StoreError(
        path: session.store.path(of: id), action: "read", cause: "the event log has no beginning")
    }
    record.change(ask)
    return try await run(record, log, hosts: hosts, stageOnly: stageOnly)
  }

  func run(
    _ record: RolloutRecord, _ log: EventLog, hosts: [String]?, stageOnly: Bool
  ) async throws -> Report {
    let header = record.header
    let known = Dictionary(uniqueKeysWithValues: session.fleet.hosts.map { ($0.name, $0) })
    let display = session.makeDisplay()
    let connector = connector
    let tags = tags
    display.begin(record)
    let runner = RolloutRunner(
      hosts: known.filter { header.hosts.contains($0.key) }, release: release, connector: connector,
      renewal: session.bench.renewal, time: session.bench.time, display: display,
      interrupts: session.bench.interrupts(),
      probe: { await Self.probe($0, job: $1, for: header, tags, over: connector) }, gate: gate,
      listing: listing,
      askPlan: { [session] in
        (try? await session.prompter.confirm("Upgrade to \(header.tag)?")) ?? false
      })
    let ended = await runner.run(record, log: log, first: .resumed(hosts, stageOnly: stageOnly))
    display.end()
    return try keep(Report(ended), session)
  }

  /// What a host's state means for the rollout's own release, which is not chosen anew.
  private static func probe(
    _ host: Host, job: String, for header: RolloutHeader, _ tags: Tags,
    over connector: any HostConnector
  ) async -> PlanEntry {
    var host = host
    for index in host.profiles.indices { host.profiles[index].steppingStones = [] }
    let answer = host.hold ? .notAsked : await Survey.ask(host, over: connector)
    if case .probe(let probe, _) = answer, let last = probe.status.last, last.job == job,
      last.outcome != nil, probe.status.openJob != job
    {
      return PlanEntry(
        host: host, verdict: .rests(.untouched, from: last.from, nil),
        profile: Plan.installed(host, probe)?.0, ended: last)
    }
    if case .probe(let probe, _) = answer, probe.status.openJob == job,
      !["idle", "begin", "staged"].contains(probe.status.state)
    {
      var entry = PlanEntry(host: host, verdict: .rests(.untouched, from: nil, nil))
      entry.profile = Plan.installed(host, probe)?.0 ?? host.profiles.first
      entry.isInCutover = true
      return entry
    }
    guard let wish = TagWish(header.tag) else { return fault(host, header) }
    var wishes = PlanWishes(
      target: .exactly(wish), allowDowngrade: header.allowDowngrade, retry: header.retry,
      repair: header.repair)
    wishes.judgesHealth = false
    let plan = try? Plan.make([(host, answer)], skip: [], wishes: wishes) { source in
      // Its own release counts also where the source no longer lists it.
      [SourceTag(name: header.tag, commit: nil)] + tags.of(source).filter { $0.name != header.tag }
    }
    return plan?.entries.first ?? fault(host, header)
  }

  private static func fault(_ host: Host, _ header: RolloutHeader) -> PlanEntry {
    let text = "it cannot go to \(header.tag)"
    return PlanEntry(
      host: host, verdict: .rests(.refused, from: nil, Rollout.Cause(code: "fault", text: text)))
  }
}

/// Gives a rollout up: staged orders are taken back, claims too. What is in its cutover goes on.
struct Closing {
  let session: Session
  let connector: any HostConnector

  /// Which hosts could not be told.
  @discardableResult
  func close(_ record: RolloutRecord) async throws -> [String] {
    let id = record.header.rollout
    let (log, read) = try session.store.open(id)
    let rollout = (read ?? record).rollout
    let hosts = session.fleet.hosts.filter { record.header.hosts.contains($0.name) }
    let told = await session.each(hosts) { [connector] host in
      await Self.tell(host, app: host.key(of: record.header.app), job: rollout.job(of: host.name), connector)
    }
    var line = EventLine(EventLine.closed)
    line.seq = (read ?? record).lastSeq + 1
    line.time = UTC.text(session.bench.time.nowMilliseconds())
    try log.append(line, durable: true)
    return told.filter { !$0.answer }.map(\.host.name)
  }

  private static func tell(
    _ host: Host, app: String, job: String, _ connector: any HostConnector
  ) async -> Bool {
    guard let connection = try? await connector.connect(to: host) else { return false }
    _ = try? await connection.ask(.cancel(app: app, job: job))
    let reply = try? await connection.ask(.unclaim(app: app, rollout: job))
    await connection.close()
    return reply == .ok
  }
}
