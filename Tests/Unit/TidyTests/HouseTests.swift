import Foundation
import TestSupport
import Testing

/// What the house agreed on, read from every file.
@Suite struct HouseTests {
  private static let sources = SourceFile.all(in: "Sources")
  private static let all = sources + SourceFile.all(in: "Tests")
  private static let maxLines = 600
  private static let maxColumns = 120

  /// Ways to end the program that nobody who uses it may be able to trigger.
  private static let traps = ["try!", "as!", "fatalError(", "preconditionFailure("]

  @Test func `nothing in the product ends the program`() {
    for file in Self.sources {
      for (line, code) in file.code {
        for trap in Self.traps where code.contains(trap) {
          Issue.record("\(file):\(line): \(trap)")
        }
      }
    }
  }

  @Test func `no file is longer than anybody reads`() {
    for file in Self.all {
      #expect(file.lines.count <= Self.maxLines + 1, "\(file): \(file.lines.count) lines")
    }
  }

  @Test func `no line is wider than the page`() {
    for file in Self.all {
      for (index, line) in file.lines.enumerated() where line.count > Self.maxColumns {
        Issue.record("\(file):\(index + 1): \(line.count) columns")
      }
    }
  }

  @Test func `indentation is spaces`() {
    for file in Self.all {
      for (index, line) in file.lines.enumerated() where line.contains("\t") {
        Issue.record("\(file):\(index + 1): a tab")
      }
    }
  }

  @Test func `nothing is left for later in the code`() {
    let word = "TO" + "DO"
    for file in Self.all {
      for (index, line) in file.lines.enumerated() where line.contains(word) {
        Issue.record("\(file):\(index + 1): \(word)")
      }
    }
  }

  @Test func `the version stands in one file`() throws {
    let file = "Sources/Wire/FleetVersion.swift"
    let text = try #require(Self.sources.first { $0.description == file }?.text)
    let version = try #require(text.firstMatch(of: #/static let text = "(\d+\.\d+\.\d+)"/#)?.1)
    for other in Self.sources where other.description != file {
      #expect(!other.text.contains("\"\(version)\""), "\(other)")
    }
    let changes = try String(contentsOf: Repository.file("CHANGELOG.md"), encoding: .utf8)
    #expect(changes.firstMatch(of: #/\n## (\S+?),? /#)?.1 == version, "the newest heading of CHANGELOG.md")
  }

  @Test func `what is searched for would be found`() {
    let file = SourceFile(
      description: "Sources/X/x.swift", text: "let a = try! b() // \"x\"\n// as!\n\"as!\"")
    #expect(file.code.map { code in Self.traps.filter(code.text.contains) } == [["try!"], [], []])
  }
}
