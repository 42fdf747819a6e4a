import Wire

/// HTML that is safe to send on: text that is put into it is escaped, and shown with its control characters
/// visible, since there is no other way in. Only the literals of this program are taken as they stand.
package struct Markup: ExpressibleByStringInterpolation, CustomStringConvertible {
  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    package init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    package mutating func appendLiteral(_ literal: String) { text += literal }
    package mutating func appendInterpolation(_ value: String) { text += Markup.escaped(value) }
    package mutating func appendInterpolation(_ value: Int) { text += "\(value)" }
    package mutating func appendInterpolation(_ value: Markup) { text += value.description }
    package mutating func appendInterpolation(_ values: [Markup]) {
      values.forEach { text += $0.description }
    }
    package mutating func appendInterpolation(_ value: Markup?) { text += value?.description ?? "" }
    /// For lengths in styles, in hundredths.
    package mutating func appendInterpolation(_ value: Double) {
      let hundredths = Int((value * 100).rounded())
      let rest = hundredths % 100
      text += "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
  }

  package private(set) var description: String

  package init(stringLiteral value: String) { description = value }

  package init(stringInterpolation: StringInterpolation) { description = stringInterpolation.text }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in visible(text, limit: .max).unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
