import ByteText
import Files
import Glibc
import SystemPackage

/// A directory held open: what is done in it cannot be led elsewhere by a rename or a symlink on the way,
/// since every step is one component and none follows a symlink.
final class HeldDirectory {
  let descriptor: Int32
  let path: FilePath

  static func open(_ path: FilePath) throws(ArchiveError) -> HeldDirectory {
    let descriptor = Glibc.open(path.string, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw failed("open", path) }
    return HeldDirectory(descriptor, path)
  }

  private init(_ descriptor: Int32, _ path: FilePath) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  func path(of name: String) -> FilePath {
    path.appending(name)
  }

  func directory(_ name: String) throws(ArchiveError) -> HeldDirectory {
    let child = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard child >= 0 else { throw Self.failed("open", path(of: name)) }
    return HeldDirectory(child, path(of: name))
  }

  /// Makes a directory that nobody else may enter until `finish` opens it.
  func makeDirectory(_ name: String) throws(ArchiveError) {
    try effect(.makeDirectory, path(of: name)) { mkdirat(descriptor, name, 0o700) }
  }

  func makeSymlink(_ name: String, target: String) throws(ArchiveError) {
    try effect(.makeSymbolicLink, path(of: name)) { symlinkat(target, descriptor, name) }
  }

  func makeFile(_ name: String) throws(ArchiveError) -> OutputFile {
    let file = try effect(.create, path(of: name)) {
      openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    }
    return OutputFile(file, path(of: name))
  }

  func openFile(_ name: String) throws(ArchiveError) -> InputFile {
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw Self.failed("open", path(of: name)) }
    return InputFile(file, path(of: name))
  }

  func status(of name: String) throws(ArchiveError) -> stat {
    var status = stat()
    guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw Self.failed("look at", path(of: name))
    }
    return status
  }

  func status() throws(ArchiveError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failed("look at", path) }
    return status
  }

  func target(ofSymlink name: String, sizeBytes: Int) throws(ArchiveError) -> [UInt8] {
    // One byte more than expected shows a longer target.
    var target = [UInt8](repeating: 0, count: sizeBytes + 1)
    let count = target.withUnsafeMutableBytes { buffer in
      buffer.withMemoryRebound(to: CChar.self) { characters in
        characters.baseAddress.map { readlinkat(descriptor, name, $0, characters.count) } ?? -1
      }
    }
    guard count >= 0 else { throw Self.failed("read", path(of: name)) }
    return Array(target[..<count])
  }

  /// Owner, mode and time of the directory itself.
  func finish(
    owner: FileOwner?, mode: UInt32, modifiedSeconds: Int64?
  ) throws(ArchiveError) {
    try setAttributes(
      of: descriptor, path, owner: owner, mode: mode, modifiedSeconds: modifiedSeconds)
  }

  /// Owner and time of a symlink in the directory.
  func finish(symlink name: String, owner: FileOwner?, modifiedSeconds: Int64?) throws(ArchiveError) {
    if let owner {
      try effect(.setOwner, path(of: name)) {
        fchownat(descriptor, name, owner.userID, owner.groupID, AT_SYMLINK_NOFOLLOW)
      }
    }
    if let modifiedSeconds {
      let times = fileTimes(modifiedSeconds)
      try effect(.setTimes, path(of: name)) { utimensat(descriptor, name, times, AT_SYMLINK_NOFOLLOW) }
    }
  }

  /// The names in the directory, `.` and `..` left out.
  /// - Parameter limit: more names than this are not read; the result then has `limit + 1`.
  func names(limit: Int) throws(ArchiveError) -> [[UInt8]] {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { throw Self.failed("list", path) }
    guard let stream = fdopendir(copy) else {
      let error = Self.failed("list", path)
      close(copy)
      throw error
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while names.count <= limit {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw Self.failed("list", path) }
        break
      }
      // dirent(3): the name is terminated, whatever the size of the array in the header says.
      let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
        start.withMemoryRebound(to: UInt8.self, capacity: 256) { bytes in
          Array(UnsafeBufferPointer(start: bytes, count: strlen(start)))
        }
      }
      if name != [UInt8(ascii: ".")], name != [UInt8(ascii: "."), UInt8(ascii: ".")] { names.append(name) }
    }
    return names
  }

  static func failed(_ operation: String, _ path: FilePath) -> ArchiveError {
    .system(operation: operation, path: path, Errno(rawValue: errno))
  }
}

/// What changes a file system, made where all of fleet's effects are made; its failure as the archive's.
@discardableResult
func effect<Result: SignedInteger>(
  _ operation: FileOperation, _ path: FilePath, _ call: () -> Result
) throws(ArchiveError) -> Result {
  do { return try check(operation, path, call) } catch {
    throw .system(operation: operation.rawValue, path: path, error.errno)
  }
}

/// Holds the chain of directories that leads to the last path, since an archive's entries come by directory.
struct DirectoryChain {
  private let root: HeldDirectory
  private var chain: [(name: Substring, directory: HeldDirectory)] = []

  init(root: HeldDirectory) { self.root = root }

  /// The directory that holds `path`, and the name in it.
  mutating func parent(of path: String) throws(ArchiveError) -> (directory: HeldDirectory, name: String) {
    let components = path.pieces(by: "/")
    guard let name = components.last else { return (root, ".") }
    return (try directory(components.dropLast()), String(name))
  }

  mutating func directory(at path: String) throws(ArchiveError) -> HeldDirectory {
    try directory(path.pieces(by: "/")[...])
  }

  private mutating func directory(_ components: ArraySlice<Substring>) throws(ArchiveError) -> HeldDirectory {
    var shared = 0
    for (held, wanted) in zip(chain, components) {
      guard held.name.utf8.elementsEqual(wanted.utf8) else { break }
      shared += 1
    }
    chain.removeLast(chain.count - shared)
    var last = chain.last?.directory ?? root
    for component in components.dropFirst(shared) {
      last = try last.directory(String(component))
      chain.append((component, last))
    }
    return last
  }
}
