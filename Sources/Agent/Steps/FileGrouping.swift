internal import ByteText
internal import Database
internal import Files
internal import SystemPackage
internal import Wire

/// Sorts files that would stay behind into groups, by what they likely are and where they lie. Pure.
///
/// What a group says of a folder must be true of all that is in it: whoever carries or ignores the folder means all of
/// it. So a folder in which the release has something, or in which something must be treated by itself, is never one.
struct FileGrouping {
  /// A file that would stay behind.
  struct File: Equatable {
    var path: FilePath
    var kind: FileGroup.Kind
    var bytes: Int64 = 0
  }

  /// More are only counted: the agent runs on small machines.
  static let maxFiles = 100_000

  private var files: [File] = []
  private var uncounted = 0
  /// Folders with something that is the release's, or carried, or data.
  private var shared: Set<FilePath> = []
  /// Roots of environments, such as Python's.
  private var environments: [FilePath] = []
  /// Without a listing every folder may be the release's.
  private let isBlind: Bool

  /// - Parameter listing: of the installed release; nil where nobody knows it.
  init(listing: ReleaseListing?) {
    isBlind = listing == nil
    share(FilePath())
    for file in listing?.files ?? [] { keep(FilePath(file.path)) }
  }

  /// Something that stays, or goes over by itself: the folders above it are no group.
  mutating func keep(_ path: FilePath) {
    var folder = path.removingLastComponent()
    while !folder.isEmpty, shared.insert(folder).inserted { folder.removeLastComponent() }
  }

  private mutating func share(_ folder: FilePath) { shared.insert(folder) }

  /// All that is below goes together: made by a tool, and made anew by one.
  mutating func addEnvironment(_ folder: FilePath) {
    guard !isInEnvironment(folder) else { return }
    environments.append(folder)
    keep(folder)
  }

  func isInEnvironment(_ path: FilePath) -> Bool { environments.contains { path.starts(with: $0) } }

  /// - Parameter found: what is known by more than the name: a database, a link that leads out, a change.
  mutating func add(_ path: FilePath, _ found: FileGroup.Kind, bytes: Int64 = 0) {
    guard files.count < Self.maxFiles else {
      uncounted += 1
      return
    }
    if Self.isData(found) { keep(path) }
    files.append(File(path: path, kind: found, bytes: bytes))
  }

  static func isData(_ kind: FileGroup.Kind) -> Bool { kind == .database || kind == .linkOut }

  // MARK: The groups

  /// Data first, then what is known least; within that, in the order of the tree. At most as many as travel.
  var list: [FileGroup] {
    var groups = Groups()
    var free: [FilePath: [File]] = [:]
    let databases = Set(files.filter { $0.kind == .database }.map(\.path))
    for var file in files {
      if Self.isBeside(file.path, databases) { continue }
      if !Self.isData(file.kind) {
        if let environment = environments.first(where: { file.path.starts(with: $0) }) {
          groups.add(file, .environment, environment, isFolder: !holdsShared(environment))
          continue
        }
        if let (kind, pattern) = Self.pattern(of: file.path) {
          groups.add(file, kind, pattern)
          continue
        }
        file.kind = Self.kind(of: file)
        if let root = freeRoot(of: file.path) {
          free[root, default: []].append(file)
          continue
        }
      }
      groups.add(file, file.kind, file.path.removingLastComponent(), isFolder: false)
    }
    for (root, files) in free.sorted(by: { $0.key.string < $1.key.string }) {
      Self.split(root, files[...], depth: 0, into: &groups)
    }
    var list = groups.sorted()
    if uncounted > 0 { list.append(FileGroup(kind: .unknown, place: .files(in: ""), count: uncounted)) }
    return Array(list.prefix(WireLimits.fileGroups))
  }

  /// SQLite's own files go with their database.
  private static func isBeside(_ path: FilePath, _ databases: Set<FilePath>) -> Bool {
    SQLiteBackup.sideSuffixes.contains { suffix in
      let bytes = path.bytes
      guard bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else { return false }
      return databases.contains(FilePath(bytes: bytes.dropLast(suffix.utf8.count)))
    }
  }

  private func holdsShared(_ folder: FilePath) -> Bool { isBlind || shared.contains(folder) }

  /// The outermost folder on the way to a file in which nothing is the release's.
  private func freeRoot(of path: FilePath) -> FilePath? {
    guard !isBlind else { return nil }
    var folder = FilePath()
    for component in path.components.dropLast() {
      folder.append(component)
      if !shared.contains(folder) { return folder }
    }
    return nil
  }

  /// A folder of one kind is one group. One of several is taken apart where what lies in it directly can be named.
  private static func split(
    _ folder: FilePath, _ files: ArraySlice<File>, depth: Int, into groups: inout Groups
  ) {
    let kinds = Set(files.map(\.kind))
    let deeper = folder.components.count + 1
    let direct = files.filter { $0.path.components.count == deeper }
    guard kinds.count > 1, direct.count <= WireLimits.fileExamples, depth < 4 else {
      for file in files {
        groups.add(file, kinds.count == 1 ? file.kind : .added, folder, isFolder: true)
      }
      return
    }
    for file in direct { groups.add(file, file.kind, folder, isFolder: false) }
    let below = Dictionary(grouping: files.filter { $0.path.components.count > deeper }) {
      FilePath(root: nil, $0.path.components.prefix(deeper))
    }
    for (child, files) in below.sorted(by: { $0.key.string < $1.key.string }) {
      split(child, files[...], depth: depth + 1, into: &groups)
    }
  }

  // MARK: By name

  /// What has the same name wherever it is made.
  static func pattern(of path: FilePath) -> (kind: FileGroup.Kind, pattern: String)? {
    let names = path.components.map(\.string)
    for name in names.dropLast() {
      if caches.contains(name) { return (.byteCode, name) }
      if name.ends(with: ".egg-info") { return (.packageInfo, "*.egg-info") }
    }
    guard let last = names.last else { return nil }
    if let suffix = [".pyc", ".pyo"].first(where: { last.ends(with: $0) }) { return (.byteCode, "*\(suffix)") }
    if last.isSpelled(".DS_Store") { return (.editorBackup, last) }
    if let suffix = ["~", ".swp", ".swo", ".orig", ".rej"].first(where: { last.ends(with: $0) }) {
      return (.editorBackup, "*\(suffix)")
    }
    return nil
  }

  private static let caches: Set<String> = ["__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"]

  private static func kind(of file: File) -> FileGroup.Kind {
    guard let last = file.path.lastComponent?.string.asciiLowercase, file.kind != .runtime else { return file.kind }
    let folders = file.path.components.dropLast().map(\.string.asciiLowercase)
    if last.ends(with: ".log") || last.holds(".log.") || folders.contains(where: { ["log", "logs"].contains($0) }) {
      return .log
    }
    if last.ends(with: ".pid") || last.ends(with: ".sock") { return .runtime }
    // The release's own picture that was changed is an edit like any other.
    guard file.kind == .added else { return file.kind }
    let suffix = last.cut(atLast: ".").map { String($0.after) } ?? ""
    if pictures.contains(suffix) { return .picture }
    if certificates.contains(suffix) { return .certificate }
    return .added
  }

  private static let pictures: Set<String> = [
    "avi", "bmp", "gif", "h264", "heic", "jpeg", "jpg", "mjpeg", "mkv", "mov", "mp4", "png", "tif", "tiff", "webm",
    "webp",
  ]
  private static let certificates: Set<String> = ["cer", "crt", "csr", "der", "jks", "key", "p12", "pem", "pfx"]

  // MARK: Collecting

  private struct Groups {
    private struct Key: Hashable {
      var kind: FileGroup.Kind
      var text: [UInt8]
      var form: Int
    }
    private var found: [Key: FileGroup] = [:]

    mutating func add(_ file: File, _ kind: FileGroup.Kind, _ folder: FilePath, isFolder: Bool) {
      // A folder whose name is no text cannot be named.
      guard let name = FileGrouping.text(folder) else {
        add(file, Key(kind: kind, text: folder.bytes, form: 2), .files(in: ""), example: nil)
        return
      }
      var below = file.path
      _ = below.removePrefix(folder)
      add(
        file, Key(kind: kind, text: folder.bytes, form: isFolder ? 1 : 0),
        isFolder ? .folder(name) : .files(in: name), example: FileGrouping.text(below))
    }

    mutating func add(_ file: File, _ kind: FileGroup.Kind, _ pattern: String) {
      add(
        file, Key(kind: kind, text: Array(pattern.utf8), form: 3), .names(pattern),
        example: FileGrouping.text(file.path))
    }

    private mutating func add(_ file: File, _ key: Key, _ place: FileGroup.Place, example: String?) {
      var group = found[key] ?? FileGroup(kind: key.kind, place: place)
      group.count += 1
      group.bytes = min(WireLimits.bytes.upperBound, group.bytes + min(file.bytes, WireLimits.bytes.upperBound))
      if group.examples.count < WireLimits.fileExamples { group.examples.append(example) }
      found[key] = group
    }

    func sorted() -> [FileGroup] {
      let order: [FileGroup.Kind] = [.database, .linkOut, .unknown, .changed, .added, .certificate, .picture]
      func rank(_ key: Key) -> Int { order.firstIndex(of: key.kind) ?? order.count }
      return found.sorted {
        (rank($0.key), $0.key.kind.rawValue, $0.value.text) < (rank($1.key), $1.key.kind.rawValue, $1.value.text)
      }.map(\.value)
    }
  }

  /// A path as it can be written into a file; nil where its bytes are no text, or hold what nobody sees.
  static func text(_ path: FilePath) -> String? {
    guard let text = String(validating: path.bytes, as: UTF8.self), text.utf8.count <= WireLimits.fileNameBytes,
      !text.unicodeScalars.contains(where: \.isUnseen)
    else { return nil }
    return text
  }
}
