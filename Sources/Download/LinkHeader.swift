import ByteText

/// The `Link` header (RFC 8288), by which APIs name the next page.
public enum LinkHeader {
  /// The first target whose `rel` has this word in it, as it stands there: it may be relative.
  public static func target(rel: String, in value: String) -> String? {
    var pending = value[...]
    while let (target, after) = pending.cut(at: "<")?.after.cut(at: ">") {
      pending = after
      var relations: [Substring]?
      while let parameter = nextParameter(&pending) {
        // Of several `rel` only the first counts (section 3.3).
        if parameter.name.asciiLowercase == "rel", relations == nil {
          relations = parameter.value.words
        }
      }
      if relations?.contains(where: { $0.asciiLowercase == rel.asciiLowercase }) == true { return String(target) }
    }
    return nil
  }

  /// Takes `; name=value` or `; name="value"` off the front; `nil` at the end of this link.
  private static func nextParameter(_ text: inout Substring) -> (name: String, value: String)? {
    var rest = text.unicodeScalars.drop(while: \.isBlank)
    defer { text = Substring(rest) }
    guard rest.first == ";" else { return nil }
    rest = rest.dropFirst().drop(while: \.isBlank)
    let name = rest.prefix { $0 != "=" && $0 != ";" && $0 != "," && !$0.isBlank }
    rest = rest[name.endIndex...].drop(while: \.isBlank)
    guard rest.first == "=" else { return (String(name), "") }
    rest = rest.dropFirst().drop(while: \.isBlank)
    guard rest.first == "\"" else {
      let value = rest.prefix { $0 != ";" && $0 != "," && !$0.isBlank }
      rest = rest[value.endIndex...]
      return (String(name), String(value))
    }
    rest = rest.dropFirst()
    var value = "".unicodeScalars
    while let scalar = rest.popFirst(), scalar != "\"" {
      value.append(scalar == "\\" ? rest.popFirst() ?? "\\" : scalar)
    }
    return (String(name), String(value))
  }
}
