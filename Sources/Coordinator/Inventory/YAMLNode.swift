import ByteText

/// A value of a YAML file with the place where it stands. Scalars stay text: what `8.10`, `off` or
/// `22:00` means is decided by the key that asks for it, not by YAML's guesses.
struct YAMLNode: Sendable {
  struct Entry: Sendable {
    var key: String
    var place: Place
    var value: YAMLNode
  }
  enum Value: Sendable {
    case null
    case text(String)
    case list([YAMLNode])
    case mapping([Entry])
  }
  var value: Value
  var place: Place

  var isNull: Bool { if case .null = value { true } else { false } }

  var entries: [Entry]? { if case .mapping(let entries) = value { entries } else { nil } }

  var items: [YAMLNode]? { if case .list(let items) = value { items } else { nil } }

  subscript(key: String) -> YAMLNode? { entries?.first { $0.key == key }?.value }

  /// What a person sees there, for messages.
  var summary: String {
    switch value {
    case .null: "nothing"
    case .text(let text): "\"\(text.leading(scalars: 60))\(text.unicodeScalars.count > 60 ? "…" : "")\""
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }

  /// This mapping with another laid over it: keys of both are merged as deep as both are mappings,
  /// else the other's value counts; an empty mapping counts as it is, since nobody writes one to change
  /// nothing. An empty value takes the key away, so that its default holds.
  func merged(with other: YAMLNode) -> YAMLNode {
    guard let base = entries, let changes = other.entries, !changes.isEmpty else { return other }
    var result = base
    for change in changes {
      let index = result.firstIndex { $0.key == change.key }
      if change.value.isNull {
        if let index { result.remove(at: index) }
      } else if let index {
        result[index].value = result[index].value.merged(with: change.value)
      } else {
        result.append(change)
      }
    }
    return YAMLNode(value: .mapping(result), place: place)
  }
}
