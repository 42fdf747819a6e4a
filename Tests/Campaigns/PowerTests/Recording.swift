import Foundation
import TestSupport
import Wire

/// A real upgrade on a disk that was written down.
struct Recording {
  let site: Site
  let fileSystem: FileSystem
  let version: Pocket.Version
  let base: String
  let log: BlockLog
  let verdict: Verdict
  let host: Host

  /// Runs stage and cutover to their end.
  init(
    _ site: Site, _ fileSystem: FileSystem, _ version: Pocket.Version, base: String,
    _ more: [String: String] = [:]
  ) throws {
    let host = Host(site: site, fileSystem: fileSystem)
    let outside = "\(site.folder)/outside"
    try? FileManager.default.removeItem(atPath: outside)
    try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(outside)/mark", withDestinationPath: "\(site.folder)/fuse/mark")
    let image = site.image("recorded"), logFile = site.image("log"), result = "\(site.folder)/result"
    for file in [logFile, result] { try? FileManager.default.removeItem(atPath: file) }
    try Tool.run("cp", "--sparse=always", base, image)

    let program = try host.start("record", image: image, ["LOG": logFile].merging(more) { $1 })
    let talk = Talk(program)
    let pocket = Pocket(site: site)
    let staged = try talk.stage(version, pocket, job: "job-1")
    guard staged.result.outcome == nil else { throw Tool.Failed("stage: \(staged.result)") }
    let ended = try talk.cutover(job: "job-1", after: staged.seq)
    // The coordinator has heard it. The disk is in the program's namespace.
    try Data("heard \(ended.outcome?.rawValue ?? "nothing")\n".utf8).write(
      to: URL(fileURLWithPath: "/proc/\(program.pid)/root\(site.folder)/fuse/mark"))
    program.endInput()
    let rest = program.readAll()
    guard program.wait() == 0 else { throw Tool.Failed("recording: \(rest)") }

    self.site = site
    self.fileSystem = fileSystem
    self.version = version
    self.base = base
    self.host = host
    log = try BlockLog(Data(contentsOf: URL(fileURLWithPath: logFile), options: .alwaysMapped))
    let sight = Sight(try String(contentsOfFile: result, encoding: .utf8), status: 0)
    let end = Tree(sight.lines("tree end") ?? [])
    verdict = Verdict(
      old: try Tree(.old, in: site),
      new: try Tree(version, in: site, listing: pocket.release(version).listing),
      newVersion: version.rawValue)
    let wanted: (Outcome, String) = version == .good ? (.upgraded, version.rawValue) : (.rolledBack, "1.0.0")
    guard ended.outcome == wanted.0, verdict.version(end) == wanted.1 else {
      let differences = end.release.differences(from: version == .good ? verdict.new : verdict.old)
      throw Tool.Failed("an undisturbed run ends wrong: \(ended) \(differences)")
    }
  }
}
