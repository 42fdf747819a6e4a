import Foundation
import SystemPackage
import Testing

@testable import Inventory
@testable import Coordinator

/// The schemas for editors say what the parser knows, and the shipped files fit them.
@Suite struct SchemaTests {
  /// An inventory and a profile with each kind of mapping in it once, so that the parser asks for
  /// every key that it knows.
  private func vocabulary() throws -> [String: Set<String>] {
    let folder = try InventoryFolder(
      """
      app: app
      defaults: {}
      groups: { tent: {} }
      rollout: {}
      notify: [ {} ]
      hosts: { veg: {} }
      """,
      profile: """
        source: {}
        verify: {}
        version: {}
        services: {}
        packages: {}
        carry: [ { revision: {} } ]
        steps: { prepare: [ {} ] }
        guards: [ {} ]
        parity: [ {} ]
        health: { checks: [ {} ] }
        rehearsal: {}
        advisories: [ {} ]
        notes: {}
        """)
    let findings = Findings()
    _ = InventoryReader(location: folder.location, findings: findings).read()
    try folder.write("apps: { app: { hosts: { veg: {} } } }\nhosts: { veg: {} }", "fleet.yaml")
    let ofSeveral = Findings()
    _ = InventoryReader(location: folder.location, findings: ofSeveral).read()
    return findings.vocabulary.merging(ofSeveral.vocabulary) { $0.union($1) }
  }

  @Test func `each key of the parser is in the schema and the other way round`() throws {
    let vocabulary = try vocabulary()
    var known: [String: Set<String>] = [:]
    for name in ["fleet", "profile"] {
      for (section, definition) in try Schema(name).definitions {
        if let properties = definition["properties"] as? [String: Any] {
          known[section] = Set(properties.keys)
        }
      }
    }
    #expect(known == vocabulary)
  }

  @Test func `each key has a description`() throws {
    for name in ["fleet", "profile"] {
      for (section, definition) in try Schema(name).definitions {
        for (key, value) in definition["properties"] as? [String: Any] ?? [:] {
          let description = (value as? [String: Any])?["description"] as? String
          #expect(description?.isEmpty == false, "\(section).\(key)")
        }
      }
    }
  }

  @Test func `each key stands in the documents`() throws {
    let pages = ["inventory", "profile"].compactMap {
      try? String(contentsOfFile: checkout.pushing("docs").appending("\($0).md").string, encoding: .utf8)
    }
    try #require(pages.count == 2)
    let text = pages.joined()
    for (section, keys) in try vocabulary() {
      for key in keys { #expect(text.contains("`\(key)`"), "\(section).\(key)") }
    }
  }

  @Test func `the shipped inventory fits the schema`() throws {
    #expect(try Schema("fleet").faults(of: "inventory/fleet.yaml") == [])
  }

  @Test(arguments: [
    "inventory/apps/mycodo.yaml", "inventory/apps/octoprint.yaml", "inventory/apps/tiddlywiki.yaml",
    "inventory/apps/victoriametrics.yaml", "demo/inventory/apps/growroom.yaml",
  ])
  func `the shipped profiles fit the schema`(_ path: String) throws {
    #expect(try Schema("profile").faults(of: path) == [])
  }

  @Test func `an inventory of several apps fits the schema`() throws {
    let folder = try InventoryFolder(AppsTests.file)
    #expect(try Schema("fleet").faults(of: folder.path.appending("fleet.yaml").string) == [])
  }

  @Test func `the schema refuses what the parser refuses`() throws {
    let folder = try InventoryFolder("app: app\nhots: {}\nhosts: { veg: { port: ssh } }\n")
    let faults = try Schema("fleet").faults(of: folder.path.appending("fleet.yaml").string)
    #expect(faults.contains("$.hots: unknown"))
    #expect(faults.contains { $0.hasPrefix("$.hosts.veg") })
  }
}

/// As much of JSON Schema 2020-12 as our schemas use.
private struct Schema {
  let files: [String: [String: Any]]
  let name: String

  init(_ name: String) throws {
    self.name = name
    var files: [String: [String: Any]] = [:]
    for file in ["fleet", "profile"] {
      let path = checkout.pushing("inventory/schema").appending("\(file).schema.json")
      let data = try Data(contentsOf: URL(filePath: path.string))
      files[file] = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
    self.files = files
  }

  var definitions: [String: [String: Any]] {
    files[name]?["$defs"] as? [String: [String: Any]] ?? [:]
  }

  func faults(of path: String) throws -> [String] {
    let findings = Findings()
    let documents = YAMLFile(shown: path, findings: findings).read(checkout.pushing(FilePath(path)))
    try #require(findings.errors == nil && !documents.isEmpty)
    let schema = try #require(files[name])
    return documents.flatMap { faults($0, schema, name, "$") }
  }

  private func faults(
    _ node: YAMLNode, _ schema: [String: Any], _ file: String, _ path: String
  ) -> [String] {
    var found: [String] = []
    if let reference = schema["$ref"] as? String {
      let parts = reference.split(separator: "#", omittingEmptySubsequences: false)
      let other = parts[0].isEmpty ? file : String(parts[0].split(separator: ".")[0])
      var target: Any? = files[other]
      for key in parts[1].split(separator: "/") { target = (target as? [String: Any])?[String(key)] }
      guard let target = target as? [String: Any] else { return ["\(path): no \(reference)"] }
      found += faults(node, target, other, path)
    }
    if let choices = schema["anyOf"] as? [[String: Any]],
      choices.allSatisfy({ !faults(node, $0, file, path).isEmpty })
    {
      found.append("\(path): none of the choices")
    }
    for part in schema["allOf"] as? [[String: Any]] ?? [] { found += faults(node, part, file, path) }
    if let type = schema["type"] {
      let types = type as? [String] ?? [type as? String ?? ""]
      if !types.contains(where: { isType(node, $0) }) { return found + ["\(path): not \(types)"] }
    }
    if case .text(let text) = node.value {
      if let words = schema["enum"] as? [String], !words.contains(text) { found.append("\(path): \(text)") }
      if let word = schema["const"] as? String, word != text { found.append("\(path): \(text)") }
      if let pattern = schema["pattern"] as? String, !matches(text, pattern) {
        found.append("\(path): \(text) is not \(pattern)")
      }
    }
    if let items = schema["items"] as? [String: Any] {
      for item in node.items ?? [] { found += faults(item, items, file, path + "[]") }
    }
    for key in schema["required"] as? [String] ?? [] where node.entries != nil && node[key] == nil {
      found.append("\(path): needs \(key)")
    }
    let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
    for entry in node.entries ?? [] {
      let below = "\(path).\(entry.key)"
      if let known = properties[entry.key] {
        found += faults(entry.value, known, file, below)
      } else if let others = schema["additionalProperties"] as? [String: Any] {
        found += faults(entry.value, others, file, below)
      } else if schema["additionalProperties"] as? Bool == false {
        found.append("\(below): unknown")
      }
    }
    return found
  }

  private func isType(_ node: YAMLNode, _ type: String) -> Bool {
    switch (node.value, type) {
    case (.null, "null"), (.list, "array"), (.mapping, "object"), (.text, "string"): true
    case (.text(let text), "integer"), (.text(let text), "number"): Int(text) != nil
    case (.text(let text), "boolean"): ["true", "false"].contains(text)
    default: false
    }
  }

  private func matches(_ text: String, _ pattern: String) -> Bool {
    (try? Regex(pattern)).map { text.contains($0) } ?? false
  }
}
