import Files
import Foundation
import SystemPackage
import TestSupport
import Testing
import Upgrade
import Wire

@testable import Agent

/// What an earlier agent left on a host is read: see `Tests/Support/EarlierFiles`.
@Suite struct EarlierJobsTests {
  private static let hosts = Repository.file("Tests/Support/EarlierFiles/hosts")

  private func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: Self.hosts.appending(path: path)))
  }

  private func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
    try JSON.decode(type, from: try bytes(path))
  }

  @Test func `its journal is gone on with`() throws {
    let record = try #require(Journal.newest(in: try bytes("idle/journal")))
    #expect(record.seq == 45 && record.state == .idle && record.job == nil)
    #expect(record.ended?.job == "20261129-081516-rollback" && record.ended?.outcome == .upgraded)
  }

  /// Waiting to be ordered, cut off by a power cut, waiting to be confirmed.
  @Test(arguments: [
    ("staged", Upgrade.State.staged, "20261129-081945-v4.2.0"),
    ("swapped", .swapped, "20261129-081327-v4.2.0"),
    ("proved", .proved, "20261129-081945-v4.2.0"),
  ])
  func `a job that it left open is gone on with`(host: String, state: Upgrade.State, job: String) throws {
    let record = try #require(Journal.newest(in: try bytes("\(host)/journal")))
    #expect(record.state == state && record.job == job && record.ended == nil)
    #expect(try decode(String.self, "\(host)/last-job") == job)
    let folder = "\(host)/jobs/\(job)"
    guard case .upgrade(let order) = try decode(JobOrder.self, "\(folder)/order.json") else {
      Issue.record("no upgrade")
      return
    }
    #expect(order.release.version == "4.2.0")
    let facts = try decode(JobFacts.self, "\(folder)/facts.json")
    #expect(facts.target == "4.2.0" && (facts.stoppedMilliseconds != nil) == (state != .staged))
    #expect((facts.confirmation != nil) == (state == .proved))
    let carried = try bytes("\(folder)/carried-link")
    #expect(try CarryRecord(decoding: carried).encoded() == carried)
    let (events, torn) = JobEventLog.readAll(
      FilePath(Self.hosts.appending(path: "\(folder)/events.jsonl").path))
    #expect(!torn && (events.last?.event == .rested) == (state == .staged))
    let claim = try decode(StoredClaim.self, "\(host)/claim.json").claim
    #expect(claim.rollout.hasPrefix(job) && claim.who == "me@laptop")
  }

  /// The job, how it ended, and what runs since.
  @Test(arguments: [
    ("20261129-081123-v4.1.1", Outcome.rolledBack, "4.1.0"), ("20261129-081327-v4.2.0.2", .upgraded, "4.2.0"),
    // It called a rollback that, too.
    ("20261129-081516-rollback", .upgraded, "4.1.0"),
  ])
  func `each of its jobs tells how it ended`(job: String, outcome: Outcome, version: String) throws {
    let path = FilePath(Self.hosts.appending(path: "idle/jobs/\(job)/events.jsonl").path)
    let (events, torn) = JobEventLog.readAll(path)
    #expect(!torn && events.map(\.seq) == Array(1...events.count))
    let result = try #require(events.last?.result)
    #expect(result.job == job && result.outcome == outcome && result.now == version)
    let order = try decode(JobOrder.self, "idle/jobs/\(job)/order.json")
    #expect(try JSON.decode(JobOrder.self, from: JSON.encode(order, pretty: true)) == order)
    _ = try decode(JobFacts.self, "idle/jobs/\(job)/facts.json")
    _ = try decode(OrderedCutover.self, "idle/jobs/\(job)/cutover.json")
    let carried = try bytes("idle/jobs/\(job)/carried-link")
    #expect(try CarryRecord(decoding: carried).encoded() == carried)
  }

  @Test func `what it refused before, and what its install is, is known`() throws {
    #expect(try !decode([Refusal].self, "idle/refusals.json").isEmpty)
    let marker = try decode(Marker.self, "idle/release.json")
    #expect(marker.release?.version == "4.1.0" && marker.job == "20261129-081516-rollback")
  }
}
