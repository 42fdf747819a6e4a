/// A piece of JSON whose numbers can be replaced by other text: by what no encoder would write, too.
package struct NumberedJSON {
  package let bytes: [UInt8]
  /// Where its numbers stand.
  package let places: [Range<Int>]

  package init(_ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    self.bytes = bytes
    var found: [Range<Int>] = []
    var (index, isText) = (0, false)
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\\") where isText: index += 1
      case UInt8(ascii: "\""): isText.toggle()
      case UInt8(ascii: "-") where !isText, UInt8(ascii: "0")...UInt8(ascii: "9") where !isText:
        let end = bytes[index...].firstIndex { Self.ends.contains($0) } ?? bytes.count
        found.append(index..<end)
        index = end - 1
      default: break
      }
      index += 1
    }
    places = found
  }

  private static let ends = Set(",]} \n".utf8)

  package var numbers: [String] { places.map { String(decoding: bytes[$0], as: UTF8.self) } }

  /// - Parameter text: what stands at the place with this number; nil: what stood there.
  package func replacing(_ text: (Int) -> String?) -> [UInt8] {
    var (result, reached): ([UInt8], Int) = ([], 0)
    for (number, place) in places.enumerated() {
      guard let text = text(number) else { continue }
      result += bytes[reached..<place.lowerBound] + Array(text.utf8)
      reached = place.upperBound
    }
    return result + bytes[reached...]
  }

  /// Text that may stand where a number should.
  package static let extremes = [
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "0", "-1", "1", "9007199254740992",
    "-9007199254740993", "1e18", "1e308", "-1e308", "1e-308", "0.5", "null", "true", "\"9\"",
    "[[[[null]]]]", "{\"a\":{\"a\":null}}",
  ]
}
