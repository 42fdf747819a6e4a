import ByteText
import Archive
import Database
import Files
import Release
import SystemPackage
import Wire

/// What lies in the old tree and would stay behind: neither from its release, nor carried, nor
/// ignored; and files that are not as the release has them, whoever changed them.
struct Account {
  let profile: AppProfile
  let tree: FilePath
  /// What the installed release consists of; nil where nobody knows.
  let listing: ReleaseListing?
  /// Asked again and again; false ends it with ECANCELED.
  var goOn: () -> Bool = { true }

  /// Paths of fleet's own in a tree.
  static let own: Set<FilePath> = [
    FilePath(root: nil, components: Marker.name), FilePath(root: nil, components: Marker.listing),
  ]

  /// What was found.
  struct Result {
    /// At most as many as travel, with what is known of them.
    var paths: [String] = []
    var count = 0
    /// Those among them without which the new version would begin with nothing: databases, and links to data that
    /// lies elsewhere. Nobody who says --leave means them.
    var data: [String] = []
    var groups = FileGrouping(listing: nil)
  }

  func leftBehind() throws(StepFailure) -> Result {
    let globs = try Globs(profile)
    let known = Dictionary(
      (listing?.files ?? []).map { (FilePath($0.path), $0.blob) }, uniquingKeysWith: { $1 })
    var result = Result()
    result.groups = FileGrouping(listing: listing)
    var bytesLeft = ArchiveLimits.standard.maxTotalBytes
    try files { () throws(FileError) in
      try TreeWalk(Directory.openReal(tree)).visit { (entry) throws(FileError) in
        if Self.own.contains(entry.path) { return .skipBelow }
        if globs.carries(entry.path) {
          result.groups.keep(entry.path)
          return .skipBelow
        }
        if globs.ignores(entry.path) { return .skipBelow }
        guard goOn() else { throw FileError(.read, entry.parent.path, .canceled) }
        if entry.status.kind == .directory {
          if try isEnvironment(entry) { result.groups.addEnvironment(entry.path) }
          return .goOn
        }
        let known = known[entry.path]
        if let known, try self.blob(of: entry, &bytesLeft) == known { return .goOn }
        try note(entry, isKnown: known != nil, in: &result)
        return .goOn
      }
    }
    return result
  }

  private func note(_ entry: TreeWalk.Entry, isKnown: Bool, in result: inout Result) throws(FileError) {
    let data = try data(of: entry, isInEnvironment: result.groups.isInEnvironment(entry.path))
    let other =
      isKnown
      ? (words: "not as the release has it", kind: FileGroup.Kind.changed)
      : listing == nil ? ("of unknown origin", .unknown) : ("not part of the release", .added)
    let text = "\(visible(entry.path.string, limit: 300)) (\((data ?? other).words))"
    result.count += 1
    if result.paths.count < WireLimits.listEntries { result.paths.append(text) }
    if data != nil, result.data.count < WireLimits.listEntries { result.data.append(text) }
    let isFile = entry.status.kind == .regular || entry.status.kind == .symbolicLink
    result.groups.add(
      entry.path, isFile ? (data ?? other).kind : .runtime, bytes: Int64(clamping: entry.status.sizeBytes))
  }

  /// Whether a tool has made all that is in a directory: Python's venv, npm.
  private func isEnvironment(_ entry: TreeWalk.Entry) throws(FileError) -> Bool {
    if entry.name == "node_modules" { return true }
    do { return try entry.parent.open(entry.name).statusIfPresent(of: "pyvenv.cfg")?.kind == .regular } catch
    {
      if error.isMissing { return false }
      throw error
    }
  }

  /// What makes an entry data that the app lives on, in words; nil where nothing is known to.
  private func data(
    of entry: TreeWalk.Entry, isInEnvironment: Bool
  ) throws(FileError) -> (words: String, kind: FileGroup.Kind)? {
    switch entry.status.kind {
    case .regular:
      do {
        return try Integrity.isSQLite(entry.parent.openFile(entry.name)) ? ("a database", .database) : nil
      } catch {
        // Gone since it was listed.
        if error.isMissing { return nil }
        throw error
      }
    case .symbolicLink:
      let target = try entry.parent.readLink(entry.name)
      // An environment links to the interpreter that it was made for.
      guard !isInEnvironment, leadsOut(target, from: entry.path) else { return nil }
      return ("a link to \(visible(target.string, limit: 300)), outside of the install", .linkOut)
    default: return nil
    }
  }

  /// Whether a link at a path of the tree leads out of it, by its text: what it leads to may be away just now.
  private func leadsOut(_ target: FilePath, from path: FilePath) -> Bool {
    let place = tree.appending(path.removingLastComponent().components)
    let goal = place.pushing(target).lexicallyNormalized()
    // The install may be reached by a link, and what is in it be named by that.
    return !goal.starts(with: tree) && !goal.starts(with: FilePath(profile.install))
  }

  /// The git blob id of a file, or of a symbolic link's target. nil for what can be no file of a release: so large that
  /// no archive may hold it, whatever of that is a hole.
  private func blob(of entry: TreeWalk.Entry, _ bytesLeft: inout UInt64) throws(FileError) -> String? {
    switch entry.status.kind {
    case .symbolicLink:
      return GitBlobHasher.id(of: try entry.parent.readLinkBytes(entry.name)).description
    case .regular:
      let size = UInt64(clamping: entry.status.sizeBytes)
      guard size <= min(bytesLeft, ArchiveLimits.standard.maxFileBytes) else { return nil }
      bytesLeft -= size
      var hasher = GitBlobHasher(sizeBytes: size)
      let file = try entry.parent.openFile(entry.name)
      try file.readPieces { bytes throws(FileError) in
        guard goOn() else { throw FileError(.read, file.path, .canceled) }
        bytes.withUnsafeBytes { hasher.update($0) }
      }
      // nil where it grew or shrank meanwhile: then it is no file of the release.
      return hasher.finalize()?.description
    default:
      return nil
    }
  }
}
