/// The record at the end of a zip (PKWARE APPNOTE, 4.3.16). libarchive takes it from anywhere near the end,
/// so whether it is the end, and what its comment says, is looked at here.
enum ZipEnd {
  static let startOfFile: [UInt8] = [0x50, 0x4b, 0x03, 0x04]
  private static let signature: [UInt8] = [0x50, 0x4b, 0x05, 0x06]
  private static let recordBytes = 22
  private static let maxCommentBytes = 0xffff

  /// The comment, in which git writes the commit's id; throws unless the file ends with it.
  static func comment(of file: FileSource) throws(ArchiveError) -> String {
    let size = Int64(file.fileBytes)
    let count = min(file.fileBytes, UInt64(recordBytes + maxCommentBytes))
    let tail = try file.bytes(at: size - Int64(count), count: Int(count))
    var start = tail.count - recordBytes
    while start >= 0, !tail[start..<(start + 4)].elementsEqual(signature) { start -= 1 }
    guard start >= 0 else { throw .endMissing(file.path) }
    let commentBytes = Int(tail[start + 20]) | Int(tail[start + 21]) << 8
    guard start + recordBytes + commentBytes == tail.count else { throw .trailingData(file.path) }
    return String(decoding: tail[(start + recordBytes)...], as: UTF8.self)
  }
}
