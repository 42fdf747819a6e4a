/// A header of a tar as `git archive` writes it (ustar, POSIX.1-1988; tar(5)), but that all files have one mode: what a
/// listing does not tell.
struct TarHeader {
  enum Kind {
    case directory, file
    case symbolicLink(target: [UInt8])
  }

  static let blockBytes = 512

  var path: [UInt8]
  var kind: Kind
  var sizeBytes: Int64
  var modifiedSeconds: Int64

  var bytes: [UInt8] {
    var block = [UInt8](repeating: 0, count: Self.blockBytes)
    func put(_ bytes: some Collection<UInt8>, at offset: Int, max: Int) {
      for (index, byte) in bytes.prefix(max).enumerated() { block[offset + index] = byte }
    }
    let (prefix, name) = split
    put(name, at: 0, max: 100)
    put(Self.octal(mode, digits: 7), at: 100, max: 8)
    put(Self.octal(0, digits: 7), at: 108, max: 8)
    put(Self.octal(0, digits: 7), at: 116, max: 8)
    put(Self.octal(sizeBytes, digits: 11), at: 124, max: 12)
    put(Self.octal(modifiedSeconds, digits: 11), at: 136, max: 12)
    block[156] = type
    if case .symbolicLink(let target) = kind { put(target, at: 157, max: 100) }
    put("ustar\u{0}00".utf8, at: 257, max: 8)
    put("root".utf8, at: 265, max: 32)
    put("root".utf8, at: 297, max: 32)
    put(Self.octal(0, digits: 7), at: 329, max: 8)
    put(Self.octal(0, digits: 7), at: 337, max: 8)
    put(prefix, at: 345, max: 155)
    // Summed up as if the sum itself were blanks.
    let sum = block.reduce(Int64(8 * 32)) { $0 + Int64($1) }
    put(Self.octal(sum, digits: 7), at: 148, max: 8)
    return block
  }

  private var mode: Int64 {
    switch kind {
    case .directory: 0o775
    case .file: 0o664
    case .symbolicLink: 0o777
    }
  }

  private var type: UInt8 {
    switch kind {
    case .directory: UInt8(ascii: "5")
    case .file: UInt8(ascii: "0")
    case .symbolicLink: UInt8(ascii: "2")
    }
  }

  /// A name that is too long is parted at a slash, as late as can be.
  private var split: (prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>) {
    guard path.count > 100,
      let slash = path.dropLast().prefix(155).lastIndex(of: UInt8(ascii: "/"))
    else { return ([], path[...]) }
    return (path[..<slash], path[(slash + 1)...])
  }

  private static func octal(_ value: Int64, digits: Int) -> [UInt8] {
    let text = String(max(0, value), radix: 8).utf8.suffix(digits)
    return [UInt8](repeating: UInt8(ascii: "0"), count: digits - text.count) + text
  }
}
