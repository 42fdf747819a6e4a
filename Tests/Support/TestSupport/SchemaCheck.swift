import Foundation

/// As much of JSON Schema 2020-12 as the schemas in docs/schema use, for the many outputs that tests produce;
/// ``ReportSchemaTests`` has a validator of others judge the same schemas.
package struct SchemaCheck {
  private let root: [String: Any]

  package init(_ name: String) throws {
    let data = try Data(contentsOf: Repository.file("docs/schema/\(name)"))
    root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  private static let names = [
    "fleet.report/1": "report.schema.json", "fleet.notification/1": "notification.schema.json",
  ]

  /// What `-o json` printed: events a line each, and reports and notifications among them. Lines of another
  /// kind are not looked at.
  package static func faults(inOutput text: String) throws -> [String] {
    let events = try SchemaCheck("events.schema.json")
    return try text.split(separator: "\n").filter { $0.hasPrefix("{") }.flatMap { line -> [String] in
      guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
        return []
      }
      if object["event"] != nil, object["seq"] != nil { return events.faults(object, events.root, "event") }
      guard let name = (object["schema"] as? String).flatMap({ names[$0] }) else { return [] }
      let schema = try SchemaCheck(name)
      return schema.faults(object, schema.root, name)
    }
  }

  package func faults(_ json: some Sequence<UInt8>) throws -> [String] {
    faults(try JSONSerialization.jsonObject(with: Data(json)), root, "$")
  }

  private func faults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    if let reference = schema["$ref"] as? String {
      var target: Any? = root
      for key in reference.split(separator: "/").dropFirst() {
        target = (target as? [String: Any])?[String(key)]
      }
      return (target as? [String: Any]).map { faults(value, $0, path) } ?? ["\(path): no \(reference)"]
    }
    if let choices = schema["anyOf"] as? [[String: Any]],
      choices.allSatisfy({ !faults(value, $0, path).isEmpty })
    {
      return ["\(path): none of the choices: \(value)"]
    }
    if let type = schema["type"] {
      let types = type as? [String] ?? [type as? String ?? ""]
      if !types.contains(where: { Self.isType(value, $0) }) { return ["\(path): not \(types): \(value)"] }
    }
    var found: [String] = []
    if let words = schema["enum"] as? [AnyHashable], !words.contains(where: { $0 == value as? AnyHashable }) {
      found.append("\(path): \(value)")
    }
    if let word = schema["const"] as? String, word != value as? String { found.append("\(path): \(value)") }
    if let least = schema["minimum"] as? Int, let number = value as? Int, number < least {
      found.append("\(path): \(number)")
    }
    if let pattern = schema["pattern"] as? String, let text = value as? String,
      text.range(of: pattern, options: .regularExpression) == nil
    {
      found.append("\(path): \(text)")
    }
    for (index, item) in (value as? [Any] ?? []).enumerated() {
      guard let items = schema["items"] as? [String: Any] else { break }
      found += faults(item, items, "\(path)[\(index)]")
    }
    return found + members(value as? [String: Any] ?? [:], schema, path, isObject: value is [String: Any])
  }

  private func members(
    _ object: [String: Any], _ schema: [String: Any], _ path: String, isObject: Bool
  ) -> [String] {
    guard isObject else { return [] }
    let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
    var found = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map {
      "\(path): no \($0)"
    }
    for (key, value) in object {
      if let known = properties[key] {
        found += faults(value, known, "\(path).\(key)")
      } else if schema["additionalProperties"] as? Bool == false {
        found.append("\(path).\(key): unknown")
      }
    }
    return found
  }

  private static func isType(_ value: Any, _ type: String) -> Bool {
    let isFlag = (value as? NSNumber).map { "\($0.objCType.pointee)" == "99" } ?? false
    return switch type {
    case "null": value is NSNull
    case "array": value is [Any]
    case "object": value is [String: Any]
    case "string": value is String
    case "boolean": isFlag
    case "integer": !isFlag && value is Int
    default: false
    }
  }
}
