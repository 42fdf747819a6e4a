import Foundation
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Upgrade
@testable import Agent

/// The real agent program, in a place of its own, is asked to make room for another one.
@Suite struct ReplaceAgentTests {
  private let folder: URL
  private var place: URL { folder.appending(path: "lib/fleet-agent") }
  private var state: URL { folder.appending(path: "state") }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "fleet-replace-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    // Not by this process: a child that another test starts meanwhile would have it open for writing, and a file that
    // is open so cannot be run.
    try Shell.run("/usr/bin/cp", Room.program, place.path)
  }

  private func away() { try? FileManager.default.removeItem(at: folder) }

  /// Uploads a program that says `words` as its version, and asks for it. What the agent answers.
  private func replace(by words: String, damaged: Bool = false) throws -> Reply {
    let file = folder.appending(path: "new")
    try "#!/bin/sh\necho '\(words)'\n".write(to: file, atomically: true, encoding: .utf8)
    let sha256 = String(try Shell.output("/usr/bin/sha256sum", file.path).prefix(64))
    let size = Int64(try Data(contentsOf: file).count)
    let session = try AgentSession(program: place.path, state: state.path)
    defer { session.close() }
    try session.upload(file, sha256: sha256, size: size)
    if damaged { try Data("x".utf8).write(to: state.appending(path: "growroom/artifacts/\(sha256)")) }
    return try session.ask(.replaceAgent(app: "growroom", Artifact(sha256: sha256, size: size)))
  }

  private func installed() throws -> String { try Shell.output(place.path, "version") }
  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: place.deletingLastPathComponent().path)
  }

  @Test func `a newer one takes its place`() throws {
    defer { away() }
    #expect(try replace(by: "fleet-agent 99.0.0 (wire 1)") == .ok)
    #expect(try installed() == "fleet-agent 99.0.0 (wire 1)")
    #expect(try names() == ["fleet-agent"])
  }

  @Test(arguments: [
    ("fleet-agent \(FleetVersion.text) (wire 1)", "is not newer"),
    ("fleet-agent 0.0.1 (wire 1)", "is not newer"),
    ("something else", "does not run here"),
  ])
  func `what is not a newer agent does not`(words: String, why: String) throws {
    defer { away() }
    let before = try installed()
    guard case .refused(let reason) = try replace(by: words) else {
      throw Shell.Failed("it was taken")
    }
    #expect(reason.text.contains(why))
    #expect(try installed() == before)
    #expect(try names() == ["fleet-agent"])
  }

  @Test func `one that is not what was uploaded does not`() throws {
    defer { away() }
    guard case .refused(let reason) = try replace(by: "fleet-agent 99.0.0 (wire 1)", damaged: true) else {
      throw Shell.Failed("it was taken")
    }
    #expect(reason.code == .artifact)
    #expect(try installed().contains(FleetVersion.text))
  }

  @Test func `while a job is open the agent stays`() throws {
    defer { away() }
    let other = AgentPaths(app: "another-app", root: FilePath(state.path))
    try FileManager.default.createDirectory(atPath: other.state.string, withIntermediateDirectories: true)
    var journal = try Journal.open(other.journal)
    try journal.record(.stopped, job: "job-1", cause: nil, bootID: "b")
    guard case .refused(let reason) = try replace(by: "fleet-agent 99.0.0 (wire 1)") else {
      throw Shell.Failed("it was taken")
    }
    #expect(reason.code == .claimed && reason.text.contains("job-1"))
    #expect(try installed().contains(FleetVersion.text))
  }
}
