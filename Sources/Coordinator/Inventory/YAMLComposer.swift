import Text
import ByteText

/// Makes nodes of what libyaml finds, and bounds them while it does.
struct YAMLComposer {
  /// What ends the reading.
  enum Failure: Error {
    case notYAML(YAMLEvents.Problem)
    case tooMuch(Wrong, Place)
  }

  /// As the user would name the file.
  let shown: String
  private let events: YAMLEvents
  private var anchors: [String: YAMLNode] = [:]
  private var valuesLeft = InventoryLimits.nodes
  private var aliases = 0
  /// What is YAML, and used by nobody here: where there is any of it, the nodes are not all that was written.
  private(set) var refused: [(wrong: Wrong, place: Place)] = []

  init(_ text: String, shown: String) {
    self.shown = shown
    events = YAMLEvents(text)
  }

  /// What is in the text, to its end.
  mutating func documents() throws(Failure) -> [YAMLNode] {
    var documents: [YAMLNode] = []
    while case .begins = try event(), let root = try part() {
      guard documents.count < InventoryLimits.profiles else {
        throw .tooMuch(Wrong("more than \(InventoryLimits.profiles) documents"), place(root.mark))
      }
      documents.append(try node(root, depth: 0))
      // The end of the document.
      _ = try event()
    }
    return documents
  }

  private func place(_ mark: YAMLEvents.Mark) -> Place {
    Place(file: shown, line: mark.line, column: mark.column)
  }

  private func event() throws(Failure) -> YAMLEvents.Event? {
    do throws(YAMLEvents.Problem) { return try events.next() } catch { throw .notYAML(error) }
  }

  /// The next one in a list, a mapping or a document; nil at its end.
  private func part() throws(Failure) -> YAMLEvents.Node? {
    guard case .node(let node) = try event() else { return nil }
    return node
  }

  private mutating func node(_ found: YAMLEvents.Node, depth: Int) throws(Failure) -> YAMLNode {
    let place = place(found.mark)
    if case .alias(let name) = found.content { return try meaning(of: name, found.mark, depth: depth) }
    try enter(place, depth)
    if let tag = found.tag, !tag.isEmpty, !tag.begins(with: "tag:yaml.org,2002:") {
      refused.append((Wrong("tags such as \(tag) are not used here"), place))
    }
    var node = YAMLNode(value: .null, place: place)
    switch found.content {
    case .alias: break
    case .scalar(let text, let isPlain): node.value = Self.scalar(text, isPlain)
    case .list:
      var items: [YAMLNode] = []
      while let item = try part() { items.append(try self.node(item, depth: depth + 1)) }
      node.value = .list(items)
    case .mapping: node.value = .mapping(try entries(depth: depth + 1))
    }
    if let anchor = found.anchor { anchors[anchor] = node }
    return node
  }

  private static func scalar(_ text: String, _ isPlain: Bool) -> YAMLNode.Value {
    isPlain && ["", "~", "null"].contains(text) ? .null : .text(text)
  }

  private mutating func entries(depth: Int) throws(Failure) -> [YAMLNode.Entry] {
    var entries: [YAMLNode.Entry] = []
    var lines: [String: Int] = [:]
    while let key = try part() {
      let (name, place) = (try word(key, depth: depth), place(key.mark))
      guard let next = try part() else { break }
      let value = try node(next, depth: depth)
      guard let name else {
        refused.append((Wrong("a key must be a word"), place))
        continue
      }
      if let first = lines[name] {
        let other = first == place.line ? "" : "; first in line \(first)"
        refused.append((Wrong("\"\(name)\" stands twice in the same mapping\(other)"), place))
      } else {
        lines[name] = place.line
        entries.append(YAMLNode.Entry(key: name, place: place, value: value))
      }
    }
    return entries
  }

  /// nil where the key is none.
  private mutating func word(_ key: YAMLEvents.Node, depth: Int) throws(Failure) -> String? {
    guard case .scalar(let text, let isPlain) = key.content else {
      guard case .text(let text) = try node(key, depth: depth).value else { return nil }
      return text
    }
    if let anchor = key.anchor {
      anchors[anchor] = YAMLNode(value: Self.scalar(text, isPlain), place: place(key.mark))
    }
    return text
  }

  // MARK: Bounds

  /// What an alias stands for counts as if it were written there.
  private mutating func meaning(
    of alias: String, _ mark: YAMLEvents.Mark, depth: Int
  ) throws(Failure) -> YAMLNode {
    guard let node = anchors[alias] else {
      throw .notYAML(YAMLEvents.Problem(text: "found undefined alias", mark: mark))
    }
    aliases += 1
    guard aliases <= InventoryLimits.aliases else {
      throw .tooMuch(
        Wrong(
          "more than \(InventoryLimits.aliases) aliases (*name) in one file",
          hint: "use groups and defaults instead"),
        Place(file: shown, line: mark.line, column: 1))
    }
    try enter(node, depth)
    return node
  }

  private mutating func enter(_ node: YAMLNode, _ depth: Int) throws(Failure) {
    try enter(node.place, depth)
    for part in node.items ?? node.entries?.map(\.value) ?? [] { try enter(part, depth + 1) }
  }

  private mutating func enter(_ place: Place, _ depth: Int) throws(Failure) {
    valuesLeft -= 1
    guard valuesLeft > 0 else { throw .tooMuch(Wrong("more than \(InventoryLimits.nodes) values"), place) }
    guard depth < InventoryLimits.depth else {
      throw .tooMuch(Wrong("more than \(InventoryLimits.depth) levels deep"), place)
    }
  }
}
