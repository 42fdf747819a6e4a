import Archive
import Files
import Foundation
import Glibc
import SystemPackage
import Testing
import Wire

@testable import Agent

/// The most dangerous thing in fleet is to delete a staged tree that holds the old version.
@Suite struct WorkFolderTests {
  private final class Place {
    let folder: URL
    let paths: AgentPaths
    var install: FilePath { FilePath(folder.appending(path: "app").path) }
    var work: WorkFolder {
      WorkFolder(
        InstallSite(
          install: install.string, work: folder.appending(path: ".fleet-app").path,
          owner: FileOwner(userID: geteuid(), groupID: getegid())))
    }

    init() throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "fleet-work-\(UUID().uuidString)")
      paths = AgentPaths(app: "app", root: FilePath(folder.appending(path: "state").path))
      try StateFolder(paths).prepare()
      try FileManager.default.createDirectory(
        at: folder.appending(path: "app"), withIntermediateDirectories: true)
      _ = try work.prepare()
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// A tree with something in it, made by a job, or by nobody.
    func tree(_ path: FilePath, job: String?, backup: Marker.BackupNote? = nil) throws {
      try FileManager.default.createDirectory(
        atPath: path.string, withIntermediateDirectories: true)
      try Data("precious".utf8).write(to: URL(fileURLWithPath: path.appending("file").string))
      guard let job else { return }
      try Marker(job: job, release: nil, timeMilliseconds: 0, backup: backup).write(in: path)
    }

    func end(_ job: String, _ outcome: Outcome) throws {
      let folder = JobFolder(paths, job)
      try FileManager.default.createDirectory(
        atPath: folder.path.string, withIntermediateDirectories: true)
      try Data("{}".utf8).write(to: URL(fileURLWithPath: folder.orderFile.string))
      try JobEventLog(folder.events).append(
        JobEvent(event: .rested, result: JobResult(job: job, outcome: outcome, target: "1.0.0")))
    }

    func exists(_ path: FilePath) -> Bool { FileManager.default.fileExists(atPath: path.string) }
  }

  @Test(arguments: ["a link", "another directory", "a file"])
  func `nothing but the tree that was looked at changes places with the new one`(_ what: String) throws {
    let place = try Place()
    try place.tree(place.install, job: nil)
    try place.tree(place.work.tree, job: "j")
    let old = try Directory.openReal(place.install)
    let elsewhere = place.folder.appending(path: "elsewhere").path
    try FileManager.default.moveItem(atPath: place.install.string, toPath: elsewhere)
    switch what {
    case "a link":
      try FileManager.default.createSymbolicLink(
        atPath: place.install.string, withDestinationPath: elsewhere)
    case "a file": try Data().write(to: URL(filePath: place.install.string))
    default: try place.tree(place.install, job: nil)
    }
    #expect(throws: StepFailure.self) { try place.work.exchange(old: old) }
    #expect(try place.work.maker(of: place.work.tree) == "j")
    try FileManager.default.removeItem(atPath: place.install.string)
    try FileManager.default.moveItem(atPath: elsewhere, toPath: place.install.string)
    try place.work.exchange(old: old)
    #expect(try place.work.maker(of: place.install) == "j")
  }

  @Test func `a marker is not written through a link`() throws {
    let place = try Place()
    let elsewhere = place.folder.appending(path: "elsewhere").path
    try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: place.work.tree.string, withDestinationPath: elsewhere)
    let marker = Marker(job: "j", release: nil, timeMilliseconds: 0, backup: nil)
    try place.work.reserve()
    for spare in [nil, place.work.reserved] {
      #expect(throws: StepFailure.self) { try marker.write(in: place.work.tree, using: spare) }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere) == [])
  }

  @Test func `a staged tree of this job is thrown away`() throws {
    let place = try Place()
    try place.tree(place.work.tree, job: "j")
    try place.work.discard(job: "j")
    #expect(!place.exists(place.work.tree))
    #expect(!place.exists(place.work.path))
  }

  @Test func `a tree without a marker is never deleted`() throws {
    let place = try Place()
    try place.tree(place.work.tree, job: nil)
    try place.work.discard(job: "j")
    #expect(place.exists(place.work.tree.appending("file")))
    #expect(throws: StepFailure.self) { try place.work.removeLeftovers(place.paths) }
    #expect(place.exists(place.work.tree.appending("file")))
  }

  @Test func `the old tree of another job is never deleted`() throws {
    let place = try Place()
    try place.tree(place.work.tree, job: "older")
    try place.end("older", .upgraded)
    try place.work.discard(job: "j")
    #expect(place.exists(place.work.tree.appending("file")))
    #expect(throws: StepFailure.self) { try place.work.removeLeftovers(place.paths) }
    #expect(place.exists(place.work.tree.appending("file")))
  }

  @Test func `a tree that is installed too is not deleted`() throws {
    let place = try Place()
    try place.tree(place.work.tree, job: "j")
    try place.tree(place.install, job: "j")
    #expect(throws: StepFailure.self) { try place.work.discard(job: "j") }
    #expect(place.exists(place.work.tree.appending("file")))
  }

  @Test func `what a refused job left is removed before the next`() throws {
    let place = try Place()
    try place.tree(place.work.tree, job: "refused")
    try place.end("refused", .refused)
    try place.work.removeLeftovers(place.paths)
    #expect(!place.exists(place.work.tree))
  }

  @Test func `which tree is which is told by its sign, though the app tidies its marker away`() throws {
    let place = try Place()
    try place.tree(place.work.tree, job: "j")
    try place.tree(place.install, job: "older")
    #expect(try place.work.setSign("j", on: Directory.open(place.work.tree)))
    try place.work.exchange()
    for marker in [place.install, place.work.tree] {
      try FileManager.default.removeItem(atPath: marker.appending(Marker.name).string)
    }
    #expect(try place.work.isSwapped(job: "j"))
    #expect(throws: StepFailure.self) { try place.work.removeLeftovers(place.paths) }
    try place.work.exchange()
    #expect(try !place.work.isSwapped(job: "j"))
    #expect(try place.work.maker(of: place.work.tree) == "j")
  }

  @Test func `a marker that says otherwise than the sign is not believed`() throws {
    let place = try Place()
    try place.tree(place.work.tree, job: "j")
    try place.tree(place.install, job: nil)
    #expect(try place.work.setSign("j", on: Directory.open(place.work.tree)))
    try Marker(job: "j", release: nil, timeMilliseconds: 0, backup: nil).write(in: place.install)
    #expect(try !place.work.isSwapped(job: "j"))
    try place.work.discard(job: "j")
    #expect(!place.exists(place.work.tree))
    #expect(place.exists(place.install.appending("file")))
  }

  @Test func `nobody else passes through it, and one of somebody else is not used`() throws {
    let place = try Place()
    #expect(try FileStatus.of(place.work.path).permissions.rawValue == 0o700)
    chmod(place.work.path.string, 0o755)
    _ = try place.work.prepare()
    #expect(try FileStatus.of(place.work.path).permissions.rawValue == 0o700)
    guard geteuid() == 0 else { return }
    chown(place.work.path.string, 65_534, 65_534)
    #expect(throws: StepFailure.self) { _ = try place.work.prepare() }
    #expect(throws: StepFailure.self) { try place.work.removeLeftovers(place.paths) }
  }

  @Test func `without signs an exchange is judged by the marker`() throws {
    let place = try Place()
    try place.tree(place.work.tree, job: "j")
    try place.tree(place.install, job: nil)
    #expect(try !place.work.isSwapped(job: "j"))
    try place.work.exchange()
    #expect(try place.work.isSwapped(job: "j"))
    try place.work.exchange()
    #expect(try !place.work.isSwapped(job: "j"))
  }
}
