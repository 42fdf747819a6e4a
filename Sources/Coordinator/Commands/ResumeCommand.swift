import Inventory
import Rollout
import Catalogue
import Text
import Hosts
import Driver
import Report
import ArgumentParser
import Release
import SystemPackage
import Wire

struct ResumeCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Go on with the last rollout that was not finished.",
    discussion: """
      Hosts in their cutover are followed to its end. Then it shows who would go on, and asks, as fleet upgrade \
      does: untouched, deferred and unreachable ones. Where the release failed before, it is tried again with \
      --retry only, once the host was cleared. Never looks for a newer release, and never takes one that skip in \
      fleet.yaml names. Where the log of the rollout is lost, the agents are asked what is under way.

      Examples:
        fleet resume
        fleet resume flower-2 drying
        fleet resume --retry veg
      """)

  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  @Flag(name: .long, help: "Cut over also hosts that are outside their window now.")
  var ignoreWindow = false

  @Flag(name: .long, help: "Try again also where the release failed, or was refused, before.")
  var retry = false

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let chosen = try session.select(hosts.patterns)
    let connector = try session.connector()
    let names = hosts.patterns.isEmpty ? nil : chosen.map(\.name)
    if let open = try session.records().first(where: \.isOpen) {
      if let code = try await passedOver(open, session, connector) { return code }
      session.aside("Going on with \(open.header.rollout).")
      let going = try await goingOn(open.header, session, connector)
      var ended = try await going.run(open.header.rollout, hosts: names)
      if open.isRollback, !ended.isGivenUp, ended.report.hosts.allSatisfy(\.wasNotBegun) {
        // What is staged there is of no use to anybody.
        let closed = try await Closing(session: session, connector: connector).close(open)
        ended.fault = ended.fault ?? closed.fault
      }
      return try await session.conclude(ended)
    }
    let answers = await session.survey(chosen, over: connector)
    guard let found = try RolloutResume.reconstruct(answers, session: session) else {
      guard let other = RolloutResume.others(answers, session: session).first else {
        session.aside("There is no open rollout.")
        return .good
      }
      session.warn("\(HostWorker.claimedReason(other).text).")
      return .failed
    }
    session.aside("The agents tell of \(found.record.header.rollout); going on with it.")
    let going = try await goingOn(found.record.header, session, connector)
    return try await session.conclude(
      try await going.run(found.record, found.log, hosts: names ?? found.hosts, stageOnly: false))
  }

  /// Where nothing is left but to begin what fleet.yaml passes over; nil where something can be done.
  private func passedOver(
    _ open: RolloutRecord, _ session: Session, _ connector: any HostConnector
  ) async throws -> RunExit? {
    guard !open.isRollback, let tag = TagName(open.header.tag), session.skipped.contains(tag.version),
      open.rollout.ending != nil, !open.rollout.members.contains(where: { $0.outcome == .unknown })
    else { return nil }
    session.warn("\(Wording.skipped(open.header, session.typed)).")
    let report = Report(open)
    let failed = session.fleet.hosts.filter { host in
      report.hosts.contains { $0.host == host.name && $0.hasFailed }
    }
    let answers = await session.survey(failed, over: connector)
    let cleared = answers.compactMap { host, answer in
      if case .probe(let probe, _) = answer, probe.status.mark == nil { host.name } else { nil as String? }
    }
    return try session.end(with: report, since: NextSteps.Since(isSkipped: true, cleared: Set(cleared)))
  }

  /// A release that cannot be fetched any more keeps nobody from following what is under way.
  private func goingOn(
    _ header: RolloutHeader, _ session: Session, _ connector: any HostConnector
  ) async throws -> RolloutResume {
    // A rollback was begun outside of the windows, too.
    let gate = CutoverGate(
      zone: session.fleet.timezone, ignoresWindows: ignoreWindow || header.restores != nil)
    guard let profile = header.profile(in: session.fleet), header.restores == nil else {
      return RolloutResume(
        session: session, connector: connector, release: nil, installed: .none, tags: Tags(), gate: gate,
        ask: ask)
    }
    let catalogue = try session.context.catalogue(session.fleet)
    let shelf = ReleaseShelf(
      session: session, catalogue: catalogue, source: profile.source, verify: profile.verify)
    var release: FetchedRelease?
    do throws(CatalogueError) {
      release = try await shelf.fetch(TagName(written: header.tag))
    } catch {
      session.warn("\(header.tag) cannot be had, so nothing new is staged: \(error)")
    }
    return RolloutResume(
      session: session, connector: connector, release: release, installed: shelf.installed(for: release),
      tags: await Tags.known(of: profile.source, in: catalogue), gate: gate, ask: ask)
  }

  /// What the rollout was begun with is not said again by that.
  private func ask(_ header: inout RolloutHeader) { header.retry = retry }
}
