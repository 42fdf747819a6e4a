import Foundation
import TestSupport
import Wire

/// A small disk with the old version on it, of which each trial gets a copy.
struct SmallDiskBench: Sendable {
  let site: Site
  let host: Host
  let base: String
  let verdict: Verdict
  var pocket: Pocket { Pocket(site: site) }

  init() throws {
    if let missing = Site.missing(for: [.ext4]) { throw Tool.Failed(missing) }
    site = try Site()
    // All suites share one, so that nobody releases it.
    for folder in [site.folder, site.images] { LeftBehind.note(directory: folder) }
    host = Host(site: site, fileSystem: .ext4)
    base = site.image("base")
    // On a Pi the agent lies on the same disk, and each job has a link of it there.
    let agent = site.image("fleet-agent")
    try Tool.run("strip", "-o", agent, "\(site.programs)/fleet-agent")
    // No blocks for root alone: fleet is root, and what it can have must be what can be seen.
    try host.furnish(base, ["AGENT": agent, "MKFS": FileSystem.ext4.mkfs + " -m 0"])
    let pocket = Pocket(site: site)
    verdict = Verdict(
      old: try Tree(.old, in: site),
      new: try Tree(.good, in: site, listing: pocket.release(.good).listing),
      newVersion: Pocket.Version.good.rawValue)
  }

  /// A copy of the disk; its path.
  func copy() throws -> String {
    let image = site.image("trial")
    try Tool.run("cp", "--sparse=always", base, image)
    return image
  }

  private var mark: String { "\(site.folder)/outside/mark" }

  /// Runs an upgrade to its end, and looks.
  ///
  /// - Parameter freed: others let their room go before it begins, and a person who has looked says so, and that the
  ///   release may try again.
  func upgrade(
    _ image: String, job: String, to version: Pocket.Version = .good, freed: Bool = false,
    moment: Moment? = nil, shortage: Shortage? = nil
  ) throws -> Upgrading {
    try host.forget()
    try Data().write(to: URL(fileURLWithPath: mark))
    let program = try host.start("serve", image: image, freed ? ["ROOM": Disk.room] : [:])
    try waitForApp(program)
    let disk = Disk(host: program.pid, folder: site.folder)
    let suffer: @Sendable () throws -> Void = { if let shortage { try disk.suffer(shortage) } }
    let intruder = Intruder(
      install: site.install, occurrence: moment?.occurrence ?? 1, deed: suffer)
    let talk = Talk(program)
    let told = try tell {
      if moment == .sending { try suffer() }
      let profile = moment?.pausing(pocket.profile, of: pocket)
      let staged = try talk.stage(version, pocket, job: job, profile: profile, retry: freed) {
        if moment == .order { try suffer() }
      }
      guard staged.result.outcome == nil else { return staged.result }
      if moment == .staged { try suffer() }
      return try talk.cutover(job: job, after: staged.seq)
    }
    let intrusion = intruder.end()
    // An agent that only sends heartbeats does not listen.
    if case .nothing = told { program.kill() }
    program.endInput()
    let output = program.readAll()
    let sight = Sight(output, status: program.wait())
    if let problem = intrusion.problem { throw Tool.Failed(problem) }
    if let moment, moment.isPause, !intrusion.didIt { throw Tool.Failed("\(moment) never came: \(told)") }
    var promised = Promises()
    for line in try String(contentsOfFile: mark, encoding: .utf8).split(separator: "\n") {
      promised.take(String(line))
    }
    return Upgrading(told: told, sight: sight, promised: promised)
  }

  private func tell(_ body: () throws -> JobResult) throws -> Told {
    do { return .rested(try body()) } catch let refused as Talk.Refused {
      return .answered(refused.reason)
    } catch is Talk.Silence {
      return .nothing
    }
  }

  /// The first start of the app in this host is over.
  private func waitForApp(_ program: TalkingChild) throws {
    for _ in 0..<2_000 {
      if FileManager.default.fileExists(atPath: "\(site.folder)/outside/lock.before") { return }
      usleep(10_000)
    }
    program.kill()
    throw Tool.Failed("the small host does not start: \(program.readAll())")
  }
}

/// What the coordinator heard of an order.
enum Told: Sendable, CustomStringConvertible {
  case rested(JobResult)
  /// Nothing was begun.
  case answered(Cause)
  /// Only heartbeats.
  case nothing

  var outcome: Outcome? {
    switch self {
    case .rested(let result): result.outcome
    case .answered: .refused
    case .nothing: nil
    }
  }

  var description: String {
    switch self {
    case .rested(let result):
      "\(result.outcome?.rawValue ?? "staged") \(result.now ?? "") \(result.reason?.text ?? "") "
        + (result.undoReason.map { "(undo: \($0.text))" } ?? "")
    case .answered(let reason): "answered: \(reason.text)"
    case .nothing: "nothing"
    }
  }
}

/// An upgrade that was ordered, as it was told and as it was seen.
struct Upgrading: Sendable {
  let told: Told
  let sight: Sight
  var promised: Promises

  /// The story that the agent wrote of all jobs.
  var story: [JobEvent] {
    (sight.lines("jobs") ?? []).compactMap { try? JSON.decode(JobEvent.self, from: Array($0.utf8)) }
  }
}
