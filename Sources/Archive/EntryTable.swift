import Release

/// Judges one header after the other and keeps what was admitted.
struct EntryTable {
  /// What to do with the entry whose header was judged.
  enum Admission {
    /// Nothing: a directory, a symlink or a hard link, done with its header.
    case header
    /// Read the data of the file, then call `complete`.
    case file(index: Int)
  }

  private(set) var entries: [ArchiveEntry] = []
  private(set) var topDirectory: String?
  private(set) var totalBytes: UInt64 = 0

  private let limits: ArchiveLimits
  private let stripsTopDirectory: Bool
  private var indexOfPath: [String: Int] = [:]
  private var pathOfFolded: [String: String] = [:]
  /// Directories that only other entries' paths have named so far; their own entry may still come.
  private var implied: Set<Int> = []
  private var hasOwnTopEntry = false
  private var allPathsBytes = 0
  private var seenHeaders = 0

  init(limits: ArchiveLimits, stripsTopDirectory: Bool) {
    self.limits = limits
    self.stripsTopDirectory = stripsTopDirectory
  }

  mutating func admit(_ header: EntryHeader) throws(ArchiveRefusal) -> Admission {
    seenHeaders += 1
    guard seenHeaders <= limits.maxEntries else { throw .tooManyEntries(limit: limits.maxEntries) }
    if header.isEncrypted { throw .encrypted }
    if header.isSparse { throw .sparse }
    if case .other(let refusal) = header.kind { throw refusal }
    guard header.mode & 0o7000 == 0 else { throw .specialMode(header.mode) }
    let isDirectory = if case .directory = header.kind { true } else { false }
    guard let components = try inTree(header.name, isDirectory: isDirectory) else {
      guard isDirectory else { throw .outsideTopDirectory }
      guard !hasOwnTopEntry else { throw .duplicate }
      hasOwnTopEntry = true
      return .header
    }
    try ensureParents(of: components)
    let path = components.joined(separator: "/")
    switch header.kind {
    case .directory: try addDirectory(path, header)
    case .symlink(let bytes):
      let target = try EntryName.target(bytes, limits: limits)
      try add(
        ArchiveEntry(
          path: path, kind: .symlink, mode: 0o777, sizeBytes: UInt64(bytes.count),
          blob: GitBlobHasher.id(of: bytes), target: target,
          modifiedSeconds: header.modifiedSeconds))
    case .hardLink(let bytes): try addHardLink(path, to: bytes, header)
    case .file:
      guard let size = header.sizeBytes, size >= 0 else { throw .noSize }
      guard UInt64(size) <= limits.maxFileBytes else {
        throw .fileTooLarge(limitBytes: limits.maxFileBytes)
      }
      try add(
        ArchiveEntry(
          path: path, kind: .file, mode: header.mode & 0o100 != 0 ? 0o755 : 0o644, sizeBytes: UInt64(size),
          blob: nil, modifiedSeconds: header.modifiedSeconds))
      return .file(index: entries.count - 1)
    case .other(let refusal): throw refusal
    }
    return .header
  }

  /// Puts down what the data of an admitted file was.
  mutating func complete(_ index: Int, blob: ObjectID) {
    let entry = entries[index]
    totalBytes += entry.sizeBytes
    entries[index] = ArchiveEntry(
      path: entry.path, kind: .file, mode: entry.mode, sizeBytes: entry.sizeBytes, blob: blob,
      modifiedSeconds: entry.modifiedSeconds)
  }

  /// What is known of a path; the same spelling, not only the same characters.
  func entry(at path: String) -> ArchiveEntry? {
    guard let index = indexOfPath[path], entries[index].path.utf8.elementsEqual(path.utf8) else { return nil }
    return entries[index]
  }

  /// The components below the top directory; nil for the top directory itself.
  private mutating func inTree(
    _ name: [UInt8], isDirectory: Bool
  ) throws(ArchiveRefusal) -> ArraySlice<String>? {
    let components = try EntryName.components(name, isDirectory: isDirectory, limits: limits)
    guard stripsTopDirectory else { return components.isEmpty ? nil : components[...] }
    // A bare "./" before the top directory.
    guard let first = components.first else { throw .outsideTopDirectory }
    if let topDirectory, !topDirectory.utf8.elementsEqual(first.utf8) {
      throw .otherTopDirectory(expected: topDirectory)
    }
    topDirectory = first
    return components.count == 1 ? nil : components.dropFirst()
  }

  private mutating func ensureParents(of components: ArraySlice<String>) throws(ArchiveRefusal) {
    var path = ""
    for component in components.dropLast() {
      path = path.isEmpty ? component : path + "/" + component
      if let known = entry(at: path) {
        guard known.kind == .directory else { throw .belowNoDirectory(path) }
        continue
      }
      try add(
        ArchiveEntry(
          path: path, kind: .directory, mode: 0o755, sizeBytes: 0, blob: nil, modifiedSeconds: nil))
      implied.insert(entries.count - 1)
    }
  }

  private mutating func addDirectory(_ path: String, _ header: EntryHeader) throws(ArchiveRefusal) {
    let entry = ArchiveEntry(
      path: path, kind: .directory, mode: 0o755, sizeBytes: 0, blob: nil,
      modifiedSeconds: header.modifiedSeconds)
    if self.entry(at: path) != nil, let index = indexOfPath[path], implied.remove(index) != nil {
      entries[index] = entry
    } else {
      try add(entry)
    }
  }

  private mutating func addHardLink(
    _ path: String, to target: [UInt8], _ header: EntryHeader
  ) throws(ArchiveRefusal) {
    let shown = String(decoding: target, as: UTF8.self)
    guard let components = try inTree(target, isDirectory: false),
      let file = entry(at: components.joined(separator: "/")), file.kind == .file, file.blob != nil
    else { throw .hardLinkWithoutFile(shown) }
    try add(
      ArchiveEntry(
        path: path, kind: .file, mode: file.mode, sizeBytes: file.sizeBytes, blob: file.blob,
        copyOf: file.copyOf ?? file.path, modifiedSeconds: header.modifiedSeconds))
    totalBytes += file.sizeBytes
  }

  private mutating func add(_ entry: ArchiveEntry) throws(ArchiveRefusal) {
    guard indexOfPath[entry.path] == nil else { throw .duplicate }
    let folded = EntryName.folded(entry.path)
    if let other = pathOfFolded[folded] { throw .differsOnlyInCase(from: other) }
    guard entries.count < limits.maxEntries else { throw .tooManyEntries(limit: limits.maxEntries) }
    allPathsBytes += entry.path.utf8.count + (entry.target?.utf8.count ?? 0)
    guard allPathsBytes <= limits.maxAllPathsBytes else {
      throw .pathsTooLarge(limitBytes: limits.maxAllPathsBytes)
    }
    pathOfFolded[folded] = entry.path
    indexOfPath[entry.path] = entries.count
    entries.append(entry)
  }
}
