import Foundation
import TestSupport
import Testing

/// The directions of the layers: nobody imports upward, and the two sides never meet.
@Suite struct LayerTests {
  /// Each target of ours and those that it may import, lowest first.
  static let layers: [String: Set<String>] = [
    "CLinux": [], "CArchive": [], "CCurl": [], "CSSH2": [], "CNettle": [], "CSQLite": [], "CYAML": [],
    "CSodium": [], "CZstd": [],
    "ByteText": [],
    "Digest": ["CNettle"],
    "Release": ["ByteText", "Digest"],
    "Wire": ["ByteText", "Release"],
    "Files": ["CLinux", "ByteText"],
    "Archive": ["CArchive", "ByteText", "Release", "Files"],
    "Delta": ["CZstd", "ByteText", "Release", "Wire", "Files"],
    "Database": ["CSQLite", "ByteText", "Files"],
    "Threads": ["CLinux", "Files"],
    "SSH": ["CSSH2", "ByteText", "Files", "Digest", "Threads"],
    "Minisign": ["CSodium", "ByteText", "Files"],
    "Password": ["CSodium", "ByteText"],
    "Web": ["ByteText"],
    "Download": ["CCurl", "ByteText", "Files"],
    "Upgrade": ["ByteText", "Wire"],
    "Effects": ["CLinux", "ByteText", "Release", "Wire", "Files", "Archive", "Database", "Download"],
    "Agent": [
      "CLinux", "ByteText", "Release", "Wire", "Files", "Archive", "Delta", "Database", "Download", "Upgrade",
      "Effects",
    ],
    "Zones": ["ByteText", "Files"],
    "Text": ["ByteText", "Wire", "Zones"],
    "Store": ["ByteText", "Files", "Text"],
    "Inventory": ["CYAML", "ByteText", "Release", "Wire", "Files", "Minisign", "Zones", "Text"],
    "Rollout": ["ByteText", "Wire", "Text"],
    "Programs": [],
    "Catalogue": [
      "ByteText", "Release", "Wire", "Files", "Archive", "Delta", "Minisign", "Download", "Threads", "Text",
      "Store", "Inventory", "Programs",
    ],
    "Hosts": [
      "ByteText", "Release", "Wire", "Files", "SSH", "Threads", "Text", "Inventory", "Rollout", "Programs",
    ],
    "Driver": [
      "ByteText", "Release", "Wire", "Files", "Text", "Store", "Inventory", "Rollout", "Catalogue", "Hosts",
    ],
    "Report": [
      "ByteText", "Release", "Wire", "Download", "Threads", "Text", "Store", "Inventory", "Rollout",
      "Programs", "Catalogue", "Hosts", "Driver",
    ],
    "Hub": ["ByteText", "Wire", "Password", "Web", "Text", "Driver", "Report"],
    "Coordinator": [
      "ByteText", "Release", "Wire", "Files", "Archive", "SSH", "Download", "Password", "Web", "Threads",
      "Zones", "Text", "Store", "Inventory", "Rollout", "Programs", "Catalogue", "Hosts", "Driver", "Report",
      "Hub",
    ],
    "fleet-agent": ["Agent"],
    "fleet": ["Coordinator"],
  ]

  /// The machines that decide: nothing acts there, nothing waits, nothing looks at a clock.
  static let pure: Set<String> = ["Upgrade", "Rollout"]

  /// Who else's modules may be used, and by whom.
  static let foreign: [String: Set<String>] = [
    "ArgumentParser": ["Coordinator", "fleet"],
    "NIOCore": ["Web"], "NIOPosix": ["Web"], "NIOHTTP1": ["Web"],
  ]

  /// One owner for each C library.
  static let doors: [String: Set<String>] = [
    "CArchive": ["Archive"], "CCurl": ["Download"], "CSSH2": ["SSH"], "CZstd": ["Delta"],
    "CSQLite": ["Database"], "CYAML": ["Inventory"], "CLinux": ["Files", "Effects", "Agent", "Threads"],
    "CSodium": ["Minisign", "Password"],
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

  @Test func `what decides imports nothing that acts`() {
    let files = Self.sources.filter { Self.pure.contains($0.target) }
    #expect(files.count > 5)
    for file in files {
      for module in file.imports {
        #expect(Self.layers[file.target]?.contains(module) == true, "\(file): \(module)")
      }
      #expect(!file.code.contains { $0.text.contains(#/\b(?:await|async)\b/#) }, "\(file)")
    }
  }

  @Test func `there is one way to import, and nothing is public`() {
    for file in Self.sources {
      for line in file.code {
        #expect(!line.text.contains(#/^\s*(?:public|internal)\s/#), "\(file):\(line.line)")
      }
    }
  }

  @Test func `nothing needs full Foundation, which would make a program three times as large`() {
    for file in Self.sources {
      #expect(
        !file.imports.contains { $0.hasPrefix("Foundation") && $0 != "FoundationEssentials" }, "\(file)")
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
    // A house names its rooms first.
    let pattern =
      #/(?:library|executableTarget|room|house)\(\s*(?:name:\s*)?"([\w-]+)",(?:\s*\w+:\s*"\w+",)?(.*?\])(,\s*\[.*?\])?/#
      .dotMatchesNewlines()
    let declared = package.matches(of: pattern)
    #expect(declared.count >= 21)
    for match in declared {
      let lists = match.2 + (match.3 ?? "")
      for dependency in lists.matches(of: #/"(\w+)"/#).map({ String($0.1) })
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
