import Text
import ByteText

/// Puts items into a list of a YAML file by adding text to it: comments, order and spelling of all else stay as their
/// author wrote them. Pure.
///
/// Every place that is tried is judged by reading the result: it must say what the file said, and the new items, and
/// nothing else. So whatever the file looks like (anchors, odd indentation), a wrong place is none.
package struct YAMLInsertion {
  /// The file.
  package private(set) var text: String

  package init(text: String) {
    self.text = text
  }

  private struct Place {
    var text: String
    /// Whether the new items come before those that are there.
    var isBefore = false
  }

  /// Adds items to the list `key` of the mapping `parent` at the top; makes them where they are missing.
  ///
  /// - Parameters:
  ///   - items: each as YAML that stands in one line.
  ///   - before: a key at the top after which a new `parent` goes.
  /// - Returns: whether a place was found; else nothing has changed.
  package mutating func add(_ items: [String], to key: String, of parent: String, after before: String)
    -> Bool
  {
    guard !items.isEmpty else { return true }
    guard let root = Self.read(text), let new = Self.read("- \(items.joined(separator: "\n- "))")?.items
    else {
      return false
    }
    for place in places(items, key, parent, before, root) {
      guard let after = Self.read(place.text),
        Self.isSame(after, Self.expected(root, new, key, parent, isBefore: place.isBefore))
      else { continue }
      text = place.text
      return true
    }
    return false
  }

  // MARK: Where

  private func places(
    _ items: [String], _ key: String, _ parent: String, _ before: String, _ root: YAMLNode
  ) -> [Place] {
    let block = items.map { "- \($0)" }
    let flow = items.joined(separator: ", ")
    guard let section = root.entries?.first(where: { $0.key.isSpelled(parent) }) else {
      guard let first = root.entries?.first(where: { $0.key.isSpelled(before) }) else { return [] }
      return [inserted(["\(parent):", "  \(key):"] + block.map { "    \($0)" }, afterLine: first.place.line)]
    }
    guard let list = section.value.entries?.first(where: { $0.key.isSpelled(key) }) else {
      if section.value.isNull {
        return [inserted(["  \(key):"] + block.map { "    \($0)" }, afterLine: section.place.line)]
      }
      guard let first = section.value.entries?.first else {
        return [inserted("\(key): [\(flow)]", afterBracket: "{", at: section.value.place)].compactMap { $0 }
      }
      let indent = Columns.spaces(first.place.column - 1)
      return [
        inserted("\(key): [\(flow)], ", afterBracket: "{", at: section.value.place),
        inserted(["\(indent)\(key):"] + block.map { "\(indent)  \($0)" }, afterLine: first.place.line - 1),
      ].compactMap { $0 }
    }
    guard let old = list.value.items, let first = old.first, let last = old.last else {
      let indent = Columns.spaces(list.place.column + 1)
      return [
        inserted(flow, afterBracket: "[", at: list.value.place),
        inserted(block.map { indent + $0 }, afterLine: list.place.line),
      ].compactMap { $0 }
    }
    let indent = indentation(ofLine: first.place.line)
    var above = inserted(block.map { indent + $0 }, afterLine: first.place.line - 1)
    above.isBefore = true
    var inFlow = inserted("\(flow), ", afterBracket: "[", at: list.value.place)
    inFlow?.isBefore = true
    return [
      inFlow, inserted(block.map { indent + $0 }, afterLine: last.place.line), above,
    ].compactMap { $0 }
  }

  private var lines: [Substring] { text.pieces(by: "\n", keepingEmpty: true) }

  private func indentation(ofLine number: Int) -> String {
    let lines = lines
    return lines.indices.contains(number - 1) ? String(lines[number - 1].leading { $0 == " " }) : ""
  }

  private func inserted(_ new: [String], afterLine number: Int) -> Place {
    var lines = lines
    let end = text.holds("\r\n") ? "\r" : ""
    // A last line without its end gets one.
    if number >= lines.count, lines.last?.isEmpty == false { lines.append("") }
    lines.insert(contentsOf: new.map { Substring($0 + end) }, at: min(max(0, number), lines.count))
    return Place(text: lines.joined(separator: "\n"))
  }

  /// nil where the value does not begin with that bracket.
  private func inserted(_ new: String, afterBracket bracket: Unicode.Scalar, at place: Inventory.Place)
    -> Place?
  {
    var lines = lines.map { String.UnicodeScalarView($0.unicodeScalars) }
    guard lines.indices.contains(place.line - 1) else { return nil }
    var line = lines[place.line - 1]
    guard let index = line.index(line.startIndex, offsetBy: place.column - 1, limitedBy: line.endIndex),
      index < line.endIndex, line[index] == bracket
    else { return nil }
    let rest = line[line.index(after: index)...]
    let isSpaced = line[rest.startIndex...].first?.isBlank == true
    line.insert(
      contentsOf: ((isSpaced ? " " : "") + new.trimmedEnd(isSpaced)).unicodeScalars, at: rest.startIndex)
    lines[place.line - 1] = line
    return Place(text: lines.map { String($0) }.joined(separator: "\n"))
  }

  // MARK: Judged by reading

  private static func read(_ text: String) -> YAMLNode? {
    let findings = Findings()
    let documents = YAMLFile(shown: "", findings: findings).parse(Array(text.utf8))
    return findings.isEmpty && documents.count == 1 ? documents.first : nil
  }

  private static func expected(
    _ root: YAMLNode, _ new: [YAMLNode], _ key: String, _ parent: String, isBefore: Bool
  ) -> YAMLNode {
    let old = root[parent]?[key]?.items ?? []
    let list = YAMLNode(value: .list(isBefore ? new + old : old + new), place: root.place)
    func setting(_ key: String, _ value: YAMLNode, in node: YAMLNode?) -> YAMLNode {
      var entries = node?.entries ?? []
      let entry = YAMLNode.Entry(key: key, place: root.place, value: value)
      if let index = entries.firstIndex(where: { $0.key.isSpelled(key) }) {
        entries[index] = entry
      } else {
        entries.append(entry)
      }
      return YAMLNode(value: .mapping(entries), place: root.place)
    }
    return setting(parent, setting(key, list, in: root[parent]), in: root)
  }

  /// The same wherever it stands; keys of a mapping in any order.
  private static func isSame(_ left: YAMLNode, _ right: YAMLNode) -> Bool {
    switch (left.value, right.value) {
    case (.null, .null): true
    case (.text(let left), .text(let right)): left.isSpelled(right)
    case (.list(let left), .list(let right)):
      left.count == right.count && zip(left, right).allSatisfy { isSame($0, $1) }
    case (.mapping(let left), .mapping(let right)):
      left.count == right.count
        && left.allSatisfy { entry in
          right.first { $0.key.isSpelled(entry.key) }.map { isSame(entry.value, $0.value) } ?? false
        }
    default: false
    }
  }
}

extension String {
  /// Where a space comes behind already, none of its own.
  fileprivate func trimmedEnd(_ isSpaced: Bool) -> String {
    isSpaced ? without(suffix: " ").map { String($0) } ?? self : self
  }
}
