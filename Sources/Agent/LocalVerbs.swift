import Effects
import Upgrade
import Files
import Glibc
import SystemPackage
import Wire

/// What a person at the Pi can do without the coordinator.
struct LocalVerbs {
  let bootID: String

  func run(_ verb: String, _ arguments: [String]) throws(StepFailure) -> Int32 {
    let paths = AgentPaths(app: try app(arguments.first))
    switch verb {
    case "status": try status(paths)
    case "logs":
      if case .logs(let lines, let path) = try Logs(paths).tail(nil, 200) {
        print(path)
        for line in lines { print(line) }
      }
    case "backups":
      try backups(paths)
    case "clear":
      print("\(paths.app): \(try Marks(paths).clear().words)")
    default:
      return try rollback(paths, to: arguments.count > 1 ? arguments[1] : nil)
    }
    return 0
  }

  /// The app that was named, else the only one there is.
  private func app(_ named: String?) throws(StepFailure) -> String {
    let apps = AgentPaths.apps()
    if let named {
      guard apps.contains(named) else {
        let known = apps.joined(separator: " ")
        throw .because(
          .fault, "fleet knows no app \(visible(named, limit: 100)) here, only: \(known)")
      }
      return named
    }
    guard let only = apps.first, apps.count == 1 else {
      throw .because(
        .fault,
        apps.isEmpty
          ? "fleet has not upgraded anything here yet" : "name the app: \(apps.joined(separator: " "))")
    }
    return only
  }

  private func profile(_ paths: AgentPaths) throws(StepFailure) -> AppProfile {
    guard let job = try Stored.read(String.self, paths.lastJob) else {
      throw .because(.fault, "no job has run for \(paths.app) here")
    }
    return try JobFolder(paths, job).order().profile
  }

  private func backups(_ paths: AgentPaths) throws(StepFailure) {
    let backups = Backups(paths, profile: try profile(paths))
    let all = try backups.list()
    guard !all.isEmpty else {
      print("\(paths.app): no backups in \(backups.folder); the first upgrade makes one")
      return
    }
    let now = WallClock.milliseconds()
    for backup in all {
      print(backup.line(at: now))
    }
    print("To go back to one: \(CommandLink.command) rollback \(paths.app) BACKUP")
  }

  private func status(_ paths: AgentPaths) throws(StepFailure) {
    let profile = try? profile(paths)
    let install = profile.flatMap { try? realPath(FilePath($0.install)) }
    let status = try HostProbe(bootID: bootID).status(paths, install: install, profile: profile)
    print("\(paths.app)")
    if let profile, let install {
      let version = (try? Install.version(profile.version, in: install)) ?? "unknown"
      print("  installed  \(version)" + (status.installedTag.map { " (\($0))" } ?? ""))
    }
    print("  journal    \(status.state)" + (status.openJob.map { ", job \($0)" } ?? ""))
    if let words = Upgrade.State(rawValue: status.state)?.words { print("             \(words)") }
    if let mark = status.mark {
      print("  MARKED     \(mark.tag): \(mark.reason.text)")
      print(
        "             log \(mark.logPath); once you have looked: \(CommandLink.command) clear \(paths.app)")
    }
    if let held = status.heldTag { print("  held       \(held) is not offered again") }
    for refusal in status.refusals {
      let verb = refusal.isFailure ? "failed" : "was refused"
      print("  remembered \(refusal.tag) \(verb) here: \(refusal.reason.text)")
    }
    if let claim = status.claim { print("  claimed    by \(claim.who), rollout \(claim.rollout)") }
    if let last = status.last {
      print("  last job   \(last.job): \(last.outcome?.rawValue ?? "staged")")
      if let reason = last.reason { print("             \(reason.text)") }
    }
    print("  backups    \(status.backups)")
    if let free = status.freeBytes { print("  free       \(sizeText(free))") }
  }

  private func rollback(_ paths: AgentPaths, to backup: String?) throws(StepFailure) -> Int32 {
    let profile = try profile(paths)
    let found = try Backups(paths, profile: profile).find(backup)
    let job = "rollback-\(WallClock.milliseconds())"
    print("\(paths.app): going back to \(found.version) (\(found.name))")
    let orders = Orders(paths, bootID)
    try require(orders.stage(.rollback(RollbackOrder(job: job, backup: found.name, profile: profile))))
    var seen = 0
    guard let staged = wait(paths, job, &seen), staged.outcome == nil else {
      print("not done; see: fleet-agent logs \(paths.app)")
      return 1
    }
    try require(orders.cutover(CutoverOrder(app: paths.app, job: job, lifetimeSeconds: 600)))
    let result = wait(paths, job, &seen)
    let outcome = result?.outcome == .rolledBack ? "not restored" : result?.outcome?.rawValue ?? "unknown"
    let why = result?.reason.map { ": \($0.text)" } ?? ""
    print("\(paths.app): \(outcome), now \(result?.now ?? "unknown")\(why)")
    return result?.outcome == .restored ? 0 : 1
  }

  private func require(_ reply: Reply) throws(StepFailure) {
    switch reply {
    case .ok: return
    case .refused(let reason): throw .failed(reason)
    case .claimed(let claim):
      throw .because(.claimed, "the rollout \(claim.rollout) of \(claim.who) has this host")
    default: throw .fault("an unexpected answer")
    }
  }

  /// Prints the job's story until it rests.
  ///
  /// - Parameter seen: what was printed before.
  private func wait(_ paths: AgentPaths, _ job: String, _ seen: inout Int) -> JobResult? {
    let events = JobFolder(paths, job).events
    while true {
      let all = JobEventLog.readAll(events).0
      for event in all where event.seq > seen {
        seen = event.seq
        if let line = event.line { print("  \(line)") }
      }
      if let last = all.last, last.event == .rested { return last.result }
      pause(milliseconds: Follower.pollMilliseconds)
    }
  }
}

extension Marks.Cleared {
  /// What a person should know, who has typed it.
  var words: String {
    switch self {
    case .mark(nil): "the mark is gone"
    case .mark(let tag?):
      "the mark is gone; \(visible(tag, limit: 80)) is remembered as failed here, and goes here again only with "
        + "fleet upgrade --retry, or once this was said once more"
    case .memory: "what was held back and the remembered refusals are gone"
    case .nothing: "there was nothing to clear"
    }
  }
}

extension Upgrade.State {
  /// What a person should know of an open job; nil where there is nothing to say.
  var words: String? {
    switch self {
    case .idle: nil
    case .begin: "being staged; the old version runs on"
    case .staged: "staged; the old version runs on until the coordinator orders the cutover"
    case .proved: "the new version runs, and goes back unless fleet reaches this host again"
    case .stopping, .stopped, .swapping, .swapped, .committed, .rollingBack, .rolledBack:
      "under way; if nothing moves: \(CommandLink.command) recover"
    }
  }
}

extension Backup {
  /// For a person: name, version, age, size, and what should be known of it.
  func line(at now: Int64) -> String {
    let age = ageText(since: timeMilliseconds, now: now)
    let line = "\(name)  \(visible(version, limit: 40))  \(age) old  \(sizeText(bytes))"
    return [line, note].compactMap(\.self).joined(separator: "  ")
  }
}

extension JobEvent {
  /// For a person; nil where there is nothing to say.
  var line: String? {
    switch event {
    case .stepStarted: step.map { "\($0.rawValue)\(text.map { ": \($0)" } ?? "")" }
    case .stepEnded where ok == false: "\(step?.rawValue ?? ""): \(text ?? "failed")"
    case .note: text
    case .down: "the app is being stopped"
    case .up: "the app runs again" + (milliseconds.map { " after \($0) ms" } ?? "")
    default: nil
    }
  }
}
