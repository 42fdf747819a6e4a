/// The `Link` header (RFC 8288), by which APIs name the next page.
public enum LinkHeader {
  /// The first target whose `rel` has this word in it, as it stands there: it may be relative.
  public static func target(rel: String, in value: String) -> String? {
    var rest = value[...]
    while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
      let target = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      var relations: [Substring]?
      while let parameter = nextParameter(&rest) {
        // Of several `rel` only the first counts (section 3.3).
        if parameter.name.lowercased() == "rel", relations == nil {
          relations = parameter.value.split { $0 == " " || $0 == "\t" }.map { $0[...] }
        }
      }
      if relations?.contains(where: { $0.lowercased() == rel.lowercased() }) == true { return String(target) }
    }
    return nil
  }

  /// Takes `; name=value` or `; name="value"` off the front; `nil` at the end of this link.
  private static func nextParameter(_ rest: inout Substring) -> (name: String, value: String)? {
    rest = rest.drop { $0 == " " || $0 == "\t" }
    guard rest.first == ";" else { return nil }
    rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
    let name = rest.prefix { $0 != "=" && $0 != ";" && $0 != "," && $0 != " " && $0 != "\t" }
    rest = rest.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }
    guard rest.first == "=" else { return (String(name), "") }
    rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
    guard rest.first == "\"" else {
      let value = rest.prefix { $0 != ";" && $0 != "," && $0 != " " && $0 != "\t" }
      rest = rest.dropFirst(value.count)
      return (String(name), String(value))
    }
    rest = rest.dropFirst()
    var value = ""
    while let character = rest.popFirst(), character != "\"" {
      value.append(character == "\\" ? rest.popFirst() ?? "\\" : character)
    }
    return (String(name), value)
  }
}
