import Archive
import Foundation
import Glibc
import Release
import SystemPackage
import TestSupport
@testable import Wire

@testable import Agent

/// Folders to begin runs from, made once: growroom 4.1.0 as two upgrades by the real agent left it, with all
/// archives uploaded, and the same with each cutover staged. A run gets a copy of one.
final class Template: Sendable {
  let folder: String
  let port: Int
  /// The git blob of every file of each release.
  let blobs: [String: [String: String]]
  private let releases: [String: Release]

  private struct Release {
    var name: ReleaseName
    var unpackedBytes: Int64
    var blobs: [String: String]
  }

  static let versions = ["4.0.26", "4.0.27", "4.1.0", "4.1.1", "4.1.2", "4.1.3", "4.2.0"]
  /// Not in the releases here: two thirds of their files are much the same, and each costs nine calls.
  private static let leftOut = ":(exclude)plants/*/[!t]*"

  /// The boot in which everything was staged.
  static let bootID = "11111111-0000-4000-8000-000000000000"

  /// The one of this process.
  static let shared: Result<Template, any Error> = Result { try Template() }

  private init() throws {
    ArchiveLocale.set()
    // In memory where there is room: nothing here is about the disk itself.
    let memory = "/dev/shm"
    let parent = access(memory, W_OK) == 0 ? memory : NSTemporaryDirectory()
    folder = "\(parent)/fleet-torture-\(getpid())"
    port = Int(try Shell.freePort())
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    LeftBehind.note(directory: folder)
    try FileManager.default.createDirectory(atPath: "\(folder)/agent", withIntermediateDirectories: true)
    try Shell.run("/usr/bin/strip", "-o", "\(folder)/agent/fleet-agent", Room.program)
    let folder = folder
    releases = try Dictionary(
      uniqueKeysWithValues: Self.versions.map { ($0, try Self.inspect($0, archiveIn: folder)) })
    blobs = releases.mapValues(\.blobs)
    try build()
  }

  /// A copy for one run, with the agent's program linked to where it stands.
  func copy(for scenario: Scenario, as name: String) throws -> String {
    let source = scenario.isCutover ? scenario.rawValue : "base"
    let target = "\(folder)/\(name)"
    try Shell.run("/bin/cp", "-a", "\(folder)/\(source)", target)
    try linkAgent(into: target)
    return target
  }

  private func linkAgent(into target: String) throws {
    var places = ["\(target)/agent/fleet-agent"]
    let jobs = "\(target)/state/growroom/jobs"
    for job in (try? FileManager.default.contentsOfDirectory(atPath: jobs)) ?? [] {
      places.append("\(jobs)/\(job)/fleet-agent")
    }
    for place in places {
      unlink(place)
      guard link("\(folder)/agent/fleet-agent", place) == 0 else {
        throw Shell.Failed("cannot link \(place)")
      }
    }
  }

  // MARK: Making it

  private func build() throws {
    let base = "\(folder)/base"
    for name in ["agent", "run", "log", "outside", "backups"] {
      try FileManager.default.createDirectory(atPath: "\(base)/\(name)", withIntermediateDirectories: true)
    }
    try Data("\(Self.bootID)\n".utf8).write(to: URL(fileURLWithPath: "\(base)/boot_id"))
    try Data("before\n".utf8).write(to: URL(fileURLWithPath: "\(base)/outside/crontab"))
    try linkAgent(into: base)
    try Data(Growroom.control.utf8).write(to: URL(fileURLWithPath: "\(base)/app-control"))
    chmod("\(base)/app-control", 0o755)
    try install("4.0.26", in: base)
    try run(base, stage: "4.0.27", from: "4.0.26", uploading: ["4.0.27"])
    try run(base, stage: "4.1.0", from: nil, uploading: ["4.1.0"])
    try upload(["4.1.1", "4.1.2", "4.1.3", "4.2.0"], in: base)
    for scenario in Scenario.allCases where scenario.isCutover {
      let staged = "\(folder)/\(scenario.rawValue)"
      try Shell.run("/bin/cp", "-a", base, staged)
      try linkAgent(into: staged)
      try withApp(in: staged, try order(scenario).frames) {
        try Self.wait("staging \(scenario.target)") { Self.rested(staged, scenario.job) != nil }
        guard Self.rested(staged, scenario.job)?.outcome == nil else {
          throw Shell.Failed(
            "\(scenario) was not staged: \(String(describing: Self.rested(staged, scenario.job)))")
        }
      }
      try Data(Frame.encode(Request.cutover(cutover(scenario)))).write(
        to: URL(fileURLWithPath: "\(staged)/in"))
    }
    for name in ["base"] + Scenario.allCases.filter(\.isCutover).map(\.rawValue) {
      try removeAgentLinks(in: "\(folder)/\(name)")
    }
  }

  private static func inspect(_ version: String, archiveIn folder: String) throws -> Release {
    let repository = try Room.releases.get().path
    let tag = "v\(version)"
    let commit = try Shell.output("/usr/bin/git", "-C", repository, "rev-parse", "\(tag)^{commit}")
    let file = "\(folder)/\(tag).tar.gz"
    try Shell.run(
      "/usr/bin/git", "-C", repository, "archive", "--format=tar.gz",
      "--prefix=growroom-\(commit.prefix(7))/", "-o", file, tag, "--", ".", leftOut)
    let manifest = try ArchiveJudge.inspect(FilePath(file))
    let name = ReleaseName(
      version: version, tag: tag, commit: commit, tree: "\(manifest.tree)", sha256: "\(manifest.sha256)",
      size: Int64(manifest.sizeBytes))
    let blobs = manifest.entries.compactMap { entry in entry.blob.map { (entry.path, "\($0)") } }
    return Release(
      name: name, unpackedBytes: Int64(manifest.totalBytes), blobs: Dictionary(uniqueKeysWithValues: blobs))
  }

  private func install(_ version: String, in base: String) throws {
    let machine = try TortureMachine(base, ["/bin/sleep", "1000"])
    let repository = try Room.releases.get().path
    let made = try machine.run([
      "/bin/sh", "-euc",
      """
      mkdir growroom
      git -C \(repository) archive v\(version) -- . '\(Self.leftOut)' | tar -x -C growroom
      cd growroom
      \(Room.quickEnvironment)
      env/bin/python -m growroom init --port \(port) --log \(TortureMachine.root)/log --run \(TortureMachine.root)/run
      env/bin/python -m growroom seed 300
      printf '\\n[rates]\\npicture_seconds = 0.3\\n' >>config.ini
      """,
    ])
    guard made.status == 0 else { throw Shell.Failed("installing growroom: \(made.output)") }
  }

  /// Upgrades the base itself to a version.
  private func run(_ base: String, stage version: String, from installed: String?, uploading: [String]) throws
  {
    let job = "base-\(version)"
    var listing: Artifact?
    var uploads = try frames(uploading: uploading)
    if let installed {
      let bytes = try JSON.encode(
        ReleaseListing(files: blobs[installed, default: [:]].map { ReleaseListing.File(path: $0, blob: $1) }))
      var digest = SHA256Stream()
      bytes.withUnsafeBytes { digest.update($0) }
      let sha256 = "\(digest.finalize())"
      listing = Artifact(sha256: sha256, size: Int64(bytes.count))
      uploads +=
        try Frame.encode(Request.upload(app: Growroom.app, sha256: sha256, size: Int64(bytes.count))) + bytes
    }
    var order = try stageOrder(version, job: job)
    order.installedListing = listing
    let stage = try uploads + Frame.encode(Request.stage(order))
    try withApp(in: base, stage) {
      try Self.wait("staging \(version)") { Self.rested(base, job) != nil }
      guard let result = Self.rested(base, job), result.outcome == nil else {
        throw Shell.Failed("\(version) was not staged: \(String(describing: Self.rested(base, job)))")
      }
    }
    let frame = try Frame.encode(
      Request.cutover(CutoverOrder(app: Growroom.app, job: job, lifetimeSeconds: 3600)))
    try withApp(in: base, frame) {
      try Self.wait("upgrading to \(version)") { Self.rested(base, job)?.outcome != nil }
      guard Self.rested(base, job)?.outcome == .upgraded else {
        throw Shell.Failed("not upgraded to \(version): \(String(describing: Self.rested(base, job)))")
      }
    }
  }

  private func upload(_ versions: [String], in base: String) throws {
    try withApp(in: base, try frames(uploading: versions)) {
      try Self.wait("the uploads") {
        versions.allSatisfy { version in
          let sha256 = releases[version]?.name.sha256 ?? ""
          return access("\(base)/state/growroom/artifacts/\(sha256)", F_OK) == 0
        }
      }
    }
  }

  private func frames(uploading versions: [String]) throws -> [UInt8] {
    var bytes: [UInt8] = []
    for version in versions {
      guard let name = releases[version]?.name else { continue }
      bytes += try Frame.encode(Request.upload(app: Growroom.app, sha256: name.sha256, size: name.size))
      bytes += try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name.tag).tar.gz")))
    }
    return bytes
  }

  /// Boots the folder with the app and a serve that reads these requests, until `body` is content.
  private func withApp(in folder: String, _ requests: [UInt8], _ body: () throws -> Void) throws {
    try Data(requests).write(to: URL(fileURLWithPath: "\(folder)/in"))
    let machine = try TortureMachine(folder, ["/bin/sh", "-c", boot + "; exec sleep 1000"])
    do { try body() } catch {
      let log = (try? String(contentsOfFile: "\(folder)/out.log", encoding: .utf8)) ?? ""
      throw Shell.Failed("\(error)\n\(log)")
    }
    // The parent of the job recovers after it; that is nothing to do, and must not be cut off.
    usleep(300_000)
    try machine.run(["\(TortureMachine.root)/app-control", "stop"])
  }

  /// The app, as a machine starts it.
  var start: String { "./app-control start \(port) >>log/boot.out 2>&1" }

  /// What a machine does first: the app, then a coordinator's requests.
  private var boot: String { "\(start); agent/fleet-agent serve <in >out 2>>out.log" }

  // MARK: Orders

  func stageOrder(_ version: String, job: String) throws -> StageOrder {
    guard let release = releases[version] else { throw Shell.Failed("there is no \(version)") }
    return StageOrder(
      job: job, release: release.name, unpackedBytes: release.unpackedBytes,
      profile: Growroom.profile(port: port, deadlineSeconds: version == "4.1.1" ? 5 : 30))
  }

  /// What the coordinator asks for.
  func order(_ scenario: Scenario) throws -> (request: Request, frames: [UInt8]) {
    let request: Request
    if scenario.isRollback {
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/base/backups")
      guard let backup = names.first(where: { $0.hasSuffix(scenario.target) }) else {
        throw Shell.Failed("there is no backup of \(scenario.target)")
      }
      request = .rollback(
        RollbackOrder(job: scenario.job, backup: backup, profile: Growroom.profile(port: port)))
    } else {
      request = .stage(try stageOrder(scenario.target, job: scenario.job))
    }
    return (request, try Frame.encode(request))
  }

  func cutover(_ scenario: Scenario) -> CutoverOrder {
    CutoverOrder(
      app: Growroom.app, job: scenario.job, lifetimeSeconds: 24 * 3600,
      confirmWithinSeconds: scenario.confirmWithinSeconds)
  }

  // MARK: Small things

  private func removeAgentLinks(in folder: String) throws {
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    for file in files where file.hasSuffix("/fleet-agent") { unlink("\(folder)/\(file)") }
    unlink("\(folder)/out")
    unlink("\(folder)/out.log")
  }

  /// The result with which a job rested last, if it rests.
  static func rested(_ folder: String, _ job: String) -> JobResult? {
    let events = JobEventLog.readAll(FilePath("\(folder)/state/growroom/jobs/\(job)/events.jsonl")).0
    guard let last = events.last, last.event == .rested else { return nil }
    return last.result
  }

  static func wait(_ what: String, seconds: Double = 60, until isSo: () throws -> Bool) throws {
    let end = Date().addingTimeInterval(seconds)
    while try !isSo() {
      guard Date() < end else { throw Shell.Failed("\(what): nothing happened for \(Int(seconds)) s") }
      usleep(10_000)
    }
  }
}
