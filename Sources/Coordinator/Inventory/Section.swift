import Text

/// A mapping while it is read: each key is asked for once, what was never asked for is unknown. So the
/// keys that fleet knows are written down nowhere but where they are read.
final class Section {
  /// As in the schema and the documents: "rollout", "host".
  let name: String
  let place: Place
  let findings: Findings
  private let entries: [YAMLNode.Entry]
  private var asked: Set<String> = []

  private init(_ name: String, _ entries: [YAMLNode.Entry], _ place: Place, _ findings: Findings) {
    self.name = name
    self.entries = entries
    self.place = place
    self.findings = findings
  }

  /// Reads a mapping with `body` and then reports the keys that it did not ask for. Nil where the
  /// value is no mapping, which is reported too.
  @discardableResult
  static func read<T>(
    _ node: YAMLNode, as name: String, _ findings: Findings, _ body: (Section) -> T
  ) -> T? {
    guard let entries = node.entries else {
      findings.add(Wrong("\(name) must be a mapping (key: value), not \(node.summary)"), at: node.place)
      return nil
    }
    let section = Section(name, entries, node.place, findings)
    let result = body(section)
    section.reportUnknown()
    return result
  }

  /// The value under a key; nil where it is absent or empty.
  func node(_ key: String) -> YAMLNode? {
    asked.insert(key)
    findings.knows(key, in: name)
    guard let node = entries.first(where: { $0.key == key })?.value, !node.isNull else { return nil }
    return node
  }

  /// Where the key itself stands.
  func place(of key: String) -> Place {
    entries.first { $0.key == key }?.place ?? place
  }

  func wrong(_ message: String, hint: String? = nil, at key: String? = nil) {
    findings.add(Wrong(message, hint: hint), at: key.map(place(of:)) ?? place)
  }

  /// A value as `parse` understands it; nil where it is absent or wrong.
  func value<T>(_ key: String, _ parse: (YAMLNode) throws(Wrong) -> T) -> T? {
    guard let node = node(key) else { return nil }
    return attempt(key, node, parse)
  }

  /// The same for a key that must be there.
  func required<T>(_ key: String, _ parse: (YAMLNode) throws(Wrong) -> T) -> T? {
    guard let node = node(key) else {
      wrong("\(name) needs the key \(key)")
      return nil
    }
    return attempt(key, node, parse)
  }

  /// A list of values, each as `parse` understands it; wrong ones are reported and left out.
  func list<T>(
    _ key: String, orOne: Bool = false, _ parse: (YAMLNode) throws(Wrong) -> T
  ) -> [T]? {
    guard let node = node(key) else { return nil }
    if orOne, node.items == nil, let one = attempt(key, node, parse) { return [one] }
    guard let items = node.items else {
      if !orOne {
        findings.add(Wrong("\(key) must be a list, not \(node.summary)"), at: node.place)
      }
      return nil
    }
    return items.compactMap { attempt(key, $0, parse) }
  }

  /// A list of mappings.
  func sections<T>(_ key: String, as name: String, _ body: (Section) -> T?) -> [T]? {
    guard let node = node(key) else { return nil }
    guard let items = node.items else {
      findings.add(Wrong("\(key) must be a list, not \(node.summary)"), at: node.place)
      return nil
    }
    return items.compactMap { Section.read($0, as: name, findings, body) ?? nil }
  }

  /// A mapping of free names to text.
  func pairs<T>(_ key: String, _ parse: (YAMLNode.Entry) throws(Wrong) -> T) -> [T]? {
    guard let node = node(key) else { return nil }
    guard let entries = node.entries else {
      findings.add(
        Wrong("\(key) must be a mapping (name: value), not \(node.summary)"), at: node.place)
      return nil
    }
    return entries.compactMap { entry in
      do throws(Wrong) {
        return try parse(entry)
      } catch {
        findings.add(Wrong("\(key): \(error.message)", hint: error.hint), at: entry.place)
        return nil
      }
    }
  }

  func attempt<T>(
    _ key: String, _ node: YAMLNode, _ parse: (YAMLNode) throws(Wrong) -> T
  ) -> T? {
    do throws(Wrong) {
      return try parse(node)
    } catch {
      findings.add(Wrong("\(key): \(error.message)", hint: error.hint), at: node.place)
      return nil
    }
  }

  private func reportUnknown() {
    for entry in entries where !asked.contains(entry.key) {
      let hint = Self.otherWords[entry.key].flatMap { asked.contains($0) ? $0 : nil }
      findings.add(
        Wrong(
          "unknown key \"\(entry.key)\" in \(name)",
          hint: hint.map { "here it is called \"\($0)\"" }
            ?? findings.levels.belongs(entry.key, in: name)
            ?? didYouMean(entry.key, among: asked)
            ?? "known are \(asked.sorted().joined(separator: ", "))"),
        at: entry.place)
    }
  }

  /// What the same thing is called elsewhere.
  private static let otherWords = [
    "children": "groups", "ansible_host": "address", "hostname": "address", "ip": "address",
    "host": "address", "ansible_user": "user", "ansible_port": "port", "identity_file": "ssh_key",
    "key": "ssh_key", "sudo": "become", "serial": "batches", "max_fail": "max_failures",
    "exclude": "skip", "cmd": "run", "command": "run", "cwd": "in", "directory": "in",
    "dir": "in", "units_from": "units", "path": "install", "prefix": "tag_prefix",
  ]
}
