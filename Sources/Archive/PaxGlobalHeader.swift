import ByteText

/// The pax global header with which git begins its tars: its comment is the commit's id
/// (git-archive(1); pax(1), "pax Header Block"). libarchive skips it.
enum PaxGlobalHeader {
  private static let blockBytes = 512

  /// The comment, if the stream begins with such a header.
  static func comment(inHead head: [UInt8]) -> String? {
    guard head.count >= 2 * blockBytes, head[156] == UInt8(ascii: "g"),
      head[257..<262].elementsEqual("ustar".utf8)
    else { return nil }
    let digits = head[124..<136].filter { $0 != 0 && $0 != UInt8(ascii: " ") }
    guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 8),
      (0...head.count - blockBytes).contains(size)
    else { return nil }
    return comment(inRecords: head[blockBytes..<(blockBytes + size)])
  }

  /// Records are `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record.
  private static func comment(inRecords records: ArraySlice<UInt8>) -> String? {
    var rest = records
    while let space = rest.firstIndex(of: UInt8(ascii: " ")) {
      guard let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
        length > space - rest.startIndex + 1, length <= rest.count
      else { return nil }
      let record = rest[(space + 1)..<(rest.startIndex + length)]
      guard record.last == UInt8(ascii: "\n") else { return nil }
      let text = String(decoding: record.dropLast(), as: UTF8.self)
      if let comment = text.without(prefix: "comment=") { return String(comment) }
      rest = rest.dropFirst(length)
    }
    return nil
  }
}
