import ByteText
import Database
import Files
import SystemPackage
import Wire

/// Sorts files that would stay behind into groups, by what they likely are and where they lie. Pure.
///
/// What a group says of a folder must be true of all that is in it: whoever carries or ignores the folder means all of
/// it. So a folder in which the release has something, or in which something must be treated by itself, is never one.
struct FileGrouping {
  /// Files of one kind that lie directly in one folder: a tree has far fewer of these than of files.
  fileprivate struct Bucket {
    var folder: FilePath
    var kind: FileGroup.Kind
    /// Where they have the same name wherever they are made.
    var pattern: String?
    var count = 0
    var bytes: Int64 = 0
    /// The first few; nil where one is no text.
    var names: [String?] = []
  }

  private struct Key: Hashable {
    var folder: FilePath
    var kind: FileGroup.Kind
    var pattern: String?
  }

  /// More folders than that are only counted: the agent runs on small machines.
  static let maxBuckets = 20_000

  private let maxBuckets: Int
  private var buckets: [Key: Bucket] = [:]
  private var uncounted = 0
  private var databases: Set<FilePath> = []
  /// What the folder of the file before says by its name: files come folder by folder.
  private var last = FolderName(FilePath())
  /// Folders with something that is the release's, or carried, or data.
  private var shared: Set<FilePath> = []
  /// Roots of environments, such as Python's.
  private var environments: [FilePath] = []
  /// Without a listing every folder may be the release's.
  private let isBlind: Bool

  /// - Parameter listing: of the installed release; nil where nobody knows it.
  init(listing: ReleaseListing?, maxBuckets: Int = Self.maxBuckets) {
    isBlind = listing == nil
    self.maxBuckets = maxBuckets
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
    guard let name = path.lastComponent else { return }
    if found == .database { databases.insert(path) }
    if found != .database, isBesideDatabase(path) { return }
    let folder = path.removingLastComponent()
    if folder != last.path { last = FolderName(folder) }
    var key = Key(folder: folder, kind: found, pattern: nil)
    if Self.isData(found) {
      keep(path)
    } else if let environment = environments.first(where: { path.starts(with: $0) }) {
      key = Key(folder: environment, kind: .environment, pattern: nil)
    } else if let (kind, pattern) = last.pattern ?? Self.pattern(of: name.string) {
      key = Key(folder: folder, kind: kind, pattern: pattern)
    } else {
      key.kind = kind(of: name.string.asciiLowercase, found)
    }
    guard buckets[key] != nil || buckets.count < maxBuckets else {
      uncounted += 1
      return
    }
    buckets[key, default: Bucket(folder: key.folder, kind: key.kind, pattern: key.pattern)]
      .take(path, bytes: bytes)
  }

  static func isData(_ kind: FileGroup.Kind) -> Bool { kind == .database || kind == .linkOut }

  // MARK: The groups

  /// Data first, then what is known least. At most as many as travel.
  var list: [FileGroup] {
    var groups = Groups()
    var free: [FilePath: [Bucket]] = [:]
    for bucket in buckets.values {
      if let pattern = bucket.pattern {
        groups.add(bucket, bucket.kind, .names(pattern))
      } else if bucket.kind == .environment {
        groups.add(bucket, in: bucket.folder, isWhole: !holdsShared(bucket.folder))
      } else if !Self.isData(bucket.kind), let root = freeRoot(of: bucket.folder) {
        free[root, default: []].append(bucket)
      } else {
        groups.add(bucket, in: bucket.folder, isWhole: false)
      }
    }
    for (root, buckets) in free { Self.split(root, buckets, depth: 0, into: &groups) }
    var list = groups.sorted()
    if uncounted > 0 {
      list.insert(FileGroup(kind: .unknown, place: .files(in: ""), count: uncounted), at: 0)
    }
    return Self.bounded(list)
  }

  /// As much as fits a frame, whatever the names are.
  static func bounded(_ list: [FileGroup]) -> [FileGroup] {
    var left = WireLimits.frameBytes / 4
    return list.prefix(WireLimits.fileGroups).map { group in
      left -= group.examples.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
      guard left < 0 else { return group }
      var group = group
      group.examples = []
      return group
    }
  }

  private func holdsShared(_ folder: FilePath) -> Bool { isBlind || shared.contains(folder) }

  /// The outermost folder on the way to one, or itself, in which nothing is the release's.
  private func freeRoot(of folder: FilePath) -> FilePath? {
    guard !isBlind else { return nil }
    var root = FilePath()
    for component in folder.components {
      root.append(component)
      if !shared.contains(root) { return root }
    }
    return nil
  }

  /// A folder of one kind is one group. One of several is taken apart where what lies in it directly can be named.
  private static func split(_ folder: FilePath, _ buckets: [Bucket], depth: Int, into groups: inout Groups) {
    let kinds = Set(buckets.map(\.kind))
    let direct = buckets.filter { $0.folder == folder }
    let isNamed = direct.reduce(0) { $0 + $1.count } <= WireLimits.fileExamples
    guard kinds.count > 1, isNamed, depth < 4 else {
      for bucket in buckets {
        groups.add(bucket, as: kinds.count == 1 ? bucket.kind : .added, in: folder, isWhole: true)
      }
      return
    }
    for bucket in direct { groups.add(bucket, in: folder, isWhole: false) }
    let deeper = folder.components.count + 1
    let below = Dictionary(grouping: buckets.filter { $0.folder != folder }) {
      FilePath(root: nil, $0.folder.components.prefix(deeper))
    }
    for (child, buckets) in below { split(child, buckets, depth: depth + 1, into: &groups) }
  }

  // MARK: By name

  /// What the names of a folder and of those above it say.
  private struct FolderName {
    let path: FilePath
    let pattern: (kind: FileGroup.Kind, pattern: String)?
    let isLog: Bool

    init(_ path: FilePath) {
      self.path = path
      let names = path.components.map(\.string)
      pattern =
        names.lazy.compactMap { name in
          if FileGrouping.caches.contains(name) { return (.byteCode, name) }
          return name.ends(with: ".egg-info") ? (.packageInfo, "*.egg-info") : nil
        }.first
      isLog = names.contains { ["log", "logs"].contains($0.asciiLowercase) }
    }
  }

  private static let caches: Set<String> = ["__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"]

  /// What has the same name wherever it is made.
  private static func pattern(of name: String) -> (kind: FileGroup.Kind, pattern: String)? {
    if let suffix = [".pyc", ".pyo"].first(where: { name.ends(with: $0) }) {
      return (.byteCode, "*\(suffix)")
    }
    if name.isSpelled(".DS_Store") { return (.editorBackup, name) }
    if let suffix = ["~", ".swp", ".swo", ".orig", ".rej"].first(where: { name.ends(with: $0) }) {
      return (.editorBackup, "*\(suffix)")
    }
    return nil
  }

  /// - Parameter name: in small letters.
  private func kind(of name: String, _ found: FileGroup.Kind) -> FileGroup.Kind {
    guard found != .runtime else { return found }
    if name.ends(with: ".log") || name.holds(".log.") { return .log }
    // What else lies there may be what the app measured.
    if last.isLog, [".gz", ".out", ".err"].contains(where: { name.ends(with: $0) }) { return .log }
    if name.ends(with: ".pid") || name.ends(with: ".sock") { return .runtime }
    // The release's own picture that was changed is an edit like any other.
    guard found == .added, let suffix = name.cut(atLast: ".").map({ String($0.after) }) else { return found }
    return Self.pictures.contains(suffix)
      ? .picture : Self.certificates.contains(suffix) ? .certificate : found
  }

  /// SQLite's own files go with their database, which comes before them.
  private func isBesideDatabase(_ path: FilePath) -> Bool {
    guard !databases.isEmpty else { return false }
    return SQLiteBackup.sideSuffixes.contains { suffix in
      let bytes = path.bytes
      guard bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else { return false }
      return databases.contains(FilePath(bytes: bytes.dropLast(suffix.utf8.count)))
    }
  }

  private static let pictures: Set<String> = [
    "avi", "bmp", "gif", "h264", "heic", "jpeg", "jpg", "mjpeg", "mkv", "mov", "mp4", "png", "tif", "tiff",
    "webm",
    "webp",
  ]
  private static let certificates: Set<String> = [
    "cer", "crt", "csr", "der", "jks", "key", "p12", "pem", "pfx",
  ]

  // MARK: Collecting

  private struct Groups {
    private struct Key: Hashable {
      var kind: FileGroup.Kind
      var folder: FilePath?
      var isWhole = false
      var pattern: String?
    }
    private var found: [Key: FileGroup] = [:]

    mutating func add(_ bucket: Bucket, _ kind: FileGroup.Kind, _ place: FileGroup.Place) {
      add(bucket, Key(kind: kind, folder: nil, pattern: bucket.pattern), place, below: FilePath())
    }

    mutating func add(_ bucket: Bucket, as kind: FileGroup.Kind? = nil, in folder: FilePath, isWhole: Bool) {
      let kind = kind ?? bucket.kind
      // A folder whose name is no text cannot be named.
      guard let name = FileGrouping.text(folder) else {
        var nameless = bucket
        nameless.names = [nil]
        return add(nameless, Key(kind: kind, folder: folder), .files(in: ""), below: bucket.folder)
      }
      add(
        bucket, Key(kind: kind, folder: folder, isWhole: isWhole), isWhole ? .folder(name) : .files(in: name),
        below: folder)
    }

    private mutating func add(_ bucket: Bucket, _ key: Key, _ place: FileGroup.Place, below folder: FilePath)
    {
      var group = found[key] ?? FileGroup(kind: key.kind, place: place)
      group.count += bucket.count
      group.bytes = min(WireLimits.bytes.upperBound, group.bytes + bucket.bytes)
      for name in bucket.names where group.examples.count < WireLimits.fileExamples {
        var path = bucket.folder
        _ = path.removePrefix(folder)
        group.examples.append(name.flatMap { FileGrouping.text(path.pushing(FilePath($0))) })
      }
      found[key] = group
    }

    func sorted() -> [FileGroup] {
      let order: [FileGroup.Kind] = [.database, .linkOut, .unknown, .changed, .added, .certificate, .picture]
      return found.values.map { group in
        (group, rank: order.firstIndex(of: group.kind) ?? order.count, text: group.text)
      }.sorted { ($0.rank, $0.0.kind.rawValue, $0.text) < ($1.rank, $1.0.kind.rawValue, $1.text) }.map(\.0)
    }
  }

  /// A path as it can be written into a file; nil where its bytes are no text, or hold what nobody sees.
  static func text(_ path: FilePath) -> String? {
    guard let text = String(validating: path.bytes, as: UTF8.self),
      text.utf8.count <= WireLimits.fileNameBytes,
      !text.unicodeScalars.contains(where: \.isUnseen)
    else { return nil }
    return text
  }
}

extension FileGrouping.Bucket {
  fileprivate mutating func take(_ path: FilePath, bytes more: Int64) {
    count += 1
    bytes = min(WireLimits.bytes.upperBound, bytes + min(more, WireLimits.bytes.upperBound))
    guard names.count < WireLimits.fileExamples else { return }
    var below = path
    _ = below.removePrefix(folder)
    names.append(FileGrouping.text(below))
  }
}
