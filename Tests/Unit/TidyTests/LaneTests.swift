import Foundation
import TestSupport
import Testing

/// Which tests run when: docs/testing.md. Whoever adds a target, a campaign or a command finds out here what is
/// missing of it.
@Suite struct LaneTests {
  private static let kinds = ["Unit", "Integration", "Lab", "Campaigns"]
  private static let support = ["Support", "Tools"]

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: Repository.file(path), encoding: .utf8)
  }

  private static func folders(in path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: Repository.file(path).path).filter { name in
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(
        atPath: Repository.file("\(path)/\(name)").path, isDirectory: &isFolder)
      return isFolder.boolValue
    }.sorted()
  }

  /// The test targets of Package.swift, by kind.
  private static func targets(of package: String) -> [String: [String]] {
    let declared = package.matches(of: #/tests\(\s*\.(\w+),\s*"(\w+)"/#)
    return Dictionary(grouping: declared, by: { String($0.1.capitalized) }).mapValues {
      $0.map { String($0.2) }.sorted()
    }
  }

  /// The targets that `scripts/test all` runs, in parts of their own or shared by several.
  private static func parts(of script: String) -> [String] {
    let own = script.matches(of: #/Part\("[^"]+", \(([^)]*)\)/#).flatMap { part in
      part.1.matches(of: #/"(\w+)"/#).map { String($0.1) }
    }
    return own + script.matches(of: #/\*shared\("(\w+)"/#).map { String($0.1) }
  }

  @Test func `each test target has its kind, and each folder of a kind is a target`() throws {
    #expect(try Self.folders(in: "Tests") == (Self.kinds + ["Support"]).sorted())
    let targets = Self.targets(of: try Self.text("Package.swift"))
    #expect(targets.count == Self.kinds.count)
    for kind in Self.kinds {
      let folders = try Self.folders(in: "Tests/\(kind)").filter { !Self.support.contains($0) }
      #expect(targets[kind] == folders, "Tests/\(kind)")
    }
  }

  @Test func `make test runs every target, once`() throws {
    let targets = Self.targets(of: try Self.text("Package.swift"))
    let others = targets.filter { $0.key != "Unit" }.values.joined().sorted()
    #expect(try Self.parts(of: Self.text("scripts/test")).sorted() == others)
  }

  @Test func `the lanes are commands of the Makefile, which tells them`() throws {
    let makefile = try Self.text("Makefile")
    for lane in ["check", "test", "campaign"] {
      #expect(makefile.contains(try Regex("(?m)^\(lane):[^#\n]*## ")), "\(lane)")
    }
    #expect(makefile.contains("scripts/test unit") && makefile.contains("scripts/test all"))
    #expect(try Self.text(".ci/run").contains("exec make test"))
    #expect(try Self.text("README.md").contains("make test"))
  }

  @Test func `each campaign can be asked for, stands in the page, and runs one target`() throws {
    let makefile = try Self.text("Makefile")
    let page = try Self.text("docs/testing.md")
    let rules = makefile.matches(of: #/(?m)^campaign-([\w-]+):/#).map { String($0.1) }.sorted()
    let list = try #require(makefile.firstMatch(of: #/(?m)^campaigns := (.+)$/#)?.1)
    #expect(rules.count >= 7 && rules == list.split(separator: " ").map(String.init).sorted())
    for name in rules { #expect(page.contains("NAME=\(name)"), "\(name)") }
    // A filter that is not held at its beginning finds others too, and starts lab hosts where nobody meant it.
    let targets = Self.targets(of: try Self.text("Package.swift")).values.joined()
    let filters = makefile.matches(of: #/--filter (\S+)/#).map { String($0.1) }
    #expect(filters.count >= rules.count)
    for filter in filters {
      let target = try #require(filter.firstMatch(of: #/^'\^(\w+)\[\.\]/#)?.1, "\(filter)")
      #expect(targets.contains(String(target)), "\(filter)")
    }
  }

  @Test func `no two files or suites have one name`() {
    let files = SourceFile.all(in: "Tests")
    let names = files.compactMap { $0.description.split(separator: "/").last }
    #expect(Self.twice(names.map(String.init)) == [])
    let suites = files.flatMap { file in
      file.text.matches(of: #/@Suite(?:\((?:[^()]|\([^()]*(?:\([^()]*\)[^()]*)*\))*\))?\s+struct (\w+)/#).map
      {
        String($0.1)
      }
    }
    #expect(suites.count >= 150, "the suites were not understood: \(suites.count)")
    #expect(Self.twice(suites) == [])
  }

  @Test func `tests are named by sentences`() {
    for file in SourceFile.all(in: "Tests") {
      let lines = file.lines
      for (index, line) in lines.enumerated() where line.contains("@Test") && !line.contains("#/") {
        guard file.description.hasPrefix("Tests/Unit/TidyTests") == false else { continue }
        let rest = lines[index...].prefix(12).joined(separator: "\n")
        guard let name = rest.firstMatch(of: #/func (`[^`]+`|\w+)/#) else { continue }
        #expect(name.1.hasPrefix("`"), "\(file):\(index + 1): \(name.1)")
      }
    }
  }

  @Test func `what is missing would be found`() {
    let package = "tests(.unit, \"ATests\", []),\n tests(\n .lab, \"BTests\", [\"C\"])"
    #expect(Self.targets(of: package) == ["Unit": ["ATests"], "Lab": ["BTests"]])
    #expect(
      Self.parts(of: "Part(\"x y\", (\"ATests\", \"BTests\")), Part(\"demo\", command=(\"demo/run\",)),")
        == ["ATests", "BTests"])
    #expect(Self.parts(of: "*shared(\"ATests\", {\"one\": \"X|Y\"}, rest=\"two\"),") == ["ATests"])
    #expect(Self.twice(["a", "b", "a"]) == ["a"])
  }

  private static func twice(_ names: [String]) -> [String] {
    Dictionary(grouping: names, by: \.self).filter { $0.value.count > 1 }.keys.sorted()
  }
}
