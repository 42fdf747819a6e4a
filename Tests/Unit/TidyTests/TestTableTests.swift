import Foundation
import TestSupport
import Testing

/// docs/evidence/what-may-happen.md tells which test shows what; whoever renames one finds out here.
@Suite struct TestTableTests {
  private struct Named: CustomStringConvertible {
    var file: String
    var test: String
    var description: String { "\(file): \(test)" }
  }

  /// Those that stand in the last column of a table: `FILE`: NAME; `FILE`: NAME
  private static func named(in text: String) -> [Named] {
    text.split(separator: "\n").filter { $0.hasPrefix("| ") }.flatMap { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      return (cells.last ?? "").split(separator: ";").compactMap { entry in
        entry.trimmingCharacters(in: .whitespaces).wholeMatch(of: #/`(\w+Tests)`: (.+)/#)
          .map { Named(file: String($0.1), test: String($0.2)) }
      }
    }
  }

  private static func exists(_ named: Named, in text: String) -> Bool {
    text.contains("func `\(named.test)`")
  }

  @Test func `each test that the docs name exists`() throws {
    let page = try #require(SourceFile.all(in: "docs/evidence", ending: ["what-may-happen.md"]).first)
    let named = Self.named(in: page.text)
    // A row without a test would be a promise that nothing holds.
    #expect(page.text.split(separator: "\n").count { $0.hasPrefix("| ") } - 2 <= named.count)
    #expect(named.count >= 25, "the table was not understood: \(named)")
    let files = SourceFile.all(in: "Tests")
    for named in named {
      let file = files.first { $0.description.hasSuffix("/\(named.file).swift") }
      #expect(Self.exists(named, in: file?.text ?? ""), "\(named)")
    }
  }

  @Test func `a test that is missing would be found`() {
    let named = Self.named(in: "| what | comes | `XTests`: it works; `XTests`: the old name |")
    #expect(named.map(\.test) == ["it works", "the old name"])
    #expect(
      named.map { Self.exists($0, in: "func `it works`() {}\nfunc `the old names`() {}") } == [true, false])
  }
}
