import Archive
import ByteText
import Delta
import Files
import Foundation
import Release
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Agent

/// The real agent makes a release of a delta and of what is installed.
@Suite struct DeltaJobTests {
  private let room: Room

  init() throws { room = try Room(version: "4.1.0") }

  /// What is to be sent to a host that has a release.
  private func delta(
    to version: String, from installed: String = "4.1.0"
  ) throws -> (order: DeltaOrder, bytes: [UInt8]) {
    let release = try room.release(version)
    let old = FilePath(try room.release(installed).file.path)
    let folder = try TestDirectory()
    let work = FilePath(folder.path)
    let content = try OpenFile.open(work.appending("content"), .readWrite, options: [.create])
    let sha256 = try #require(SHA256Digest(release.name.sha256))
    let unpacked = try #require(
      try ArchiveContent.unpack(FilePath(release.file.path), sha256: sha256, to: content))
    let manifest = try ArchiveJudge.inspect(FilePath(release.file.path))
    let shape = DeltaShape(
      topDirectory: manifest.topDirectory ?? "",
      modifiedSeconds: manifest.entries.compactMap(\.modifiedSeconds).first ?? 0)
    try Shell.run("/bin/mkdir", folder.file("tree"))
    try ArchiveExtractor.extract(old, into: work.appending("tree"), manifest: ArchiveJudge.inspect(old))
    let reference = try OpenFile.open(work.appending("reference"), .readWrite, options: [.create])
    let listing = try JSON.decode(
      ReleaseListing.self, from: [UInt8](Data(contentsOf: room.listing(installed))))
    var dictionary = DeltaReference(listing, of: try Directory.open(work.appending("tree")), shape: shape)
    try dictionary.write(to: reference)
    let bytes = try #require(
      try DeltaFrame.make(
        of: MappedFile.reading(content), over: MappedFile.reading(reference), maxBytes: 1 << 20))
    return (
      DeltaOrder(
        profile: room.profile, release: release.name,
        delta: Artifact(sha256: SHA256Digest(of: bytes).description, size: Int64(bytes.count)),
        content: Artifact(sha256: unpacked.sha256.description, size: unpacked.sizeBytes), shape: shape,
        referenceBytes: dictionary.sizeBytes, unpackedBytes: release.unpackedBytes, installedListing: nil),
      bytes
    )
  }

  private func send(
    _ delta: (order: DeltaOrder, bytes: [UInt8]), _ session: AgentSession, listing: Artifact?
  ) throws -> Reply {
    var order = delta.order
    order.installedListing = listing
    let reply = try session.ask(.delta(order))
    guard reply == .send(from: 0) else { return reply }
    let file = room.folder.appending(path: "delta")
    try Data(delta.bytes).write(to: file)
    try session.upload(file, sha256: delta.order.delta.sha256, size: delta.order.delta.size)
    return try session.ask(.delta(order))
  }

  private func sends(
    _ delta: (order: DeltaOrder, bytes: [UInt8])
  ) -> (AgentSession, Artifact?) throws -> Void {
    { session, listing in
      let reply = try send(delta, session, listing: listing)
      #expect(reply == .ok)
    }
  }

  private func refusal(_ reply: Reply) -> String? {
    if case .refused(let cause) = reply { cause.text } else { nil }
  }

  private var artifacts: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: agentArtifacts.string).sorted()) ?? []
  }
  private var agentArtifacts: FilePath { room.agentPaths.artifacts }

  @Test func `what is staged of it goes live, and back, and the next comes of that`() throws {
    let release = try room.release("4.2.0").name
    let sent = try delta(to: "4.2.0")
    let staged = try room.stage(
      "4.2.0", job: "job-1", from: "4.1.0", delta: sends(sent))
    #expect(staged.outcome == nil, "\(staged)")
    #expect(!artifacts.contains(release.sha256) && !artifacts.contains(sent.order.delta.sha256))
    #expect(artifacts.contains(sent.order.content.sha256))
    #expect(try room.cutover(job: "job-1").outcome == .upgraded)
    #expect(room.version == "4.2.0")

    // Fleet's own listing of it is there now.
    let back = try delta(to: "4.1.0", from: "4.2.0")
    let session = try AgentSession(room)
    #expect(try send(back, session, listing: nil) == .ok)
    session.close()
    // What was made is there already, and nothing is asked for.
    let again = try AgentSession(room)
    #expect(try again.ask(.delta(back.order)) == .ok)
    again.close()
  }

  @Test func `an install that was changed is found, and the archive still goes`() throws {
    try room.put("changed", at: "growroom/setup.py")
    let sent = try delta(to: "4.2.0")
    let session = try AgentSession(room)
    let listing = try room.listing("4.1.0")
    let artifact = Artifact(
      sha256: try FileDigest.of(FilePath(listing.path)).description,
      size: Int64(try Data(contentsOf: listing).count))
    try session.upload(listing, sha256: artifact.sha256, size: artifact.size)
    let reply = try send(sent, session, listing: artifact)
    #expect(refusal(reply) == "growroom/setup.py is not as the installed release has it")
    session.close()
    #expect(!artifacts.contains { $0.hasPrefix(sent.order.content.sha256) }, "\(artifacts)")
    #expect(try room.stage("4.2.0", job: "job-1", from: "4.1.0", leave: true).outcome == nil)
  }

  @Test func `a delta of another release, a broken one and one without a listing are refused`() throws {
    let listing = try room.listing("4.1.0")
    let artifact = Artifact(
      sha256: try FileDigest.of(FilePath(listing.path)).description,
      size: Int64(try Data(contentsOf: listing).count))
    let session = try AgentSession(room)
    defer { session.close() }
    try session.upload(listing, sha256: artifact.sha256, size: artifact.size)
    let good = try delta(to: "4.2.0")
    #expect(refusal(try send(good, session, listing: nil)) == "what is installed here is not listed")
    var other = good
    other.order.content.sha256 = String(repeating: "0", count: 64)
    #expect(
      refusal(try send(other, session, listing: artifact)) == "what came out is not the release's content")
    other = good
    other.order.referenceBytes -= 512
    #expect(
      refusal(try send(other, session, listing: artifact))?.contains("its files take more than") == true)
    other = good
    other.order.unpackedBytes = .max
    #expect(refusal(try send(other, session, listing: artifact))?.contains("must stay free") == true)
    other = good
    other.order.content.size = 1 << 40
    #expect(refusal(try send(other, session, listing: artifact)) == "that is no delta of a release")
    other = good
    other.order.content.sha256 = "../../../tmp/x"
    #expect(refusal(try send(other, session, listing: artifact))?.contains("cannot be a name") == true)
    other = good
    other.bytes = Array(good.bytes.dropLast(9))
    other.order.delta = Artifact(
      sha256: SHA256Digest(of: other.bytes).description, size: Int64(other.bytes.count))
    #expect(refusal(try send(other, session, listing: artifact))?.contains("Zstandard says") == true)
    #expect(!artifacts.contains { $0.holds("draft") }, "\(artifacts)")
    #expect(try send(good, session, listing: artifact) == .ok)
  }

  @Test func `what it made, damaged on the disk, is not used`() throws {
    let sent = try delta(to: "4.2.0")
    let staged = try room.stage(
      "4.2.0", job: "job-1", from: "4.1.0",
      delta: { session, listing in
        try sends(sent)(session, listing)
        let file = URL(filePath: agentArtifacts.appending(sent.order.content.sha256).string)
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: file)
      })
    #expect(staged.outcome == .refused && staged.reason?.code == .artifact)
    #expect(staged.reason?.text.contains("fleet sends it again") == true)
  }

  @Test func `it stays as long as the archive would, and goes with what says of what it is`() throws {
    let artifacts = Artifacts(room.agentPaths)
    let release = try room.release("4.2.0").name
    let sent = try delta(to: "4.2.0")
    _ = try room.stage(
      "4.2.0", job: "job-1", from: "4.1.0", delta: sends(sent))
    for number in 0..<Artifacts.kept {
      try Data("\(number)".utf8).write(to: URL(filePath: agentArtifacts.appending("later-\(number)").string))
    }
    try Data("cut".utf8).write(
      to: URL(filePath: agentArtifacts.appending("x\(Artifacts.draftSuffix)").string))
    try artifacts.prune(keep: [release.sha256])
    #expect(try artifacts.archive(of: release) == sent.order.content)
    try artifacts.prune(keep: [])
    #expect(try artifacts.archive(of: release) == nil)
    #expect(self.artifacts.allSatisfy { $0.hasPrefix("later-") }, "\(self.artifacts)")
  }
}
