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
      backup's. What was written since stays in the backup that is made of the version you leave, and the running \
      app does not have it; it says where that is. Linked files such as pictures are merged forward. The host is not \
      offered the release you leave again until there is a newer one, or fleet clear.

      While somebody is at work on the host it is refused (2). A backup that does not prove well is undone, as an \
      upgrade is: the host runs what you wanted to leave, and the exit code is 2.

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

  func run(on bench: Workbench) async throws -> RunExit {
    let session = try Session(bench, common)
    let host = try session.one(host)
    try await refuseAtWork(host, session)
    let chosen = try choose(try await Backups.list(host, session).get(), on: host, session)
    guard try await session.prompter.confirm(question(host, chosen, session)) else {
      session.aside("Nothing was done.")
      return .interrupted
    }
    let profile = try await Backups.profile(of: host, session)
    var story = RollbackStory(of: chosen, with: profile, on: host, session)
    let job = story?.id ?? UTC.rolloutID(bench.time.nowMilliseconds(), tag: "rollback")
    let order = RollbackOrder(job: job, backup: chosen.name, profile: profile)
    let result = try await roll(order, host, session, &story)
    story?.finish()
    if let doubt = Ordered(job: job, target: chosen.version, from: nil, isRollback: true).doubt(
      result, in: .cutover)
    {
      let cause = Cause(notBelieved: doubt)
      throw HostError.notBelieved(
        "\(host.name): \(cause.text). Next: \(session.typed.command("status", [host.name]))")
    }
    try session.show(result) {
      session.print(sentence(result, host))
      guard isGood(result), let backup = result.backup else { return }
      session.print(Wording.leftIn("\(profile.backups)/\(backup)", from: result.from))
    }
    if isGood(result) { return .good }
    let code = RunExit.of(result.outcome ?? .unknown)
    return code == .good ? .failed : code
  }

  /// Nobody is asked about what will not be done, nor is it written down as tried.
  private func refuseAtWork(_ host: Host, _ session: Session) async throws {
    let request = Request.status(app: host.key(of: session.fleet.app))
    guard case .status(let status) = try await session.ask(host, request) else {
      throw HostError.protocolFault("the agent gave no status")
    }
    guard let claim = status.claim, !session.leftClaims.isLeft(claim) else { return }
    throw AgentRefusal(host: host.name, reason: HostWorker.claimedReason(claim), claim: claim)
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
    let age = session.bench.time.nowMilliseconds() - backup.timeMilliseconds
    let days = Double(max(0, age)) / 86_400_000
    let data = days < 1 ? "less than a day" : days < 2 ? "a day" : "\(Int(days)) days"
    return
      "Roll \(host.name) back to \(visible(backup.version, limit: 40)) (\(visible(backup.name)))? "
      + "What was written since (\(data)) stays in the backup that is made of what runs now, and the app will not "
      + "have it."
  }

  /// As an upgrade goes: claimed, staged from the backup, then cut over. A broken connection is made
  /// again, and the job followed.
  private func roll(
    _ order: RollbackOrder, _ host: Host, _ session: Session, _ story: inout RollbackStory?
  ) async throws -> JobResult {
    let (app, bench) = (order.profile.app, session.bench)
    let display = session.makeDisplay()
    defer { display.end() }
    display.begin(title: "Rolling back to \(order.backup ?? "the last backup")", hosts: [host.name])
    let claim = Claim(
      rollout: order.job, who: bench.who, inventory: session.fleet.folder.string, host: host.name,
      sinceMilliseconds: bench.time.nowMilliseconds(), lifetimeSeconds: RolloutLimits.claimSeconds)
    var isOrdered = false
    do {
      try await session.claim(host, app: app, claim)
      story?.begun()
      try await session.order(host, .rollback(order))
      var following = Following(
        session: session, connector: try session.connector(), host: host, display: display)
      var result = try await following.toRest(app: app, job: order.job)
      story?.staged(result, following.takeHeard())
      if result.outcome == nil {
        let cutover = CutoverOrder(
          app: app, job: order.job, lifetimeSeconds: RolloutLimits.orderLifetimeSeconds, seen: following.seq)
        story?.ordered(lifetimeSeconds: cutover.lifetimeSeconds)
        isOrdered = true
        try await session.order(host, .cutover(cutover))
        result = try await following.toRest(app: app, job: order.job)
        story?.rested(result, following.takeHeard())
      }
      await giveBack(order, host, session)
      return result
    } catch {
      // Where the agent says no, nothing is under way; where it was lost, something may be.
      if let refusal = error as? AgentRefusal {
        await giveBack(order, host, session)
        if isOrdered { story?.refused(refusal.reason) } else { story?.failed(error) }
        story?.finish()
      } else if !isOrdered {
        story?.failed(error)
        story?.finish()
      } else if story != nil {
        session.warn("How it ends is not known here; \(session.typed.command("resume")) follows it.")
      }
      throw error
    }
  }

  /// The claim, and what is staged and was not taken.
  private func giveBack(_ order: RollbackOrder, _ host: Host, _ session: Session) async {
    let app = order.profile.app
    _ = try? await session.ask(host, .cancel(app: app, job: order.job))
    _ = try? await session.ask(host, .unclaim(app: app, rollout: order.job))
  }

  /// The backup runs, and is well. What the agent calls rolled back is an undo: the backup was not well, and what was
  /// to be left is there again.
  private func isGood(_ result: JobResult) -> Bool {
    result.outcome?.isCommitted == true && result.healthy != false
  }

  private func sentence(_ result: JobResult, _ host: Host) -> String {
    let version = result.now.map { visible($0, limit: 40) } ?? "unknown"
    let down = result.downtimeMilliseconds.map { ", down \(Wording.seconds($0))" } ?? ""
    let why = result.reason.map { ": \(visible($0.text))" } ?? ""
    let outcome: String =
      switch result.outcome {
      case .upgraded?, .restored?: "restored"
      case .rolledBack?: "not restored"
      case let outcome?: Wording.outcome(outcome)
      case nil: "unknown"
      }
    return "\(host.name): \(outcome), now \(version)\(down)\(why)"
  }
}
