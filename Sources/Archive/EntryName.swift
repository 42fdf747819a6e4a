import ByteText

/// The rules for a name inside an archive.
enum EntryName {
  /// Splits a name into components that are safe to create below a directory.
  ///
  /// One leading `./` and, for directories, one trailing slash are dropped, since tar writes them for
  /// `tar -C DIR .`; everything else that is not plain is refused rather than mended.
  static func components(
    _ bytes: [UInt8], isDirectory: Bool, limits: ArchiveLimits
  ) throws(ArchiveRefusal) -> [String] {
    guard !bytes.isEmpty else { throw .emptyName }
    guard bytes.count <= limits.maxPathBytes else {
      throw .pathTooLong(bytes: bytes.count, limit: limits.maxPathBytes)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
    try checkCharacters(text)
    guard bytes.first != slash else { throw .absoluteName }
    var parts = text.pieces(by: "/", keepingEmpty: true)
    if isDirectory, parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
    guard !parts.contains(where: { $0.isSpelled("..") }) else { throw .parentInName }
    if parts.first?.isSpelled(".") == true { parts.removeFirst() }
    guard !parts.contains(where: { $0.isEmpty || $0.isSpelled(".") }) else { throw .untidyName }
    guard parts.count <= limits.maxDepth else {
      throw .tooDeep(levels: parts.count, limit: limits.maxDepth)
    }
    if let longest = parts.map(\.utf8.count).max(), longest > limits.maxNameBytes {
      throw .nameTooLong(bytes: longest, limit: limits.maxNameBytes)
    }
    return parts.map(String.init)
  }

  /// A symlink's target as text. Whether it stays inside is judged when all entries are known.
  static func target(_ bytes: [UInt8], limits: ArchiveLimits) throws(ArchiveRefusal) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
    guard !bytes.isEmpty, bytes.count <= limits.maxTargetBytes else { throw .badTarget(text) }
    try checkCharacters(text)
    guard bytes.first != slash else { throw .absoluteTarget(text) }
    return text
  }

  private static let slash = UInt8(ascii: "/")

  private static func checkCharacters(_ text: String) throws(ArchiveRefusal) {
    for scalar in text.unicodeScalars {
      if scalar == "\\" { throw .backslash }
      // U+0000–001F, 007F and the C1 controls 0080–009F.
      if scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) { throw .controlCharacter }
    }
  }

  /// What two names have in common that a file system without case, or one that normalises, takes for one.
  /// Swift's String compares by canonical equivalence, so accents need no care of their own.
  static func folded(_ path: String) -> String {
    path.uppercased().lowercased()
  }
}
