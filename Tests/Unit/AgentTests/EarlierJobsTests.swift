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
  private static let host = Repository.file("Tests/Support/EarlierFiles/host")

  private func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: Self.host.appending(path: path)))
  }

  private func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
    try JSON.decode(type, from: try bytes(path))
  }

  @Test func `its journal is gone on with`() throws {
    let record = try #require(Journal.newest(in: try bytes("journal")))
    #expect(record.seq == 45 && record.state == .idle && record.job == nil)
    #expect(record.ended?.job == "20261129-081516-rollback" && record.ended?.outcome == .upgraded)
  }

  /// The job, how it ended, and what runs since.
  @Test(arguments: [
    ("20261129-081123-v4.1.1", Outcome.rolledBack, "4.1.0"), ("20261129-081327-v4.2.0.2", .upgraded, "4.2.0"),
    // It called a rollback that, too.
    ("20261129-081516-rollback", .upgraded, "4.1.0"),
  ])
  func `each of its jobs tells how it ended`(job: String, outcome: Outcome, version: String) throws {
    let path = FilePath(Self.host.appending(path: "jobs/\(job)/events.jsonl").path)
    let (events, torn) = JobEventLog.readAll(path)
    #expect(!torn && events.map(\.seq) == Array(1...events.count))
    let result = try #require(events.last?.result)
    #expect(result.job == job && result.outcome == outcome && result.now == version)
    let order = try decode(JobOrder.self, "jobs/\(job)/order.json")
    #expect(try JSON.decode(JobOrder.self, from: JSON.encode(order, pretty: true)) == order)
    _ = try decode(JobFacts.self, "jobs/\(job)/facts.json")
    _ = try decode(OrderedCutover.self, "jobs/\(job)/cutover.json")
    let carried = try bytes("jobs/\(job)/carried-link")
    #expect(try CarryRecord(decoding: carried).encoded() == carried)
  }

  @Test func `what it refused before, and what its install is, is known`() throws {
    #expect(try !decode([Refusal].self, "refusals.json").isEmpty)
    let marker = try decode(Marker.self, "release.json")
    #expect(marker.release?.version == "4.1.0" && marker.job == "20261129-081516-rollback")
  }
}
