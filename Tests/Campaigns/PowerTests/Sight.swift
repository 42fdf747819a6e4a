/// What `host.sh boot` printed: a section for each look.
struct Sight: Sendable {
  let sections: [(name: String, lines: [String])]
  let status: Int32
  let text: String

  init(_ text: String, status: Int32) {
    var sections: [(name: String, lines: [String])] = []
    for line in text.split(separator: "\n").map(String.init) {
      if line.hasPrefix("== ") {
        sections.append((String(line.dropFirst(3)), []))
      } else if !sections.isEmpty {
        sections[sections.count - 1].lines.append(line)
      }
    }
    self.sections = sections
    self.status = status
    self.text = text
  }

  /// The lines of the first section of that name; nil where it did not come to it.
  func lines(_ name: String) -> [String]? { sections.first { $0.name == name }?.lines }

  func all(_ name: String) -> [[String]] { sections.filter { $0.name == name }.map(\.lines) }

  var database: Database? { lines("database").map(Database.init) }
}

/// What `pocket dump` says.
struct Database: Sendable {
  var integrity = ""
  var revision = ""
  /// `VERSION SEQ`.
  var rows: Set<String> = []

  init(_ lines: [String]) {
    for line in lines {
      if line.hasPrefix("integrity ") { integrity = String(line.dropFirst(10)) }
      if line.hasPrefix("revision ") { revision = String(line.dropFirst(9)) }
      if line.hasPrefix("row ") { rows.insert(String(line.dropFirst(4))) }
    }
  }
}

/// The app's tree as `host.sh` lists it: what is there with which mode, and the SHA-256 of each file.
struct Tree: Sendable, Equatable {
  /// Path to `TYPE MODE TARGET`.
  var entries: [String: String] = [:]
  /// Path to SHA-256.
  var digests: [String: String] = [:]

  init(_ lines: [String]) {
    for line in lines {
      let words = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
      if words.count == 2, words[0].count == 64 {
        digests[String(words[1].dropFirst(2))] = words[0]
      } else if words.count >= 3 {
        entries[words[2]] = "\(words[0]) \(words[1]) \(words.dropFirst(3).joined())"
      }
    }
  }

  /// What fleet itself writes into a tree, and says by its own clock.
  static let marker = ".fleet-release.json"

  /// Without what differs from run to run: fleet's marker, the pictures.
  var release: Tree {
    var tree = self
    let isOther = { (path: String) in path == Self.marker || path.hasPrefix("pictures/") }
    tree.entries = entries.filter { !isOther($0.key) }
    tree.digests = digests.filter { !isOther($0.key) }
    return tree
  }

  /// Where it differs from another, in words; the first of them.
  func differences(from other: Tree) -> String {
    let paths = Set(entries.keys).union(other.entries.keys).sorted()
    let different = paths.filter { entries[$0] != other.entries[$0] || digests[$0] != other.digests[$0] }
    return different.prefix(4).map { path in
      "\(path): \(entries[path] ?? "missing") \(digests[path]?.prefix(8) ?? "")"
        + ", not \(other.entries[path] ?? "missing") \(other.digests[path]?.prefix(8) ?? "")"
    }.joined(separator: "; ")
  }
}
