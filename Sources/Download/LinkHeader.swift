import ByteText

/// The `Link` header (RFC 8288), by which APIs name the next page.
package enum LinkHeader {
  /// The first target whose `rel` has this word in it, as it stands there: it may be relative.
  package static func target(rel: String, in value: String) -> String? {
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
      if relations?.contains(where: { $0.asciiLowercase == rel.asciiLowercase }) == true {
        return String(target)
      }
    }
    return nil
  }

  /// Takes `; name=value` or `; name="value"` off the front; `nil` at the end of this link.
  private static func nextParameter(_ rest: inout Substring) -> (name: String, value: String)? {
    let front = rest.skipping(while: \.isBlank).without(prefix: ";")
    guard let parameter = front?.skipping(while: \.isBlank) else { return nil }
    let name = parameter.leading { $0 != "=" && !endsWord($0) }
    rest = parameter[name.endIndex...].skipping(while: \.isBlank)
    guard let value = rest.without(prefix: "=")?.skipping(while: \.isBlank) else { return (String(name), "") }
    guard let quoted = value.without(prefix: "\"") else {
      let word = value.leading { !endsWord($0) }
      rest = value[word.endIndex...]
      return (String(name), String(word))
    }
    var pending = quoted.unicodeScalars
    var text = "".unicodeScalars
    while let scalar = pending.popFirst(), scalar != "\"" {
      text.append(scalar == "\\" ? pending.popFirst() ?? "\\" : scalar)
    }
    rest = Substring(pending)
    return (String(name), String(text))
  }

  private static func endsWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == ";" || scalar == "," || scalar.isBlank
  }
}
