import Store
import Text
import Rollout
import Hosts
import Catalogue
import Report
import Inventory
import Driver
import Release
import SystemPackage
import Wire

/// From the hosts to the report: what `upgrade`, `stage` and `plan` have in common.
struct UpgradeFlow {
  enum Mode { case plan, stage, upgrade }

  let session: Session
  let mode: Mode
  let wishes: PlanWishes
  let leave: Bool
  let repair: Bool
  /// `--ignore-window`.
  var ignoreWindow = false
  /// The options that say what is wanted, as a person would type them.
  var typedOptions: [String] = []
  /// `plan --notes`.
  var showsNotes = false
  /// `plan --adopt`: the options with which the inventory is read again once lines were written into it.
  var adopting: CommonOptions?

  private var context: CommandContext { session.context }
  private var fleet: Fleet { session.fleet }

  func run(_ patterns: [String]) async throws -> RunExit {
    let hosts = try session.select(patterns)
    var round = try await run(hosts, patterns, behind: nil)
    var codes = [round.code]
    // Each is of a newer release than the one before, so this ends.
    while let onward = round.onward {
      session.aside(
        "On to \(onward.goal) from \(onward.stone), a stepping stone: \(Wording.list(onward.hosts)).")
      round = try await run(hosts.filter { onward.hosts.contains($0.name) }, patterns, behind: onward)
      codes.append(round.code)
    }
    return RunExit.worst(codes)
  }

  /// What once over the hosts came to.
  private struct Round {
    var code: RunExit
    /// Who has come to a stepping stone, where it is gone on with.
    var onward: Onward?
  }

  /// - Parameter behind: the stepping stone that they have come to; the way behind it was asked for with it.
  private func run(_ hosts: [Host], _ patterns: [String], behind: Onward?) async throws -> Round {
    if mode != .plan { try refuseDriven(hosts.map(\.name)) }
    let connector = try session.connector()
    let catalogue = try context.catalogue(fleet)
    let answers = await session.survey(hosts, over: connector).map {
      (host: $0.host, answer: $0.answer.withoutClaims(of: session.leftClaims))
    }
    let tags = try await Tags.read(answers, from: catalogue)
    var wishes = wishes
    wishes.judgesHealth = mode == .plan
    var plan = try Plan.make(answers, skip: fleet.skip, wishes: wishes) { tags.of($0) }
    for index in plan.legs.indices {
      plan.legs[index].pastFailure = try lastTry(plan.legs[index])?.failureWords
      guard mode != .stage else { continue }
      let leg = plan.legs[index]
      plan.legs[index].canaryHasGone = try same(leg, openRollouts())?.rollout.canaryHasGone == true
      guard !plan.legs[index].canaryHasGone else { continue }
      plan.legs[index] = leg.heldByCanary(Rollout.Policy(fleet.policy).namedCanaries)
    }

    if mode == .plan {
      let accounts = await PlanAccounts(
        session: session, connector: connector, catalogue: catalogue, tags: tags, mayFetch: adopting != nil
      ).ask(plan)
      let plan = plan.refusing(accounts, leave: leave)
      let notes = showsNotes ? await notes(plan, PlanNotes(catalogue: catalogue, tags: tags)) : nil
      var text = PlanText(
        plan, fleet: fleet, answers: answers, accounts: accounts, notes: notes, tags: tags,
        width: session.width, typed: session.typed)
      text.forewarnings = await PlanForewarnings(session: session, connector: connector).ask(plan)
      let code = try show(text, of: plan)
      guard let adopting, try await Adopting(session: session, plan: plan, accounts: accounts).run() else {
        if session.output == .text { NextSteps.table(next(plan, patterns)).forEach(session.print) }
        return Round(code: code)
      }
      session.aside("What is written is asked for again:")
      var again = UpgradeFlow(
        session: try Session(context, adopting), mode: .plan, wishes: wishes, leave: leave, repair: repair)
      again.typedOptions = typedOptions
      again.showsNotes = showsNotes
      return Round(code: try await again.run(patterns))
    }
    var planText = PlanText(
      plan, fleet: fleet, answers: answers, tags: tags, width: session.width,
      typed: session.typed)
    var codes: [RunExit] = []
    var open = try openRollouts()
    if open.isEmpty, let found = try RolloutResume.reconstruct(answers, session: session) {
      session.aside("The agents tell of \(found.record.header.rollout), whose log is not here.")
      open = [found.record]
    }
    let halted = plan.legs.filter { isToBeSaid($0, open) }
    for leg in halted { codes.append(try halt(leg, open)) }
    let legs = plan.legs.filter { leg in !halted.contains(leg) }
    let going = legs.filter { !$0.going.isEmpty }
    for leg in legs where leg.going.isEmpty && same(leg, open) == nil {
      codes.append(try finish(still(leg)))
    }
    for record in open where !record.isRollback {
      guard let tag = TagName(record.header.tag), session.skipped.contains(tag.version) else { continue }
      session.aside("\(record.header.rollout) is open: \(Wording.skipped(record.header, session.typed)).")
    }
    if going.isEmpty { tags.doubtfullyPassedOver.forEach(session.aside) }
    if plan.legs.isEmpty { codes.append(try finish(still(plan.others))) }
    if let circling = behind?.circling(in: plan), !circling.isEmpty {
      session.warn("\(Wording.list(circling)) would go to a stepping stone again that was said to be there.")
      return Round(code: .failed)
    }

    if !going.isEmpty, behind?.covers(going) != true {
      let question = PlanLeg.question(going, stageOnly: mode == .stage, goesOn: fleet.policy.throughStones)
      if mode == .upgrade, session.showsPlan {
        planText.forewarnings = await PlanForewarnings(session: session, connector: connector).ask(plan)
      }
      guard try await session.approve(planText, question) else {
        session.aside("Nothing was done.")
        return Round(code: .interrupted)
      }
    }
    var upgraded: Set<String> = []
    var troubled = halted
    for leg in legs {
      let same = self.same(leg, open)
      guard same != nil || !leg.going.isEmpty else { continue }
      if let first = troubled.first(where: leg.isSameElsewhere), mode == .upgrade {
        session.warn(leg.notBegun(after: first, session.typed))
        continue
      }
      let ended = try await run(
        leg, open: same, others: open, tags: tags, machines: SharedMachines(answers).sets,
        goesOn: mayGoOn && RunExit.worst(codes) == .good, catalogue, connector)
      codes.append(ended.code)
      upgraded.formUnion(ended.upgraded)
      if [.failed, .release].contains(ended.code) { troubled.append(leg) }
      if codes.contains(.interrupted) || codes.contains(.fault) { break }
      open = try openRollouts()
    }
    return goOn(Round(code: RunExit.worst(codes), onward: Onward(legs, upgraded: upgraded)))
  }

  /// Only where all went well: who stays at a stepping stone runs.
  private func goOn(_ round: Round) -> Round {
    guard let onward = round.onward, mayGoOn else { return Round(code: round.code) }
    guard round.code != .good else { return round }
    session.aside(
      "\(Wording.list(onward.hosts)) \(onward.hosts.count == 1 ? "stays" : "stay") at \(onward.stone), a stepping "
        + "stone on the way to \(onward.goal): not all went well. Once that is looked at: "
        + session.typed.command("upgrade", onward.hosts))
    return Round(code: round.code)
  }

  private var mayGoOn: Bool { mode == .upgrade && fleet.policy.throughStones }

  // MARK: One release

  private struct LegEnd {
    var code: RunExit
    /// The hosts that have the release now.
    var upgraded: Set<String>

    init(_ code: RunExit, _ report: Report) {
      self.code = code
      upgraded = Set(report.hosts.filter { $0.outcome == .upgraded }.map(\.host))
    }
  }

  /// - Parameter goesOn: whether it is gone on with behind a stepping stone, where all goes well.
  private func run(
    _ leg: PlanLeg, open: RolloutRecord?, others: [RolloutRecord], tags: Tags, machines: [[String]],
    goesOn: Bool, _ catalogue: any ReleaseCatalogue, _ connector: any HostConnector
  ) async throws -> LegEnd {
    let shelf = ReleaseShelf(session: session, catalogue: catalogue, source: leg.source, verify: leg.verify)
    let release = try await shelf.fetch(leg.tag)
    let installed = shelf.installed(for: release)
    let names = leg.entries.map(\.host.name)

    if let open, Set(names).isSubset(of: open.header.hosts) {
      session.aside("Going on with \(open.header.rollout).")
      let going = RolloutResume(
        session: session, connector: connector, release: release, installed: installed, tags: tags,
        gate: gate, ask: ask, approved: Set(leg.going.map(\.host.name)), goesOn: goesOn)
      let ended = try await going.run(open.header.rollout, hosts: names, stageOnly: mode == .stage)
      return LegEnd(try await session.conclude(ended), ended.report)
    }
    var unclosed: StoreError?
    for old in others {
      // A rollback is followed to its end, but where its host goes on from there.
      let taken = old.isRollback ? leg.going.map(\.host.name) : names
      guard !Set(old.header.hosts).isDisjoint(with: taken) else { continue }
      session.aside("Closing \(old.header.rollout) (\(old.header.tag)), which \(leg.tag) takes over from.")
      let closed = try await Closing(session: session, connector: connector).close(old)
      unclosed = unclosed ?? closed.fault
    }

    var header = header(leg, release, apart: machines)
    header.notes = await PlanNotes(catalogue: catalogue, tags: tags).ask(leg, for: leg.going, asks: false)
      .notes
    let ended = try await session.drive(
      header, leg.entries, release, over: connector, gate: gate,
      installed: installed)
    let report = Report(ended.record)
    let fault = ended.fault ?? unclosed
    let since = NextSteps.Since(
      isAborted: ended.isAborted, goneOn: goesOn && fault == nil ? report.allUpgraded : [])
    let unkept = session.keep(report, since: since)
    let code = try await session.conclude(report, since: since, fault: fault ?? unkept)
    return LegEnd(code, report)
  }

  private var gate: CutoverGate { CutoverGate(zone: fleet.timezone, ignoresWindows: ignoreWindow) }

  private func ask(_ header: inout RolloutHeader) {
    header.retry = wishes.retry
    header.leave = leave
    header.repair = repair
    header.allowDowngrade = wishes.allowDowngrade
  }

  /// - Parameter machines: the hosts on each machine that has several.
  private func header(
    _ leg: PlanLeg, _ release: FetchedRelease, apart machines: [[String]]
  ) -> RolloutHeader {
    let id = UTC.rolloutID(context.time.nowMilliseconds(), tag: leg.tag.text)
    var policy = Rollout.Policy(fleet.policy)
    policy.stageOnly = mode == .stage
    if fleet.policy.oneMachine == .apart { policy.neverTogether += machines }
    var header = leg.header(id: id, fleet: fleet, policy: policy, who: context.who, release: release)
    ask(&header)
    return header
  }

  /// A halt is there so that somebody looks. Who is not asked (`--yes`, from cron) would otherwise take
  /// the next host down with the same release every night: also when that rollout is over.
  private func isToBeSaid(_ leg: PlanLeg, _ open: [RolloutRecord]) -> Bool {
    guard mode == .upgrade, session.yes, !wishes.retry else { return false }
    if leg.hasOnlyFailed { return true }
    guard case .halted = same(leg, open)?.rollout.ending else { return false }
    return leg.entries.contains(where: \.isMarked)
  }

  /// Says again what is open, or why nobody goes.
  private func halt(_ leg: PlanLeg, _ open: [RolloutRecord]) throws -> RunExit {
    let same = self.same(leg, open)
    let why = leg.failureWords ?? "\(same?.header.rollout ?? "it") halted, and hosts are still marked"
    session.warn("\(why): \(PlanLeg.notByItself).")
    // Where every mark was cleared since, what its log tells leads to nothing any more.
    if let same, leg.entries.contains(where: \.isMarked) { return try finish(Report(same)) }
    var leg = leg
    for index in leg.entries.indices {
      guard case .goes(let from) = leg.entries[index].verdict else { continue }
      leg.entries[index].verdict = .rests(
        .untouched, from: from, Cause(code: .failedElsewhere, text: why))
    }
    return try finish(still(leg))
  }

  /// What another fleet on this machine is at work on is not planned anew: what its hosts say now is half of something.
  private func refuseDriven(_ names: [String]) throws {
    for record in try openRollouts() where !Set(record.header.hosts).isDisjoint(with: names) {
      // Says whose it is.
      if session.store.isDriven(record.header.rollout) { _ = try session.store.open(record.header.rollout) }
    }
  }

  /// The last rollout of the same release, open or not.
  private func lastTry(_ leg: PlanLeg) throws -> RolloutRecord? {
    try session.records(limit: 20).first { $0.header.isOf(leg, in: fleet) }
  }

  /// The open rollout of the same release.
  private func same(_ leg: PlanLeg, _ open: [RolloutRecord]) -> RolloutRecord? {
    open.first { $0.header.isOf(leg, in: fleet) }
  }

  private func openRollouts() throws -> [RolloutRecord] {
    try session.records(limit: 20).filter(\.isOpen)
  }

  // MARK: Showing

  /// What is new in the release of each leg; why there may be more is told beside.
  private func notes(_ plan: Plan, _ search: PlanNotes) async -> [ReleaseNotes] {
    var notes: [ReleaseNotes] = []
    for leg in plan.legs {
      let found = await search.ask(leg, for: leg.entries, asks: true)
      notes.append(found.notes)
      found.troubles.forEach { session.aside("Not all notes are here: \(session.typed.words($0)).") }
    }
    return notes
  }

  private func show(_ text: PlanText, of plan: Plan) throws -> RunExit {
    try session.show(text.value) { text.lines.forEach(session.print) }
    return RunExit.worst(
      plan.entries.map { entry in
        guard case .rests(let outcome, _, let cause) = entry.verdict else { return .good }
        let isAmiss = entry.health.isWell == false || cause?.keepsBack == true
        return RunExit.worst([RunExit.of(outcome), isAmiss ? .failed : .good])
      })
  }

  /// What a plan leads to: the same for good, or, where nobody can go, what would let somebody.
  private func next(_ plan: Plan, _ patterns: [String]) -> [NextSteps.Line] {
    guard plan.legs.allSatisfy(\.going.isEmpty) else {
      var options = typedOptions
      if ignoreWindow { options.append("--ignore-window") }
      return [
        NextSteps.Line(
          command: session.typed.command("upgrade", options + patterns), why: "asks, and then does it")
      ]
    }
    var reports = plan.legs.map(still)
    if !plan.others.isEmpty { reports.append(still(plan.others)) }
    var lines: [NextSteps.Line] = []
    for line in reports.flatMap({ NextSteps($0, typed: session.typed).lines }) where !lines.contains(line) {
      lines.append(line)
    }
    return lines
  }

  private func still(_ leg: PlanLeg) -> Report {
    report(
      leg.header(id: "", fleet: fleet, policy: Rollout.Policy(), who: context.who, release: nil), leg.entries)
  }

  /// No release could be named for any host.
  private func still(_ entries: [PlanEntry]) -> Report {
    let wanted =
      switch wishes.target {
      case .ownTrack: "none"
      case .track(let track): "\(track)"
      case .exactly(let wish): "\(wish)"
      }
    let header = RolloutHeader(
      rollout: "", app: fleet.app, name: fleet.name, track: wanted, tag: wanted, release: nil,
      verified: [], policy: Rollout.Policy(), hosts: entries.map(\.host.name),
      inventory: fleet.folder.string, who: context.who)
    return report(header, entries)
  }

  /// The report of a rollout that has nothing to do, and is not kept.
  private func report(_ header: RolloutHeader, _ entries: [PlanEntry]) -> Report {
    Report(RolloutRecord(header, at: UTC.text(context.time.nowMilliseconds()), planned: entries))
  }

  private func finish(_ report: Report) throws -> RunExit {
    try session.end(with: report)
  }
}
