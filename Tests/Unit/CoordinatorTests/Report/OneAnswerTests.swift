import CoordinatorSupport
import Testing
import Wire

@testable import Text
@testable import Rollout
@testable import Report
@testable import Coordinator

/// Headline, table, exit code, next step and notification are one answer: whatever a host came to, and however its app
/// is, none of them says something else than the others.
@Suite struct OneAnswerTests {
  struct End: Sendable, CustomTestStringConvertible {
    var outcome: Outcome
    var healthy: Bool?
    var code: String?

    var testDescription: String {
      "\(outcome.rawValue), \(healthy.map { $0 ? "well" : "unwell" } ?? "unseen"), \(code ?? "-")"
    }
  }

  private static let ends = Outcome.allCases.flatMap { outcome in
    [true, false, nil].flatMap { healthy in
      [nil, "unhealthy", "marked", "same_install", "turned_unwell", "window", "space"].compactMap { code in
        // Nobody is refused without a cause.
        outcome == .refused && code == nil ? nil : End(outcome: outcome, healthy: healthy, code: code)
      }
    }
  }

  /// One host that came to this end, beside one that is upgraded and well.
  private func report(_ end: End, alone: Bool) throws -> Report {
    var report = Report(SampleRecord.halted())
    report.hosts = report.hosts.filter { $0.outcome == .upgraded }
    var host = try #require(report.hosts.first)
    host.host = "mother"
    host.outcome = end.outcome
    host.reason = end.code.map { Cause(code: Cause.Code(rawValue: $0), step: .check, text: "why") }
    host.now?.healthy = end.healthy
    if end.outcome == .unreachable { host.now = nil }
    report.hosts = alone ? [host] : report.hosts + [host]
    report.outcome = .done
    report.why = nil
    report.exitCode = Report.exit(.done, report.hosts).rawValue
    return report
  }

  @Test(arguments: ends, [true, false])
  func `nothing calm is said of what is not`(end: End, alone: Bool) throws {
    let report = try report(end, alone: alone)
    let text = ReportText(report, timezone: "UTC")
    let isBad = [.failed].contains(end.outcome) || end.healthy == false && end.outcome != .unreachable
    let isGood = report.exitCode == 0
    if isBad {
      #expect(!isGood)
      #expect(text.title.contains("mother"), "\(text.title)")
      #expect(
        !text.title.contains("Every reached room runs") && !text.title.contains("All good"), "\(text.title)")
    }
    // Calm, and 0, only where this host has nothing to be told of.
    if isGood { #expect([.upgraded, .restored, .current, .untouched].contains(end.outcome)) }
    if text.title.contains("Every reached room runs") {
      #expect(report.hosts.allSatisfy { $0.now == nil || $0.now?.healthy == true })
    }
    if text.title.hasPrefix("All good") || text.title.hasPrefix("Nothing to do") {
      #expect(isGood || [.deferred].contains(end.outcome), "\(text.title) and \(report.exitCode)")
    }
    // The table has the host with its outcome.
    #expect(text.lines.contains { $0.hasPrefix("mother") && $0.contains(Wording.outcome(end.outcome)) })
    // Whoever is told says the same first line, and a failed host is urgent.
    if let notice = Notice(report, timezone: "UTC") {
      #expect(notice.title == text.title)
      #expect(notice.text == text.lines.joined(separator: "\n"))
      #expect(notice.isUrgent == (end.outcome == .failed))
      if isBad { #expect(notice.event == .halt) }
    }
    // What went wrong leads somewhere.
    if report.exitCode == RunExit.failed.rawValue {
      #expect(!NextSteps(report).lines.isEmpty, "\(text.lines.joined(separator: "\n"))")
    }
  }
}
