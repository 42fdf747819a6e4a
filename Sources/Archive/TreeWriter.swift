/// Creates the entries of a manifest below one directory.
struct TreeWriter {
  private var chain: DirectoryChain
  private let owner: FileOwner?

  init(root: HeldDirectory, owner: FileOwner?) {
    chain = DirectoryChain(root: root)
    self.owner = owner
  }

  mutating func makeDirectory(_ entry: ArchiveEntry) throws(ArchiveError) {
    let (parent, name) = try chain.parent(of: entry.path)
    try parent.makeDirectory(name)
  }

  mutating func makeFile(_ entry: ArchiveEntry) throws(ArchiveError) -> OutputFile {
    let (parent, name) = try chain.parent(of: entry.path)
    return try parent.makeFile(name)
  }

  func finish(_ output: OutputFile, _ entry: ArchiveEntry) throws(ArchiveError) {
    try output.finish(owner: owner, mode: entry.mode, modifiedSeconds: entry.modifiedSeconds)
  }

  /// A hard link becomes a file of its own, so that changing one later does not change the other.
  mutating func copyFile(_ entry: ArchiveEntry) throws(ArchiveError) {
    guard let original = entry.copyOf else { return }
    let (source, sourceName) = try chain.parent(of: original)
    let input = try source.openFile(sourceName)
    let output = try makeFile(entry)
    try input.readAll { bytes throws(ArchiveError) in try output.write(bytes) }
    try finish(output, entry)
  }

  mutating func makeSymlink(_ entry: ArchiveEntry) throws(ArchiveError) {
    guard let target = entry.target else { return }
    let (parent, name) = try chain.parent(of: entry.path)
    try parent.makeSymlink(name, target: target)
    try parent.finish(symlink: name, owner: owner, modifiedSeconds: entry.modifiedSeconds)
  }

  mutating func finishDirectory(_ entry: ArchiveEntry) throws(ArchiveError) {
    let directory = try chain.directory(at: entry.path)
    try directory.finish(owner: owner, mode: entry.mode, modifiedSeconds: entry.modifiedSeconds)
  }
}
