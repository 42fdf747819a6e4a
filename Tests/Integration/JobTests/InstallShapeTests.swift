import Foundation
import TestSupport
import Testing
import Wire

@testable import Agent

/// An install that is not a plain directory: followed where that is safe, else refused before the stop.
@Suite(.serialized) struct InstallShapeTests {
  private func mount(_ words: String..., at point: URL) throws -> Mounted {
    try FileManager.default.createDirectory(at: point, withIntermediateDirectories: true)
    return try Mounted(words, at: point)
  }

  /// Something mounted, gone with its owner.
  private final class Mounted {
    private let point: URL

    init(_ words: [String], at point: URL) throws {
      self.point = point
      let child = try TalkingChild(["/usr/bin/mount"] + words + [point.path])
      guard child.wait() == 0 else { throw Shell.Failed("mount \(words)") }
    }

    deinit { try? Shell.run("/usr/bin/umount", "-l", point.path) }
  }

  @Test func `a symbolic link is followed once: the tree it leads to is upgraded, and the link stays`() throws
  {
    let room = try Room()
    // Steps have a /tmp of their own, where it would not lie.
    let elsewhere = URL(filePath: "/srv/fleet-link-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: elsewhere) }
    let link = elsewhere.appending(path: "growroom")
    try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: room.install.path)
    #expect(try room.stage("4.1.0", job: "job-1") { $0.install = link.path }.outcome == nil)
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
    #expect(room.version == "4.1.0")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == room.install.path)
    #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path) == ["growroom"])
    #expect(try room.leftovers() == [])
  }

  @Test func `a directory of an overlay's lower layer is refused before the stop, and a copy of it goes`()
    throws
  {
    let room = try Room()
    let layers = URL(filePath: "/srv/fleet-layers-\(UUID().uuidString)")
    try Shell.run("/bin/sh", "-euc", "mkdir -p \"$0\"; cd \"$0\"; mkdir below upper work merged", layers.path)
    defer { try? FileManager.default.removeItem(at: layers) }
    let below = layers.appending(path: "below")
    try Shell.run(
      "/bin/cp", "-a", room.install.path, below.appending(path: room.install.lastPathComponent).path)
    let options = "lowerdir=\(below.path),upperdir=\(layers.path)/upper,workdir=\(layers.path)/work"
    let mounted = try mount(
      "-t", "overlay", "-o", options, "overlay", at: layers.appending(path: "merged"))
    let install = layers.appending(path: "merged/\(room.install.lastPathComponent)").path
    func change(_ profile: inout AppProfile) {
      (profile.install, profile.backups) = (install, layers.appending(path: "merged/backups").path)
    }
    let refused = try room.stage("4.1.0", job: "job-1", change: change)
    #expect(refused.outcome == .refused && refused.reason?.step == .check, "\(refused)")
    #expect(refused.reason?.text.contains("lower layer of an overlay") == true, "\(refused)")
    // As it says.
    try Shell.run(
      "/bin/sh", "-euc", "cp -a \"$0\" \"$0.new\"; mv \"$0\" \"$0.old\"; mv \"$0.new\" \"$0\"", install)
    let staged = try room.stage("4.1.0", job: "job-2", retry: true, change: change)
    #expect(staged.reason?.text.contains("lower layer") != true, "\(staged)")
    withExtendedLifetime(mounted) {}
  }

  @Test func `a mount point is refused before the stop`() throws {
    let room = try Room()
    let mounted = try mount("--bind", room.install.path, at: room.install)
    let poller = Poller(port: room.port)
    let refused = try room.stage("4.1.0", job: "job-1")
    #expect(refused.outcome == .refused && refused.reason?.step == .check, "\(refused)")
    #expect(refused.reason?.text.contains("is a mount point") == true)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(try room.leftovers() == [])
    withExtendedLifetime(mounted) {}
  }

  @Test func `a mount inside is refused before the stop, also one that comes after the stage`() throws {
    let room = try Room()
    let poller = Poller(port: room.port)
    do {
      let mounted = try mount("-t", "tmpfs", "tmpfs", at: room.install.appending(path: "cameras"))
      let refused = try room.stage("4.1.0", job: "job-1")
      #expect(refused.outcome == .refused && refused.reason?.step == .check, "\(refused)")
      #expect(refused.reason?.text.contains("cameras is mounted inside it") == true)
      withExtendedLifetime(mounted) {}
    }
    #expect(try room.stage("4.1.0", job: "job-2").outcome == nil)
    do {
      let mounted = try mount("-t", "tmpfs", "tmpfs", at: room.install.appending(path: "cameras"))
      let late = try room.cutover(job: "job-2")
      #expect(late.outcome == .deferred && late.reason?.code == .stageExpired, "\(late)")
      #expect(late.reason?.text.contains("cameras is mounted inside it") == true)
      withExtendedLifetime(mounted) {}
    }
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(try room.stage("4.1.0", job: "job-2").outcome == nil)
    #expect(try room.cutover(job: "job-2").outcome == .upgraded)
  }

  @Test
  func `a mount that comes in the middle of the cutover is undone, and does not leave with the old tree`()
    throws
  {
    let room = try Room()
    #expect(try room.stage("4.1.0", job: "job-1").outcome == nil)
    var mounted: Mounted?
    let result = try room.cutover(job: "job-1") { event, _ in
      guard event.event == .stepStarted, event.step == .migrate else { return }
      mounted = try mount("-t", "tmpfs", "tmpfs", at: room.install.appending(path: "cameras"))
    }
    #expect(result.outcome == .rolledBack && result.healthy == true, "\(result)")
    #expect(!result.steps.contains { $0.step == .undo && !$0.ok }, "\(result)")
    #expect(result.reason?.text.contains("cameras is mounted inside it") == true)
    #expect(room.version == "4.0.26")
    #expect(try room.leftovers() == [])
    withExtendedLifetime(mounted) {}
  }

  @Test func `a release that calls itself another is refused before the stop, and one with a v is proved`()
    throws
  {
    let room = try Room()
    func naming(_ version: String) -> (inout AppProfile) -> Void {
      {
        $0.ignore.append("growroom/config.py")
        $0.steps.complete = [
          Run(
            command: .shell(
              "sed -i \"s/^GROWROOM_VERSION = .*/GROWROOM_VERSION = '\(version)'/\" growroom/config.py"))
        ]
      }
    }
    let other = try room.stage("4.1.0", job: "job-1", change: naming("4.1.9"))
    #expect(other.outcome == .refused && other.reason?.code == .artifact, "\(other)")
    #expect(other.reason?.text.contains("the release 4.1.0 calls itself 4.1.9 (growroom/config.py)") == true)
    let same = try room.stage("4.1.0", job: "job-2", change: naming("v4.1.0"))
    #expect(same.outcome == nil, "\(same)")
    let result = try room.cutover(job: "job-2")
    #expect(result.outcome == .upgraded && result.now == "v4.1.0", "\(result)")

    // And back, where Debian has taken the backup's Python away meanwhile.
    let backup = room.folder.appending(path: "backups/\(try #require(result.backup))")
    try Shell.run(
      "/usr/bin/ln", "-sfn", "/usr/bin/python3.7-gone", backup.appending(path: "env/bin/python3").path)
    #expect(throws: (any Error).self) { try room.agent("rollback", "growroom", try #require(result.backup)) }
    let events = JobEventLog.readAll(room.jobFolder(try room.lastJob()).events).0
    let reason = events.last?.result?.reason
    #expect(reason?.text.contains("leads to /usr/bin/python3.7-gone") == true, "\(events)")
    #expect(reason?.step == .extract && room.version == "v4.1.0")
  }
}
