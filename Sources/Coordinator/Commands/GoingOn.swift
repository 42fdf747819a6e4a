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
    if case .probe(let probe) = answer, let last = probe.status.last, last.job == job,
      last.outcome != nil, probe.status.openJob != job
    {
      return PlanEntry(
        host: host, verdict: .rests(.untouched, from: last.from, nil),
        profile: Plan.installed(host, probe)?.0, ended: last)
    }
    if case .probe(let probe) = answer, probe.status.openJob == job,
      !["idle", "begin", "staged"].contains(probe.status.state)
    {
      var entry = PlanEntry(host: host, verdict: .rests(.untouched, from: nil, nil))
      entry.profile = Plan.installed(host, probe)?.0 ?? host.profiles.first
      entry.isInCutover = true
      return entry
    }
    guard let wish = TagWish(header.tag) else { return fault(host, header) }
    let wishes = PlanWishes(
      target: .exactly(wish), allowDowngrade: header.allowDowngrade, retry: header.retry)
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

  // MARK: Without a log

  struct Rebuilt {
    var record: RolloutRecord
    var log: EventLog
    /// The hosts that have a job of it.
    var hosts: [String]
  }

  /// Who else drives a rollout on these hosts, as their claims say.
  static func others(_ answers: [(host: Host, answer: SurveyAnswer)], session: Session) -> [Claim] {
    answers.compactMap { _, answer in
      guard case .probe(let probe) = answer, probe.status.openJob != nil, let claim = probe.status.claim,
        claim.who != session.bench.who
      else { return nil }
      return claim
    }
  }

  /// The rollout of the newest open job that the agents tell of, written down anew. nil where no
  /// agent has one, or its log is here.
  static func rebuild(
    _ answers: [(host: Host, answer: SurveyAnswer)], session: Session
  ) throws -> Rebuilt? {
    var jobs: [String: String] = [:]
    for case (let host, .probe(let probe)) in answers {
      guard let job = probe.status.openJob, RolloutStore.isID(job) else { continue }
      // Claimed by somebody else: that one drives it, from another machine.
      if let claim = probe.status.claim, claim.who != session.bench.who { continue }
      jobs[host.name] = job
    }
    guard let id = jobs.values.max(), let tag = tag(of: id), let name = TagName(tag) else { return nil }
    guard let log = try session.store.make(id) else { return nil }
    let header = RolloutHeader(
      rollout: id, app: session.fleet.app, name: session.fleet.name,
      track: "\(Track(majorOf: name.version, channel: name.channel))", tag: tag, release: nil,
      verified: [], policy: Rollout.Policy(session.fleet.policy), hosts: answers.map(\.host.name),
      inventory: session.fleet.folder.string, who: session.bench.who)
    var lines = [EventLine(header), EventLine(Rollout.Event.begun)]
    for (host, answer) in answers {
      lines.append(line(of: host, answer, isIn: jobs[host.name] == id))
    }
    lines.append(EventLine(Rollout.Event.planApproved))
    for host in answers.map(\.host) where jobs[host.name] == id {
      lines.append(EventLine(.staged(host.name, JobResult(job: id, target: "\(name.version)"))))
    }
    for index in lines.indices {
      lines[index].seq = index + 1
      lines[index].time = UTC.text(session.bench.time.nowMilliseconds())
      try log.append(lines[index], durable: index == lines.indices.last)
    }
    let names = answers.map(\.host.name).filter { jobs[$0] == id }
    return RolloutRecord(lines: lines).map { Rebuilt(record: $0, log: log, hosts: names) }
  }

  private static func line(of host: Host, _ answer: SurveyAnswer, isIn: Bool) -> EventLine {
    switch answer {
    case .probe(let probe):
      let installed = Plan.installed(host, probe)
      guard isIn, let (profile, version) = installed else {
        return EventLine(.hostProbed(host.name, .rests(.untouched, from: installed.map { "\($0.1)" }, nil)))
      }
      var line = EventLine(.hostProbed(host.name, .goes(from: "\(version)")))
      line.profile = profile.agent
      return line
    case .error(let error): return EventLine(.hostUnreachable(host.name, Rollout.Cause(error, at: host.name)))
    case .notAsked: return EventLine(.hostProbed(host.name, .rests(.untouched, from: nil, nil)))
    }
  }

  /// `20261122-101500-v4.2.0` and `20261122-101500-v4.2.0.2` (a second try) name v4.2.0.
  static func tag(of id: String) -> String? {
    let parts = id.split(separator: "-", maxSplits: 2).map(String.init)
    guard parts.count == 3 else { return nil }
    if TagName(parts[2]) != nil { return parts[2] }
    let shorter = parts[2].split(separator: ".").dropLast().joined(separator: ".")
    return TagName(shorter) != nil ? shorter : nil
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
    let told = await Survey.each(hosts) { [connector] host in
      await Self.tell(host, app: record.header.app, job: rollout.job(of: host.name), connector)
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
