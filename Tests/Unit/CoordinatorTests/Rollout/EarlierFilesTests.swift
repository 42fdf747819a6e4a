import Foundation
import Rollout
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import Catalogue
@testable import Driver
@testable import Hosts
@testable import Release
@testable import Report
@testable import Store

/// What an earlier fleet left on a coordinator is read: see `Tests/Support/EarlierFiles`.
@Suite struct EarlierFilesTests {
  private func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: Repository.file("Tests/Support/EarlierFiles/\(path)")))
  }

  @Test(arguments: [
    "20261129-081123-v4.1.1", "20261129-081327-v4.2.0", "20261129-081533-v5.0.0",
    // Halted, and one host went back for it; waited to be confirmed, and gone on with.
    "20261129-081826-v4.1.0", "20261129-081945-v4.2.0",
  ])
  func `its log leads to what its report said`(id: String) throws {
    let lines = StateFiles.lines(try bytes("rollouts/\(id)/events.jsonl"))
    let record = try #require(RolloutRecord(lines: lines))
    #expect(record.header.rollout == id && record.lastSeq == lines.last?.seq)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let told = try decoder.decode(Told.self, from: Data(bytes("rollouts/\(id)/report.json")))
    let now = Report(record)
    #expect(now.outcome.rawValue == told.outcome && now.exitCode == told.exitCode)
    let hosts = now.hosts.map {
      Told.Host(
        host: $0.host, outcome: $0.outcome.rawValue, from: $0.from,
        now: $0.now.map { Told.Sighting(version: $0.version, healthy: $0.healthy, seen: $0.seen) },
        downtimeMs: $0.downtimeMs, backup: $0.backup)
    }
    #expect(hosts == told.hosts)
    #expect(now.hosts.contains { !$0.steps.isEmpty })
  }

  @Test func `a rollout that it left open is gone on with`() throws {
    var record = try #require(
      RolloutRecord(lines: StateFiles.lines(try bytes("rollouts/open/events.jsonl"))))
    #expect(record.isOpen && record.finished == nil && record.header.rollout == "20261129-081327-v4.2.0")
    #expect(record.rollout["veg"]?.place == .cutover && record.facts["veg"]?.downSince != nil)
    let actions = record.add(EventLine(.resumed(nil, stageOnly: false, asks: true)))
    #expect(actions.contains(.follow("veg")))
  }

  /// Of its `report.json`, which nobody but people and their scripts reads.
  private struct Told: Decodable {
    struct Sighting: Decodable, Equatable {
      var version: String?
      var healthy: Bool?
      var seen: String
    }
    struct Host: Decodable, Equatable {
      var host: String
      var outcome: String
      var from: String?
      var now: Sighting?
      var downtimeMs: Int?
      var backup: String?
    }
    var outcome: String
    var exitCode: Int32
    var hosts: [Host]
  }

  @Test func `what it had verified once is held to`() throws {
    let lock = try FleetLock(decoding: bytes("fleet.lock"))
    #expect(try lock.encoded() == bytes("fleet.lock"))
  }

  @Test func `a release in its cache need not be fetched again`() throws {
    let path = FilePath(Repository.file("Tests/Support/EarlierFiles/release/facts.json").path)
    let facts = try #require(SealedFile.read(ReleaseFacts.self, from: path, maxBytes: 65_536))
    #expect(facts.schema == ReleaseFacts.schema && facts.claimed.tag.text == "v4.2.0")
    #expect(SHA256Digest(of: try bytes("release/listing.json")).description == facts.listing.sha256)
  }
}
