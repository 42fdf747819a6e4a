import Files
import Foundation
import SystemPackage
import Testing
@testable import Wire

@testable import Agent

/// `fleet clear`: what goes, what is kept in mind, and what a second one takes.
@Suite struct MarksTests {
  private let reason = Cause(code: .prove, step: .prove, text: "it answers 503")
  private let earlier = Refusal(
    tag: "v4.1.0", sha256: "aa", reason: Cause(code: .rehearsal, step: .rehearse, text: "no such table"))

  private func withMarks(_ body: (Marks) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "fleet-marks-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let paths = AgentPaths(app: "app", root: FilePath(folder.path))
    try StateFolder(paths).prepare()
    try body(Marks(paths))
  }

  private func mark(_ sha256: String?) -> Mark {
    Mark(job: "job-1", tag: "v4.1.1", reason: reason, timeMilliseconds: 0, logPath: "/log", sha256: sha256)
  }

  @Test func `a mark becomes a refusal of its release, and a second clear takes all that is remembered`()
    throws
  {
    try withMarks { marks in
      try marks.remember(earlier)
      try marks.hold("v4.0.0")
      try marks.set(mark("bb"))
      #expect(try marks.clear() == .mark(remembered: "v4.1.1"))
      #expect(try marks.mark() == nil)
      #expect(try marks.refusals() == [earlier, Refusal(tag: "v4.1.1", sha256: "bb", reason: reason)])
      #expect(try marks.refusals().map(\.isFailure) == [false, true])
      #expect(try marks.held() == "v4.0.0")

      #expect(try marks.clear() == .memory)
      #expect(try marks.refusals() == [] && marks.held() == nil)
      #expect(try marks.clear() == .nothing)
    }
  }

  @Test func `a rollback's mark, which is of no release, just goes`() throws {
    try withMarks { marks in
      try marks.set(mark(nil))
      #expect(try marks.clear() == .mark(remembered: nil))
      #expect(try marks.mark() == nil && marks.refusals() == [])
    }
  }

  @Test func `a mark of an older fleet, which names no archive, leaves its job's release refused`() throws {
    try withMarks { marks in
      let folder = JobFolder(marks.paths, "job-1")
      try FileManager.default.createDirectory(atPath: folder.path.string, withIntermediateDirectories: true)
      let release = ReleaseName(
        version: "4.1.1", tag: "v4.1.1", commit: nil, tree: nil, sha256: "bb", size: 1)
      let profile = AppProfile(
        app: "app", name: "App", install: "/opt/app", backups: "/var/backups",
        version: Reading(file: "version", match: "(.*)"), services: .units([]))
      let order = StageOrder(job: "job-1", release: release, unpackedBytes: 1, profile: profile)
      try Stored.write(JobOrder.upgrade(order), folder.orderFile)
      try marks.set(mark(nil))
      #expect(try marks.clear() == .mark(remembered: "v4.1.1"))
      #expect(try marks.refusals() == [Refusal(tag: "v4.1.1", sha256: "bb", reason: reason)])
    }
  }

  @Test func `what cannot be read goes all the same`() throws {
    try withMarks { marks in
      func spoil(_ path: FilePath) throws {
        try writeDurably(Array("{".utf8), to: path, permissions: .ownerReadWrite)
      }
      try marks.set(mark("bb"))
      try spoil(marks.paths.refusals)
      try spoil(marks.paths.held)
      #expect(try marks.clear() == .mark(remembered: "v4.1.1"))
      #expect(try marks.refusals().map(\.tag) == ["v4.1.1"] && marks.held() == nil)
      try spoil(marks.paths.mark)
      #expect(try marks.clear() == .mark(remembered: nil))
      #expect(try marks.mark() == nil)
      try spoil(marks.paths.refusals)
      try spoil(marks.paths.held)
      #expect(try marks.clear() == .memory)
      #expect(try marks.clear() == .nothing)
    }
  }
}
