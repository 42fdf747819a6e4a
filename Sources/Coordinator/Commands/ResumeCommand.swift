internal import ArgumentParser
internal import Release
internal import SystemPackage
internal import Wire

struct ResumeCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Go on with the last rollout that was not finished.",
    discussion: """
      Hosts in their cutover are followed to its end, then the others go on: untouched, deferred and \
      unreachable ones, and those that were cleared. Never looks for a newer release. Where the log of \
      the rollout is lost, the agents are asked what is under way.

      Examples:
        fleet resume
        fleet resume flower-2 drying
      """)

  @OptionGroup var hosts: HostOptions
  @OptionGroup var common: CommonOptions

  @Flag(name: .long, help: "Cut over also hosts that are outside their window now.")
  var ignoreWindow = false

  func run(on bench: Workbench) async throws -> RunExit {
    let session = try Session(bench, common)
    let chosen = try session.select(hosts.patterns)
    let connector = try session.connector()
    let names = hosts.patterns.isEmpty ? nil : chosen.map(\.name)
    if let open = try session.store.records(inventory: session.fleet.folder).first(where: \.isOpen) {
      session.aside("Going on with \(open.header.rollout).")
      let going = try await goingOn(open.header, session, connector)
      return try await session.conclude(try await going.run(open.header.rollout, hosts: names))
    }
    let answers = await session.survey(chosen, over: connector)
    guard let found = try GoingOn.rebuild(answers, session: session) else {
      guard let other = GoingOn.others(answers, session: session).first else {
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

  /// A release that cannot be fetched any more keeps nobody from following what is under way.
  private func goingOn(
    _ header: RolloutHeader, _ session: Session, _ connector: any HostConnector
  ) async throws -> GoingOn {
    let gate = CutoverGate(zone: session.fleet.timezone, ignoresWindows: ignoreWindow)
    guard let profile = session.fleet.profiles.first else {
      return GoingOn(
        session: session, connector: connector, release: nil, listing: { _ in nil }, tags: Tags(), gate: gate)
    }
    let catalogue = try session.bench.catalogue(session.fleet)
    let shelf = ReleaseShelf(
      session: session, catalogue: catalogue, source: profile.source, verify: profile.verify)
    var release: FetchedRelease?
    do throws(CatalogueError) {
      release = try await shelf.fetch(header.tag)
    } catch {
      session.warn("\(header.tag) cannot be had, so nothing new is staged: \(error)")
    }
    return GoingOn(
      session: session, connector: connector, release: release, listing: { await shelf.listing($0) },
      tags: await Tags.known(of: profile.source, in: catalogue), gate: gate)
  }
}
