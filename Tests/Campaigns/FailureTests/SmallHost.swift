import Archive
import Files
import Foundation
import SystemPackage
import TestSupport
@testable import Wire

@testable import Upgrade
@testable import Agent

/// A host in one folder: a ``SmallApp`` in version 1.0, the agent's state, and the archive of 2.0. Its jobs run in
/// this process, on whatever disk they are given.
final class SmallHost {
  enum Release: String, CaseIterable {
    case good, doesNotStart
    /// Good, and it waits for the coordinator, who has come back in already, or does not.
    case confirmed, unconfirmed

    /// How a job ends that nothing disturbs.
    var outcome: Outcome { [.good, .confirmed].contains(self) ? .upgraded : .rolledBack }
  }

  let folder: String
  let app: SmallApp
  private let release: Release
  private let paths: AgentPaths
  private var bootID = "boot-1"
  private static let job = "job-1"
  private var jobFolder: JobFolder { JobFolder(paths, Self.job) }

  /// What every such host begins with, made once.
  private static let template: Swift.Result<(folder: String, release: ReleaseName), any Error> = Swift.Result
  {
    ArchiveLocale.set()
    let folder = place("template")
    for name in ["install/data", "install/pictures", "state/small/artifacts", "backups"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    for (name, text) in [
      "version": "1.0", "schema": "one", "code": "old code", "config": "mine", "pictures/1": "a picture",
    ] { try "\(text)\n".write(toFile: "\(folder)/install/\(name)", atomically: false, encoding: .utf8) }
    try "for 1.0\n".write(toFile: "\(folder)/outside", atomically: false, encoding: .utf8)
    guard SmallApp.makeDatabase("\(folder)/install/data/app.db") else { throw Shell.Failed("no database") }
    try Shell.run(
      "/bin/sh", "-euc",
      """
      mkdir "$1/release" && cd "$1/release"
      echo 2.0 >version; echo two >schema; echo 'new code' >code; echo default >config
      mkdir docs; echo new >docs/changes
      git -c init.defaultBranch=main init -q . && git add .
      git -c user.name=fleet -c user.email=fleet@localhost commit -qm 2.0
      git archive --format=tar.gz --prefix=small-2/ -o ../release.tar.gz HEAD
      """, "make", folder)
    let manifest = try ArchiveJudge.inspect(FilePath("\(folder)/release.tar.gz"))
    try FileManager.default.moveItem(
      atPath: "\(folder)/release.tar.gz", toPath: "\(folder)/state/small/artifacts/\(manifest.sha256)")
    try FileManager.default.removeItem(atPath: "\(folder)/release")
    return (
      folder,
      ReleaseName(
        version: "2.0", tag: "v2.0", commit: String(repeating: "a", count: 40), tree: "\(manifest.tree)",
        sha256: "\(manifest.sha256)", size: Int64(manifest.sizeBytes))
    )
  }

  private static func place(_ name: String) -> String {
    let memory = "/dev/shm"
    let folder =
      "\(access(memory, W_OK) == 0 ? memory : NSTemporaryDirectory())/fleet-small-\(getpid())-\(name)"
    LeftBehind.note(directory: folder)
    return folder
  }

  init(_ release: Release) throws {
    self.release = release
    let template = try Self.template.get()
    folder = Self.place("\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.copyItem(atPath: template.folder, toPath: folder)
    paths = AgentPaths(app: "small", root: FilePath("\(folder)/state"))
    app = SmallApp(
      install: "\(folder)/install", outside: "\(folder)/outside", startsNew: release != .doesNotStart)
    app.start()
    try FileManager.default.createDirectory(atPath: jobFolder.path.string, withIntermediateDirectories: true)
    let order = StageOrder(
      job: Self.job, release: template.release, unpackedBytes: 100, profile: profile, leave: true)
    try Stored.write(JobOrder.upgrade(order), jobFolder.orderFile)
    try Stored.write(Self.job, paths.lastJob)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private var profile: AppProfile {
    func run(_ word: String, undo: Wire.Command? = nil) -> Run {
      Run(command: .arguments([word]), timeoutSeconds: 5, undo: undo)
    }
    return AppProfile(
      app: "small", name: "small", install: "\(folder)/install", backups: "\(folder)/backups",
      version: Reading(file: "version", match: "^(.*)$"),
      services: .commands(start: run("start"), stop: run("stop"), status: run("status")),
      outside: ["\(folder)/outside"], owner: .ofThisUser,
      carry: [
        Carry(
          kind: .sqlite, path: "data/*.db", required: true,
          revision: Revision(table: "revision", wanted: Reading(file: "schema", match: "^(.*)$"))),
        Carry(kind: .copy, path: "config", required: true),
        Carry(kind: .link, path: "pictures"),
      ],
      steps: Steps(
        prepare: [run("prepare")], migrate: [run("migrate")],
        finish: [run("finish", undo: .arguments(["unfinish"]))]),
      health: Health(
        healthyForSeconds: 0, deadlineSeconds: 5, checks: [.run(run("check"), expect: "GOOD")]),
      stopTimeoutSeconds: 1)
  }

  // MARK: What processes of the agent do

  func stage(on disk: FailingDisk) { work(.stage, on: disk) }

  func cutOver(on disk: FailingDisk) throws {
    try Stored.write(
      OrderedCutover(
        bootID: bootID, expiresMilliseconds: BootClock.milliseconds() + 600_000,
        confirmWithinSeconds: [.confirmed, .unconfirmed].contains(release) ? 0 : nil),
      jobFolder.cutoverFile)
    if release == .confirmed { try Stored.write(true, jobFolder.confirmFile) }
    try JobEventLog(jobFolder.events).append(JobEvent(event: .note, text: "the cutover was ordered"))
    work(.cutover, on: disk)
  }

  private func work(_ phase: JobPhase, on disk: FailingDisk) {
    app.disk = disk
    // How it ended is told by what it left.
    _ = disk.during { try? JobProgram(paths: paths, bootID: bootID).work(jobFolder, phase, app) }
  }

  /// After a crash, or as the next contact does.
  func recover(on disk: FailingDisk = FailingDisk()) { recover(.live, on: disk) }

  /// The power goes and comes back: the first boot unit, the app itself, the second boot unit.
  func losePower() {
    app.running = nil
    bootID = "boot-2"
    recover(.bootFiles, on: FailingDisk())
    app.start()
    recover(.bootSettle, on: FailingDisk())
  }

  private func recover(_ when: Recovery.When, on disk: FailingDisk) {
    app.disk = disk
    _ = disk.during { try? Recovery(paths: paths, bootID: bootID, when: when).end(app) }
  }

  // MARK: What is there

  var state: Upgrade.State { (try? Journal.peek(paths.journal))?.state ?? .idle }
  var isStaged: Bool { state == .staged }
  var installed: String? { SmallApp.text("\(app.install)/version") }
  var outcome: Outcome? { result?.outcome }
  /// For the words of a test that fails.
  var reason: String { [result?.reason, result?.undoReason].compactMap { $0?.text }.joined(separator: "; ") }
  private var result: JobResult? {
    let last = JobEventLog.readAll(jobFolder.events).0.last
    return last?.event == .rested ? last?.result : nil
  }

  /// What does not hold, although the host is at rest and its disk works.
  ///
  /// - Parameter afterFault: what could not be removed may lie about, until the next job.
  func problems(afterFault: Bool = false) -> [String] {
    var problems: [String] = []
    func check(_ words: String, _ isSo: Bool) { if !isSo { problems.append(words) } }
    let install = app.install
    let version = installed ?? "none"
    let isNew = version == "2.0"
    check("the journal says \(state.rawValue)", state == .idle || state == .staged)
    check("\(version) is installed", isNew || version == "1.0")
    check("\(app.running ?? "nothing") runs, \(version) is installed", app.running == version && app.isWell)
    check("the code is not whole", SmallApp.text("\(install)/code") == (isNew ? "new code" : "old code"))
    check("built", FileManager.default.fileExists(atPath: "\(install)/built") == isNew)
    check("the schema", SmallApp.schema("\(install)/data/app.db") == (isNew ? "two" : "one"))
    check("rows are lost", SmallApp.rows("\(install)/data/app.db") == "3")
    check("the settings are lost", SmallApp.text("\(install)/config") == "mine")
    check("the picture is lost", SmallApp.text("\(install)/pictures/1") == "a picture")
    // Where it could not be put back the old version runs all the same, and that is told.
    let isOutsideRight = SmallApp.text(app.outside) == (isNew ? "for 2.0" : "for 1.0")
    check("the outside path is not put back, and nothing tells", isOutsideRight || result?.undoReason != nil)
    let mark = try? Marks(paths).mark()
    check("marked, and \(version) runs", mark == nil || !isNew)
    if state == .idle, let result {
      check("said to be \(result.outcome?.rawValue ?? "staged")", (result.outcome == .upgraded) == isNew)
      check("said to be staged, and is not", result.outcome != nil || isStaged)
      check("rolled back, and not marked", result.outcome != .rolledBack || mark != nil)
    } else {
      check("nothing tells how it ended", result != nil)
    }
    let backups = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/backups")) ?? []
    let named = backups.filter { !$0.hasPrefix(".fleet-") }
    check("the backups are \(backups)", named.count == (isNew ? 1 : 0))
    if state == .idle, !afterFault { check("left lying about: \(leftovers.prefix(4))", leftovers.isEmpty) }
    // Whoever asks for recovery again is told that there is nothing to do, and nothing is done.
    if problems.isEmpty {
      let disk = FailingDisk()
      recover(on: disk)
      check("a second recovery does \(disk.effects.prefix(4))", disk.effects.isEmpty)
    }
    return problems
  }

  private var leftovers: [String] {
    let own = [".fleet-release.json", ".fleet-listing.json"]
    let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return all.filter { path in
      let name = path.split(separator: "/").last.map(String.init) ?? ""
      // What this process has begun to write it takes for its own, as long as it lives.
      return name.hasPrefix(".fleet-") && !own.contains(name) && !name.hasPrefix(".fleet-tmp-\(getpid())-")
    }
  }
}
