import Foundation

/// `fleet.report/1`, read as a program outside reads it: nothing is shared with what wrote it.
struct Report: Decodable, Sendable {
  struct Release: Decodable, Sendable {
    var version: String
    var tag: String
    var verified: [String]
  }
  struct Now: Decodable, Sendable {
    var version: String?
    var healthy: Bool?
  }
  struct Cause: Decodable, Sendable {
    var code: String
    var step: String?
    var text: String
  }
  struct StepRecord: Decodable, Sendable {
    var step: String
    var ok: Bool
  }
  struct Host: Decodable, Sendable {
    var host: String
    var outcome: String
    var from: String?
    var now: Now?
    var downtimeMs: Int?
    var rehearsalMs: Int?
    var bytesSent: Int
    var backup: String?
    var reason: Cause?
    var undoReason: Cause?
    var rowsDiscarded: Int?
    var steps: [StepRecord]
  }
  struct Newer: Decodable, Sendable, Equatable {
    var version: String
    var track: String
  }
  var schema: String
  var rollout: String
  var release: Release
  var outcome: String
  var exitCode: Int32
  var newer: [Newer]
  var hosts: [Host]

  subscript(host: String) -> Host? { hosts.first { $0.host == host } }

  /// Host by host, `veg: upgraded`.
  var outcomes: [String: String] { Dictionary(hosts.map { ($0.host, $0.outcome) }) { $1 } }
}

/// A line of `--output json` while it runs.
struct Line: Decodable, Sendable {
  var event: String
  var host: String?
  var hosts: [String]?
  var step: String?
  var text: String?
  var time: String?
}

extension [Line] {
  /// Since when a host's app is down, as was heard from its agent, in milliseconds since 1970; nil where it is not.
  func downSince(_ host: String) -> Int64? {
    let last = last { $0.host == host && ["down", "up"].contains($0.event) }
    guard let last, last.event == "down", let time = last.time,
      let date = try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(time)
    else { return nil }
    return Int64(date.timeIntervalSince1970 * 1000)
  }

  /// Sets of hosts that were between these two events at the same time.
  func together(from start: String, to end: String) -> Set<Set<String>> {
    var open: Set<String> = []
    var seen: Set<Set<String>> = []
    for line in self {
      guard let host = line.host else { continue }
      if line.event == start { open.insert(host) }
      if line.event == end { open.remove(host) }
      seen.insert(open)
    }
    return seen
  }

  func hosts(_ event: String) -> [String] { filter { $0.event == event }.compactMap(\.host) }
}

enum Lines {
  static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }

  static func read(_ output: String) -> [Line] {
    output.split(separator: "\n").compactMap { try? decoder.decode(Line.self, from: Data($0.utf8)) }
  }

  static func report(_ output: String) throws -> Report {
    guard let last = output.split(separator: "\n").last else { throw LabTrouble("fleet printed no report") }
    return try decoder.decode(Report.self, from: Data(last.utf8))
  }
}
