import Foundation
import TestSupport
import Testing
import Wire

@Suite struct CauseTests {
  @Test func `a reason of a host is bounded when it is made`() {
    let reason = Cause(
      code: .prepare, step: .prepare, text: "\u{1B}c" + String(repeating: "x", count: 10_000),
      logTail: (0..<100).map { "\u{7}line \($0)" })
    #expect(reason.text.hasPrefix("\\u{1b}c"))
    #expect(reason.text.count < 4_100)
    #expect(reason.logTail.count == WireLimits.logTailLines)
    #expect(reason.logTail.last == "\\u{7}line 99")
  }

  /// The lists of what is believed of an agent are written by hand.
  @Test func `whatever an agent says by name is known, and nothing else`() throws {
    let causes = try values(
      of: "Cause.Code", in: "Cause.swift", from: "/// What an agent says.", to: "/// What only")
    #expect(causes.subtracting([Cause.Code.other.rawValue]) == Set(Cause.Code.ofAgents.map(\.rawValue)))
    let events = try values(of: "Name", in: "JobEvent.swift", from: "struct Name", to: "static let known")
    #expect(events == Set(JobEvent.Name.known.map(\.rawValue)))
  }

  /// The raw values of the constants that a part of a source file declares.
  private func values(of type: String, in file: String, from: String, to: String) throws -> Set<String> {
    let source = try String(contentsOf: Repository.file("Sources/Wire/\(file)"), encoding: .utf8)
    let part = try #require(source.range(of: from))
    let end = try #require(source.range(of: to, range: part.upperBound..<source.endIndex))
    let declared = try Regex(
      "static let \\w+ = \(type)\\(rawValue: \"(\\w+)\"\\)", as: (Substring, Substring).self)
    let found = source[part.upperBound..<end.lowerBound].matches(of: declared).map { String($0.output.1) }
    #expect(!found.isEmpty)
    return Set(found)
  }
}
