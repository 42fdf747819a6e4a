import Foundation
import TestSupport
import Testing

/// The directions of the layers: nobody imports upward, and the two sides never meet.
@Suite struct LayerTests {
  /// Each target of ours and those that it may import, lowest first.
  static let layers: [String: Set<String>] = [
    "CLinux": [], "CArchive": [], "CCurl": [], "CSSH2": [], "CSQLite": [],
    "ByteText": [],
    "Release": ["ByteText"],
    "Wire": ["ByteText"],
    "Files": ["CLinux", "ByteText"],
    "Archive": ["CArchive", "ByteText", "Release", "Files"],
    "Database": ["CSQLite", "ByteText", "Files"],
    "SSH": ["CSSH2", "ByteText", "Files"],
    "Download": ["CCurl", "ByteText", "Files"],
    "Agent": ["CLinux", "ByteText", "Release", "Wire", "Files", "Archive", "Database", "Download"],
    "Coordinator": ["ByteText", "Release", "Wire", "Files", "Archive", "SSH", "Download"],
    "fleet-agent": ["Agent"],
    "fleet": ["Coordinator"],
  ]

  /// Everything that ends up in the agent, which must stay small.
  static let agentSide: Set<String> = [
    "ByteText", "Release", "Wire", "Files", "Archive", "Database", "Download", "Agent", "fleet-agent",
  ]

  /// Who else's modules may be used, and by whom.
  static let foreign: [String: Set<String>] = [
    "Foundation": ["Coordinator", "SSH", "fleet"],
    "Yams": ["Coordinator"],
    "ArgumentParser": ["Coordinator", "fleet"],
  ]

  /// One owner for each C library.
  static let doors: [String: Set<String>] = [
    "CArchive": ["Archive"], "CCurl": ["Download"], "CSSH2": ["SSH"],
    "CSQLite": ["Database"], "CLinux": ["Files", "Agent"],
  ]

  private static let sources = SourceFile.all(in: "Sources")

  @Test func `there are sources to read`() {
    #expect(Self.sources.count > 20)
    #expect(Self.sources.contains { !$0.imports.isEmpty })
  }

  @Test func `each target has its place in the layers`() {
    let targets = Set(Self.sources.map(\.target))
    #expect(targets.subtracting(Self.layers.keys).isEmpty)
  }

  @Test func `imports go downward only`() {
    for file in Self.sources {
      for module in file.imports where Self.layers[module] != nil {
        #expect(Self.layers[file.target]?.contains(module) == true, "\(file) imports \(module)")
      }
    }
  }

  @Test func `what lies below never leads up again`() {
    func below(_ target: String) -> Set<String> {
      (Self.layers[target] ?? []).reduce(into: []) { $0.formUnion(below($1).union([$1])) }
    }
    for target in Self.layers.keys { #expect(!below(target).contains(target), "\(target)") }
    #expect(!below("fleet-agent").contains("Coordinator"))
    #expect(!below("fleet").contains("Agent"))
  }

  @Test func `the agent's side stays without full Foundation`() {
    for file in Self.sources where Self.agentSide.contains(file.target) {
      #expect(!file.imports.contains("Foundation"), "\(file)")
    }
  }

  @Test func `modules of others are used where they belong`() {
    for file in Self.sources {
      for module in file.imports {
        guard let users = Self.foreign[module] else { continue }
        #expect(users.contains(file.target), "\(file) imports \(module)")
      }
    }
  }

  @Test func `each C library has one owner`() {
    for file in Self.sources {
      for module in file.imports {
        guard let owners = Self.doors[module] else { continue }
        #expect(owners.contains(file.target), "\(file) imports \(module)")
      }
    }
  }

  @Test func `the package declares the same directions`() throws {
    let package = try String(contentsOf: Repository.file("Package.swift"), encoding: .utf8)
    let pattern =
      #/(?:library|executableTarget)\(\s*(?:name:\s*)?"([\w-]+)",\s*(?:dependencies:\s*)?\[(.*?)\]/#
      .dotMatchesNewlines()
    let declared = package.matches(of: pattern)
    #expect(declared.count >= 11)
    for match in declared {
      for dependency in match.2.matches(of: #/"(\w+)"/#).map({ String($0.1) })
      where Self.layers[dependency] != nil {
        #expect(
          Self.layers[String(match.1)]?.contains(dependency) == true, "\(match.1) depends on \(dependency)")
      }
    }
  }

  @Test(
    arguments: [
      ("import Agent", ["Agent"]), ("  public import Wire // why", ["Wire"]),
      ("internal import struct Files.Directory", ["Files"]),
      ("@testable import Coordinator", ["Coordinator"]),
      ("// import Agent", []), ("let text = \"import Agent\"", []), ("important()", []),
    ] as [(String, [String])])
  func `imports are recognised`(_ line: String, _ modules: [String]) {
    #expect(SourceFile(description: "Sources/X/x.swift", text: line).imports == modules)
  }
}
