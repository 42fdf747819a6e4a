import CoordinatorSupport
import Foundation
import TestSupport
import Testing
import Wire

@testable import Driver
@testable import Report
@testable import Coordinator

/// Held against docs/schema by Python's jsonschema, as a program outside would.
@Suite struct ReportSchemaTests {
  private static let schemas = Repository.file("docs/schema")

  /// What jsonschema says of each line; empty when all fit.
  private func faults(_ lines: [[UInt8]], schema: String) async throws -> String {
    let script = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      cls = jsonschema.validators.validator_for(schema)
      cls.check_schema(schema)
      for line in sys.stdin:
          for error in cls(schema).iter_errors(json.loads(line)):
              print(list(error.path), error.message[:300])
      """
    let python = try TalkingChild(
      ["/usr/bin/python3", "-c", script, Self.schemas.appending(path: schema).path])
    try python.write(Array(lines.joined(separator: [0x0A])))
    python.endInput()
    let found = python.readAll()
    try #require(python.wait() == 0, "jsonschema did not come to an end")
    return found
  }

  @Test func `reports fit their schema`() async throws {
    let halted = Report(SampleRecord.halted())
    var empty = halted
    empty.hosts = []
    empty.release.commit = nil
    empty.finished = nil
    let found = try await faults([try halted.encoded(), try empty.encoded()], schema: "report.schema.json")
    #expect(found == "")
  }

  @Test func `a report that lacks a key or has a wrong one does not`() async throws {
    let text = String(decoding: try Report(SampleRecord.halted()).encoded(), as: UTF8.self)
    for wrong in [
      text.replacing("\"exit_code\":2,", with: ""), text.replacing("rolled_back", with: "meh"),
      text.replacing("\"reason\":null", with: "\"extra\":null"),
    ] {
      #expect(wrong != text)
      #expect(try await faults([Array(wrong.utf8)], schema: "report.schema.json") != "")
    }
  }

  @Test func `every kind of event line fits its schema`() async throws {
    let lines = try EventLineSamples.all.map { try $0.encoded() }
    #expect(try await faults(lines, schema: "events.schema.json") == "")
  }

  @Test func `the report has the keys that the manual shows`() throws {
    let text = String(decoding: try Report(SampleRecord.halted()).encoded(), as: UTF8.self)
    for part in [
      "\"schema\":\"fleet.report/1\"", "\"rollout\":\"20261122-101500-v4.2.0\"", "\"app\":\"Mycodo\"",
      "\"track\":\"v4\"", "\"exit_code\":2", "\"outcome\":\"halted\"", "\"downtime_ms\":2140",
      "\"bytes_sent\":36035", "\"newer\":[{\"track\":\"v5\",\"version\":\"5.0.0\"}]",
      "{\"ms\":310,\"ok\":true,\"step\":\"extract\"}", "\"backup\":null", "\"reason\":null",
      "\"verified\":[\"tls\",\"commit\",\"tree\"]",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test func `a report is read back as it was written`() throws {
    let report = Report(SampleRecord.halted())
    #expect(try Report(decoding: report.encoded()) == report)
  }
}
