import Files
import SystemPackage

/// Creates the entries of a manifest below one directory. Nobody else may enter or read what is made before it is
/// finished: owner first, since chown(2) may clear mode bits.
struct TreeWriter {
  private let root: Directory
  private var chain: DirectoryChain
  private let owner: FileOwner?

  init(root: Directory, owner: FileOwner?) {
    self.root = root
    chain = DirectoryChain(root: root)
    self.owner = owner
  }

  mutating func makeDirectory(_ entry: ArchiveEntry) throws(FileError) {
    let (parent, name) = try chain.parent(of: FilePath(entry.path))
    try parent.makeNewDirectory(name, permissions: .ownerReadWriteExecute)
  }

  mutating func makeFile(_ entry: ArchiveEntry) throws(FileError) -> OpenFile {
    let (parent, name) = try chain.parent(of: FilePath(entry.path))
    return try parent.openFile(name, .writeOnly, options: [.create, .exclusiveCreate])
  }

  func finish(_ file: borrowing OpenFile, _ entry: ArchiveEntry) throws(FileError) {
    if let owner { try file.setOwner(user: owner.userID, group: owner.groupID) }
    try file.setMode(FilePermissions(rawValue: entry.mode))
    if let time = entry.modified { try file.setModified(time) }
  }

  /// A hard link becomes a file of its own, so that changing one later does not change the other.
  mutating func copyFile(_ entry: ArchiveEntry) throws(FileError) {
    guard let original = entry.copyOf else { return }
    let (source, sourceName) = try chain.parent(of: FilePath(original))
    let input = try source.openFile(sourceName)
    let output = try makeFile(entry)
    try input.readPieces { (bytes) throws(FileError) in try output.write(bytes) }
    try finish(output, entry)
  }

  mutating func makeSymlink(_ entry: ArchiveEntry) throws(FileError) {
    guard let target = entry.target else { return }
    let (parent, name) = try chain.parent(of: FilePath(entry.path))
    try parent.makeSymbolicLink(name, toBytes: Array(target.utf8))
    if let owner { try parent.setOwner(ofLink: name, user: owner.userID, group: owner.groupID) }
    if let time = entry.modified { try parent.setModified(ofLink: name, time) }
  }

  mutating func finishDirectory(_ entry: ArchiveEntry) throws(FileError) {
    let directory = try chain.directory(at: FilePath(entry.path))
    try finish(directory, mode: FilePermissions(rawValue: entry.mode))
    if let time = entry.modified { try directory.setModified(time) }
  }

  /// What all of it was written into.
  func finishRoot() throws(FileError) { try finish(root, mode: FilePermissions(rawValue: 0o755)) }

  private func finish(_ directory: Directory, mode: FilePermissions) throws(FileError) {
    if let owner { try directory.setOwner(user: owner.userID, group: owner.groupID) }
    try directory.setMode(mode)
  }
}

extension ArchiveEntry {
  /// Kept to what every file system of today can store: 1970 to 2106.
  fileprivate var modified: FileTime? {
    modifiedSeconds.map { FileTime(seconds: min(max($0, 0), Int64(UInt32.max)), nanoseconds: 0) }
  }
}
