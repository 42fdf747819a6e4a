import ByteText

/// The header lines of one message, in their order. Names are compared without case (RFC 9110, section 5.1).
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  package struct Field: Sendable, Equatable {
    package let name: String
    package let value: String
  }

  package private(set) var fields: [Field] = []

  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// The first value of that name.
  package subscript(name: String) -> String? {
    let wanted = name.asciiLowercase
    return fields.first { $0.name.asciiLowercase == wanted }?.value
  }

  package mutating func add(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// Why these cannot be sent; `nil` where they can. A line break in a value would smuggle in further
  /// headers.
  var problem: String? {
    for field in fields {
      let nameIsToken =
        !field.name.isEmpty
        && field.name.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            || "!#$%&'*+-.^_`|~".utf8.contains($0)
        }
      guard nameIsToken else { return "\(field.name.madeVisible(limit: 40)) is no header name" }
      guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        return "the header \(field.name) has a control character in its value"
      }
    }
    return nil
  }

  /// What may follow a redirect to another origin. Anything else may be a secret, whatever it is called.
  var harmless: HTTPHeaders {
    let allowed: Set = ["accept", "accept-language", "user-agent", "range", "if-range"]
    var kept = HTTPHeaders()
    kept.fields = fields.filter { allowed.contains($0.name.asciiLowercase) }
    return kept
  }
}
