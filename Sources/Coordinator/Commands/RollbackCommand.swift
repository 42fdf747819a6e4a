import Hosts
import Rollout
import Driver
import Text
import Inventory
import Report
import ArgumentParser
import Release
import SystemPackage
import Wire

struct RollbackCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Put a backup back in place of what is installed.",
    discussion: """
      Says of how many days the running app will not have the data, and asks. Databases and copied files are the \
      backup's. What was written into the install since stays in the backup that is made of the version you leave, and \
      the running app does not have it; it says where that is. What lies elsewhere stays as it is. Linked files such \
      as pictures are merged forward. The host is not offered the release you leave again until there is a newer one, \
      or fleet clear.

      It begins at once, also outside of the host's windows. While somebody is at work on the host it is refused \
      (2). Ctrl-C before its cutover leaves all as it is; in it, its end is waited for. A backup that does not \
      prove well is undone, as an upgrade is: the host runs what you wanted to leave, and the exit code is 2.

      Examples:
        fleet rollback veg
        fleet rollback veg --to 4.1.16
        fleet rollback veg --backup Mycodo-backup-2026-11-22_10-15-00-8.16.0
      """)

  @Argument(help: "The host.")
  var host: String
  @Option(name: .long, help: ArgumentHelp("The newest backup of this version.", valueName: "version"))
  var to: String?
  @Option(name: .long, help: ArgumentHelp("Exactly this backup.", valueName: "name"))
  var backup: String?
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if to != nil, backup != nil { throw ValidationError("--to and --backup exclude each other.") }
    if let to { _ = try Parsing.release(to) }
  }

  func run(on context: CommandContext) async throws -> RunExit {
    let session = try Session(context, common)
    let host = try session.one(host)
    try await refuseAtWork(host, session)
    let chosen = try choose(try await HostBackups.list(host, session).get(), on: host, session)
    guard try await session.prompter.confirm(question(host, chosen, session)) else {
      session.aside("Nothing was done.")
      return .interrupted
    }
    return try await roll(host, to: chosen, session)
  }

  /// Nobody is asked about what will not be done, nor is it written down as tried.
  private func refuseAtWork(_ host: Host, _ session: Session) async throws {
    let request = Request.status(app: host.key(of: session.fleet.app))
    guard case .status(let status) = try await session.ask(host, request) else {
      throw HostError.protocolFault("the agent gave no status")
    }
    guard let claim = status.claim, !session.leftClaims.isLeft(claim) else { return }
    throw AgentRefusal(host: host.name, reason: HostWorker.claimedReason(claim))
  }

  private func choose(_ backups: [Backup], on host: Host, _ session: Session) throws -> Backup {
    let wish = try to.map { try Parsing.release($0) }
    let fitting = backups.filter { candidate in
      if let backup { return candidate.name == backup }
      if let wish { return Version.isSame(candidate.version, "\(wish.version)") }
      return true
    }
    guard let chosen = fitting.first else {
      throw UsageError(
        "\(host.name) has no such backup; \(session.typed.command("backups", [host.name])) lists them")
    }
    return chosen
  }

  private func question(_ host: Host, _ backup: Backup, _ session: Session) -> String {
    let age = session.context.time.nowMilliseconds() - backup.timeMilliseconds
    let days = Double(max(0, age)) / 86_400_000
    let data = days < 1 ? "less than a day" : days < 2 ? "a day" : "\(Int(days)) days"
    return
      "Roll \(host.name) back to \(visible(backup.version, limit: 40)) (\(visible(backup.name)))? "
      + "What was written since (\(data)) stays in the backup that is made of what runs now, and the app will not "
      + "have it."
  }

  /// As a rollout of one host: so it is told, followed to its end by `resume`, given up by `abort`, and stands in the
  /// history. Outside of the host's windows, too: somebody sits there and asks for it now.
  private func roll(_ host: Host, to backup: Backup, _ session: Session) async throws -> RunExit {
    let connector = try session.connector()
    var profile = try await HostBackups.profile(of: host, session)
    // Whether the version that comes back is well its own profile says; so far back they may differ.
    if let own = host.profile(of: backup.version) { profile.agent.health = own.agent.health }
    let entry = PlanEntry(host: host, verdict: .goes(from: nil), profile: profile)
    let ended = try await session.drive(
      header(backup, host, session), [entry], nil, over: connector, gate: CutoverGate(ignoresWindows: true))
    let report = Report(ended.record)
    if report.hosts.allSatisfy(\.wasNotBegun) {
      await Closing(session: session, connector: connector).takeBack(ended.record)
    }
    let unkept = session.keep(report)
    return try await session.conclude(
      report, since: NextSteps.Since(isAborted: ended.isAborted), fault: ended.fault ?? unkept)
  }

  private func header(_ backup: Backup, _ host: Host, _ session: Session) -> RolloutHeader {
    var policy = Rollout.Policy()
    policy.canary = .first(0)
    policy.soakSeconds = 0
    var header = RolloutHeader(
      rollout: UTC.rolloutID(session.context.time.nowMilliseconds(), tag: "rollback"),
      app: session.fleet.app, name: session.fleet.name, track: "", tag: backup.version,
      release: nil, verified: [], policy: policy, hosts: [host.name],
      inventory: session.fleet.folder.string, who: session.context.who)
    header.restores = backup.name
    return header
  }
}
