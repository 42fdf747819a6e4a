import Text

/// The groups of an inventory and what contains what.
struct Groups {
  struct Group {
    var place: Place
    /// The groups that it contains.
    var members: [String]
    var settings: HostSettings
  }
  private(set) var names: [String] = []
  private var groups: [String: Group] = [:]

  init() {}

  init(_ node: YAMLNode, sources: SourceReader, _ findings: Findings) {
    guard let entries = node.entries else {
      findings.add(
        Wrong("groups must be a mapping (name: …), not \(node.summary)"), at: node.place)
      return
    }
    for entry in entries {
      do throws(Wrong) {
        try HostReader.checkName(entry.key, "group")
      } catch {
        findings.add(error, at: entry.place)
        continue
      }
      names.append(entry.key)
      var group = Group(place: entry.place, members: [], settings: HostSettings())
      if !entry.value.isNull {
        Section.read(entry.value, as: "group", findings) { section in
          group.members =
            section.list("groups") { (node) throws(Wrong) in
              try Self.known(try Values.line(node), among: entries.map(\.key))
            } ?? []
          group.settings = HostSettings(section, sources: sources)
        }
      }
      groups[entry.key] = group
    }
    reportCycles(findings)
  }

  static func known(_ name: String, among names: [String]) throws(Wrong) -> String {
    guard names.contains(name) else {
      throw Wrong(
        "there is no group \"\(name)\"",
        hint: didYouMean(name, among: names) ?? "groups are declared under groups:")
    }
    return name
  }

  /// The groups of a host that names these, outer ones before inner ones, else in the order named.
  func all(of named: [String]) -> [String] {
    var result: [String] = []
    func add(_ name: String) {
      guard !result.contains(name) else { return }
      for outer in names where groups[outer]?.members.contains(name) == true { add(outer) }
      if !result.contains(name) { result.append(name) }
    }
    named.forEach(add)
    return result
  }

  func settings(of name: String) -> HostSettings? { groups[name]?.settings }

  /// Reports each circle once and opens it, so that whoever walks the groups comes to an end.
  private mutating func reportCycles(_ findings: Findings) {
    var done: Set<String> = []
    func visit(_ name: String, _ path: [String], _ groups: inout [String: Group]) {
      if done.contains(name) { return }
      for member in groups[name]?.members ?? [] {
        if let start = (path + [name]).firstIndex(of: member) {
          let circle = (path + [name])[start...] + [member]
          findings.add(
            Wrong("group \"\(member)\" contains itself: \(circle.joined(separator: " → "))"),
            at: groups[name]?.place ?? Place(file: "", line: 1, column: 1))
          groups[name]?.members.removeAll { $0 == member }
        } else {
          visit(member, path + [name], &groups)
        }
      }
      done.insert(name)
    }
    for name in names { visit(name, [], &groups) }
  }
}
