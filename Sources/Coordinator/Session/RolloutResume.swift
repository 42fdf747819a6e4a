import Text
import Store
import Inventory
import Rollout
import Report
import Driver
import Catalogue
import Hosts
import Release
import Synchronization
import SystemPackage
import Wire

/// Takes up a rollout that has begun: from its log, and where that is lost from what the agents say.
struct RolloutResume: Sendable {
  let session: Session
  let connector: any HostConnector
  let release: FetchedRelease?
  let installed: InstalledReleases
  /// What there is besides the rollout's own release: it tells which release a host has.
  let tags: Tags
  let gate: CutoverGate
  /// What this run asks for, which need not be what the first one did: it holds for what is staged now.
  var ask: @Sendable (inout RolloutHeader) -> Void = { _ in }
  /// For whom the plan was shown and asked for already.
  var approved: Set<String> = []
  /// The same run goes on behind a stepping stone, where all goes well.
  var goesOn = false

  /// What going on came to.
  struct Ended {
    var report: Report
    /// The log tells more than before.
    var isNews: Bool
    /// The hosts that were asked and do not go, and why.
    var resting: [PlanEntry]
    /// The plan was not agreed to, or Ctrl-C came before: nothing was begun, and nothing is written down.
    var isGivenUp: Bool
    /// What is not to be said again.
    var since: NextSteps.Since
    /// Why nobody was asked, and nothing begun.
    var refusal: String?
    /// Why not all of it is written down.
    var fault: StoreError?
  }

  /// - Parameter hosts: those that may go on; nil: all.
  func run(_ id: String, hosts: [String]?, stageOnly: Bool = false) async throws -> Ended {
    let (log, read) = try session.store.open(id)
    guard let record = read else {
      throw StoreError(
        path: session.store.path(of: id), action: "read", cause: "the event log has no beginning")
    }
    return try await run(record, log, hosts: hosts, stageOnly: stageOnly)
  }

  func run(
    _ kept: RolloutRecord, _ log: EventLog, hosts: [String]?, stageOnly: Bool
  ) async throws -> Ended {
    var record = kept
    record.change(ask)
    let header = record.header
    let known = Dictionary(uniqueKeysWithValues: session.fleet.hosts.map { ($0.name, $0) })
    let gone = header.hosts.filter { known[$0] == nil }.map { visible($0, limit: 60) }
    if !gone.isEmpty {
      session.aside(
        "No more in fleet.yaml, and not asked: \(Wording.list(gone));  "
          + "\(session.typed.command("abort")) ends the rollout without.")
    }
    let display = session.makeDisplay()
    let asked = Asked()
    let (connector, leftClaims) = (connector, session.leftClaims)
    display.begin(record)
    let runner = session.runner(
      of: session.fleet.hosts.filter { header.hosts.contains($0.name) }, release, over: connector, gate: gate,
      installed: installed, display: display)
    let resumption = RolloutRunner.Resumption(
      hosts: hosts, stageOnly: stageOnly,
      probe: { [self] host, job in
        let answer = host.hold ? .notAsked : await Survey.ask(host, over: connector)
        var entry = entry(
          host, answer.withoutClaims(of: leftClaims, driving: header.rollout), job: job, for: header)
        if case .probe(let probe, _) = answer { entry.claim = probe.status.claim }
        asked.add(entry, answer)
        return entry
      },
      askPlan: { [self] rollout in
        display.pause()
        defer { display.goOn() }
        return await asked.decide { try await approve(rollout, asked, kept, header, stageOnly: stageOnly) }
      })
    let begun = record
    let ended = await runner.run(begun, log: log, from: .resume(resumption))
    display.end()
    // The line of the question ends with what the terminal makes of Ctrl-C.
    if asked.isAsking { session.context.terminal.writeError("\n") }
    // Which of them comes first, the answer or its signal, is chance.
    let isInterrupted = asked.error as? PromptError == .interrupted
    if let error = asked.error, !isInterrupted { throw error }
    let isNews = ended.record != begun
    var report = Report(ended.record)
    if let refusal = asked.refusal { report.halt(refusal) }
    if !ended.isGivenUp, asked.refusal == nil, report.outcome != .interrupted {
      await look(at: begun, ended.record, asked, &report)
    }
    let since = NextSteps.Since(
      cleared: asked.unmarked.filter { begun.rollout[$0]?.result == ended.record.rollout[$0]?.result },
      isAborted: ended.isAborted, goneOn: goesOn ? report.allUpgraded : [])
    let unkept = isNews ? session.keep(report, since: since) : nil
    return Ended(
      report: report, isNews: isNews, resting: asked.resting,
      isGivenUp: ended.isGivenUp || isInterrupted && !isNews,
      since: since, refusal: asked.refusal, fault: ended.fault ?? unkept)
  }

  /// How those are now that rest as they did before this run: the log tells how they were then.
  private func look(
    at begun: RolloutRecord, _ ended: RolloutRecord, _ asked: Asked, _ report: inout Report
  ) async {
    let hosts = session.fleet.hosts.filter { host in
      guard let before = begun.rollout[host.name], let now = ended.rollout[host.name] else { return false }
      return before.outcome != nil && before.outcome == now.outcome && before.result == now.result
    }
    let answers = await session.each(hosts) { [connector] host in
      if let answer = asked.all[host.name]?.answer { return answer }
      return host.hold ? .notAsked : await Survey.ask(host, over: connector)
    }
    for (host, answer) in answers {
      switch answer {
      case .probe(_, let health): report.see(health, on: host.name)
      case .error: report.see(nil, on: host.name)
      case .notAsked: break
      }
    }
  }

  /// Shows who would go and asks, unless that was done for all of them.
  ///
  /// - Parameters:
  ///   - rollout: as it is now, with what was followed.
  ///   - kept: as it was found.
  private func approve(
    _ rollout: Rollout, _ asked: Asked, _ kept: RolloutRecord, _ header: RolloutHeader, stageOnly: Bool
  ) async throws -> Bool {
    let names = rollout.asked
    guard !Set(names).isSubset(of: approved) else { return true }
    guard header.restores == nil else {
      return try await session.prompter.confirm(
        "Go on with the rollback of \(Wording.list(names)) to \(visible(header.tag, limit: 60))?")
    }
    guard let tag = TagName(header.tag), let profile = header.profile(in: session.fleet) else { return false }
    // Who was followed until its order turned out to be void was not asked what it has.
    let entries = session.fleet.hosts.filter { header.hosts.contains($0.name) }.compactMap { host in
      asked.all[host.name]?.entry
        ?? (names.contains(host.name) ? PlanEntry(host: host, verdict: .goes(from: nil)) : nil)
    }
    var leg = PlanLeg(
      tag: tag, track: Track(header.track) ?? Track(majorOf: tag.version, channel: tag.channel),
      source: profile.source, verify: profile.verify, entries: entries, newer: [])
    leg.pastFailure = kept.failureWords
    let named = header.policy.namedCanaries
    leg.canaryHasGone =
      rollout.canaryHasGone || named.contains { rollout[$0]?.place.isInCutover == true }
    // Those that are not asked count, too: who has the release, and whether a canary can go.
    var whole = leg
    for host in session.fleet.hosts where !entries.contains(where: { $0.host.name == host.name }) {
      guard let member = rollout[host.name] else { continue }
      let verdict: Rollout.Verdict =
        member.outcome?.isAtRelease == true
        ? .rests(.current, from: "\(tag.version)", nil)
        : .rests(member.outcome ?? .untouched, from: nil, member.cause)
      whole.entries.append(PlanEntry(host: host, verdict: verdict))
    }
    let isAsked = !session.yes || header.retry
    let canaries = leg.canaryHasGone ? [] : named
    if let why = whole.refusal(canaries: canaries, stageOnly: stageOnly, isAsked: isAsked) {
      asked.refuse(why)
      return false
    }
    let answers = asked.all.values.map { (host: $0.entry.host, answer: $0.answer) }
    let text = PlanText(
      Plan(legs: [leg], others: []), fleet: session.fleet, answers: answers, width: session.width,
      typed: session.typed)
    return try await session.approve(text, PlanLeg.question([leg], stageOnly: stageOnly))
  }

  /// What a host's state means for the rollout's own release, which is not chosen anew.
  private func entry(
    _ host: Host, _ answer: SurveyAnswer, job: String, for header: RolloutHeader
  ) -> PlanEntry {
    var host = host
    for index in host.profiles.indices { host.profiles[index].steppingStones = [] }
    if case .probe(let probe, _) = answer, let last = probe.status.last, last.job == job,
      last.outcome != nil, probe.status.openJob != job
    {
      return PlanEntry(
        host: host, verdict: .rests(.untouched, from: last.from, nil),
        profile: host.installed(in: probe)?.0, ended: last)
    }
    if case .probe(let probe, _) = answer, probe.status.openJob == job, probe.isInCutover {
      var entry = PlanEntry(host: host, verdict: .rests(.untouched, from: nil, nil))
      entry.profile = host.installed(in: probe)?.0 ?? host.profiles.first
      entry.isInCutover = true
      return entry
    }
    guard header.restores == nil else {
      let again = session.typed.command("rollback", [host.name])
      let text = "its rollback was not begun;  once more: \(again)"
      return PlanEntry(
        host: host, verdict: .rests(.untouched, from: nil, Cause(code: .notBegun, text: text)))
    }
    guard let wish = TagWish(header.tag) else { return Self.fault(host, header) }
    if session.skipped.contains(wish.version) {
      let cause = Cause(
        code: .skipped, text: Wording.skipped(header, session.typed))
      return PlanEntry(host: host, verdict: .rests(.untouched, from: nil, cause))
    }
    var wishes = PlanWishes(
      target: .exactly(wish), allowDowngrade: header.allowDowngrade, retry: header.retry,
      repair: header.repair)
    wishes.judgesHealth = false
    let answer = answer.withoutJob(of: header.rollout)
    let plan = try? Plan.make([(host, answer)], skip: [], wishes: wishes) { source in
      // Its own release counts also where the source no longer lists it.
      [header.sourceTag] + tags.of(source).filter { $0.name != header.tag }
    }
    guard let entry = plan?.entries.first else { return Self.fault(host, header) }
    if case .goes = entry.verdict, let profile = entry.profile,
      !header.isFrom(profile.source, in: session.fleet)
    {
      return Self.fault(host, header, "the profile that fits it has another source")
    }
    return entry
  }

  private static func fault(_ host: Host, _ header: RolloutHeader, _ why: String? = nil) -> PlanEntry {
    let text = "it cannot go to \(header.tag)" + (why.map { ": \($0)" } ?? "")
    return PlanEntry(
      host: host, verdict: .rests(.refused, from: nil, Cause(code: .fault, text: text)))
  }
}

/// What was asked while a rollout was gone on with: the hosts, and the person.
private final class Asked: Sendable {
  private struct State {
    var all: [String: (entry: PlanEntry, answer: SurveyAnswer)] = [:]
    var isAsking = false
    var error: (any Error)?
    var refusal: String?
  }

  private let state = Mutex(State())

  var all: [String: (entry: PlanEntry, answer: SurveyAnswer)] { state.withLock { $0.all } }
  /// The question stands there, and has no answer.
  var isAsking: Bool { state.withLock { $0.isAsking } }
  var error: (any Error)? { state.withLock { $0.error } }
  var refusal: String? { state.withLock { $0.refusal } }

  /// Those that were to have a reason to go, and have one not to.
  var resting: [PlanEntry] {
    all.values.map(\.entry).filter { if case .rests(_, _, _?) = $0.verdict { true } else { false } }
  }

  func add(_ entry: PlanEntry, _ answer: SurveyAnswer) {
    state.withLock { $0.all[entry.host.name] = (entry, answer) }
  }

  /// The hosts that had no mark when they were asked.
  var unmarked: Set<String> {
    Set(
      all.compactMap { name, asked in
        if case .probe(let probe, _) = asked.answer, probe.status.mark == nil { name } else { nil }
      })
  }

  func refuse(_ why: String) { state.withLock { $0.refusal = why } }

  /// What cannot be asked is no yes.
  func decide(_ ask: () async throws -> Bool) async -> Bool {
    let answer: Result<Bool, any Error>
    state.withLock { $0.isAsking = true }
    do { answer = .success(try await ask()) } catch { answer = .failure(error) }
    return state.withLock {
      $0.isAsking = false
      switch answer {
      case .success(let isYes): return isYes
      case .failure(let error):
        $0.error = error
        return false
      }
    }
  }
}
