import Foundation
import TestSupport
import Testing

/// docs/evidence/what-may-happen.md and docs/threat-model.md tell which test shows what; whoever renames one finds out
/// here.
@Suite struct TestTableTests {
  private struct Named: CustomStringConvertible {
    var file: String
    var test: String
    var description: String { "\(file): \(test)" }
  }

  /// The rows of the table, each with those that stand in its last column: `FILE`: NAME; `FILE`: NAME. What cannot be
  /// read is named by no file.
  private static func rows(of text: String) -> [[Named]] {
    text.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst(2).map { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      return (cells.last ?? "").split(separator: ";").map { entry in
        let entry = entry.trimmingCharacters(in: .whitespaces)
        let match = entry.wholeMatch(of: #/`(\w+Tests)`: (.+)/#)
        return match.map { Named(file: String($0.1), test: String($0.2)) } ?? Named(file: "", test: entry)
      }
    }
  }

  private static func exists(_ named: Named, in text: String) -> Bool {
    text.contains("func `\(named.test)`")
  }

  /// The pages, and the line behind which the table stands.
  @Test(arguments: [
    ("docs/evidence/what-may-happen.md", "# "), ("docs/threat-model.md", "## Shown by\n"),
  ])
  func `each test that the docs name exists`(page: String, heading: String) throws {
    let text = try String(contentsOf: Repository.file(page), encoding: .utf8)
    let start = try #require(text.range(of: heading)?.upperBound)
    let rows = Self.rows(of: String(text[start...]))
    #expect(rows.count >= 20, "the table was not understood: \(rows)")
    // A row without a test would be a promise that nothing holds.
    for row in rows { #expect(!row.isEmpty) }
    let named = rows.joined()
    let files = SourceFile.all(in: "Tests")
    for named in named {
      let file = files.first { $0.description.hasSuffix("/\(named.file).swift") }
      #expect(Self.exists(named, in: file?.text ?? ""), "\(named)")
    }
  }

  @Test func `a test that is missing would be found`() {
    let row = "| what | comes | `XTests`: it works; `XTests`: the old name; none |"
    let named = Self.rows(of: "| a | b | c |\n| --- | --- | --- |\n" + row).joined()
    #expect(named.map(\.test) == ["it works", "the old name", "none"])
    #expect(named.map(\.file) == ["XTests", "XTests", ""])
    let text = "func `it works`() {}\nfunc `the old names`() {}"
    #expect(named.map { Self.exists($0, in: text) } == [true, false, false])
  }
}
