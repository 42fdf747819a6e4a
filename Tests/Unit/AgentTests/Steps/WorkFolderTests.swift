import Files
import Foundation
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
    var work: WorkFolder { WorkFolder(paths, install: install) }

    init() throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "fleet-work-\(UUID().uuidString)")
      paths = AgentPaths(app: "app", root: FilePath(folder.appending(path: "state").path))
      try StateFolder(paths).prepare()
      try FileManager.default.createDirectory(
        at: folder.appending(path: "app"), withIntermediateDirectories: true)
      _ = try WorkFolder(paths, install: install).prepare()
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
      try EventLog(folder.events).append(
        JobEvent(event: .rested, result: JobResult(job: job, outcome: outcome, target: "1.0.0")))
    }

    func exists(_ path: FilePath) -> Bool { FileManager.default.fileExists(atPath: path.string) }
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

  @Test func `an exchange is judged by the marker alone`() throws {
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
