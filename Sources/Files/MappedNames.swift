/// The names in /proc/PID/maps as its bytes arrive: five fields, spaces, then the name with its newlines escaped.
struct MappedNames {
  private var rest: [UInt8] = []
  /// Lines of neighbours name the same file again and again.
  private var last: [UInt8] = []

  mutating func take(_ bytes: some Collection<UInt8>, _ body: ([UInt8]) -> Void) {
    rest += bytes
    var start = rest.startIndex
    while let end = rest[start...].firstIndex(of: 0x0A) {
      if let slash = rest[start..<end].firstIndex(of: 0x2F), !rest[slash..<end].elementsEqual(last) {
        last = Array(rest[slash..<end])
        body(Self.unescapeNewlines(last))
      }
      start = end + 1
    }
    rest.removeFirst(start)
  }

  private static func unescapeNewlines(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(0x5C) else { return bytes }
    var plain: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.first {
      if rest.starts(with: [0x5C, 0x30, 0x31, 0x32]) {
        plain.append(0x0A)
        rest.removeFirst(4)
      } else {
        plain.append(byte)
        rest.removeFirst()
      }
    }
    return plain
  }
}
