import Foundation
import TestSupport
import Testing
import Wire

@testable import Agent

/// A disk of its own, made in a file; gone with its owner.
private final class SmallDisk {
  let point: URL
  private let image: URL

  init(mebibytes: Int) throws {
    let name = "fleet-disk-\(UUID().uuidString)"
    point = FileManager.default.temporaryDirectory.appending(path: name)
    image = FileManager.default.temporaryDirectory.appending(path: name + ".img")
    try FileManager.default.createDirectory(at: point, withIntermediateDirectories: true)
    try Shell.run("/usr/bin/truncate", "-s", "\(mebibytes)M", image.path)
    try Shell.run("/usr/sbin/mkfs.ext4", "-q", "-m", "0", image.path)
    try Shell.run("/usr/bin/mount", "-o", "loop", image.path, point.path)
  }

  deinit {
    try? Shell.run("/usr/bin/umount", "-l", point.path)
    try? FileManager.default.removeItem(at: point)
    try? FileManager.default.removeItem(at: image)
  }
}

@Suite(.serialized) struct SpaceJobTests {
  @Test func `a stage that eats what must stay free is ended and refused`() throws {
    let disk = try SmallDisk(mebibytes: 1_200)
    let room = try Room(in: disk.point)
    let poller = Poller(port: room.port)
    let result = try room.stage("4.1.0", job: "job-1") {
      $0.steps.prepare = [
        // It would go on for long after it has used up the disk.
        Run(command: .shell("fallocate -l 850M hog && sleep 600"), timeoutSeconds: 900)
      ]
    }
    #expect(result.outcome == .refused)
    #expect(result.reason?.code == .space)
    #expect(result.reason?.step == .prepare)
    #expect(result.reason?.text.contains("must stay free") == true)
    #expect(poller.stop().allSatisfy { $0 }, "the app was disturbed")
    #expect(!FileManager.default.fileExists(atPath: room.folder.appending(path: ".fleet-growroom").path))
    // Nothing is remembered against the release: with room it goes.
    #expect(try room.stage("4.1.0", job: "job-2").outcome == nil)
    withExtendedLifetime(disk) {}
  }

  @Test func `pictures that are linked need no room`() throws {
    let disk = try SmallDisk(mebibytes: 1_200)
    let room = try Room(in: disk.point)
    let cameras = room.install.appending(path: "cameras")
    try FileManager.default.createDirectory(at: cameras, withIntermediateDirectories: true)
    // More than half of what is left: were it counted, no upgrade could ever begin.
    try Shell.run("/usr/bin/fallocate", "-l", "400M", cameras.appending(path: "film").path)
    let result = try room.stage("4.1.0", job: "job-1")
    #expect(result.outcome == nil, "\(result.reason?.text ?? "")")
    withExtendedLifetime(disk) {}
  }
}
