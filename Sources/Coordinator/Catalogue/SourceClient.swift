import Text
import Inventory
import ByteText
import Download
import Files
import Release
import SystemPackage
import Threads

/// The tags of a source.
struct SourceTags {
  /// That name versions, without the source's prefix.
  var versions: [SourceTag] = []
  /// The names of the others, as they stand there.
  var others: [String] = []
  /// What is said of single ones along with the list.
  var notes: [String: String] = [:]
}

/// How an archive came into the cache.
struct Brought: Equatable {
  var tls: Bool
  /// Its beginning lay there from an earlier try.
  var resumed: Bool
}

/// What a source says of a tag before anything of it is fetched.
struct TagClaim {
  var identity: ReleaseIdentity
  /// What stands for the tag in the cache: the commit or the archive's digest.
  var key: String
  /// Whether it was said over TLS.
  var tls: Bool
  /// The archive, in a directory.
  var file: FilePath?
  /// The archive, where it is not what a repository packs from the tag.
  var remote: RemoteArchive?
  /// The digest that is published for it.
  var published: SHA256Digest?
  /// What minisign wrote beside it, not checked yet.
  var signature: String?
}

/// A file on a web server.
struct RemoteArchive {
  var url: String
  var headers: HTTPHeaders
  /// Nil where nobody says it.
  var sizeBytes: Int64?
}

/// A source that is being asked, on one thread.
enum SourceClient {
  case repository(RepositorySource)
  case git(GitSource)
  case index(IndexSource)
  case pypi(PackageIndexSource)
  case directory(DirectorySource)

  init(
    _ source: ReleaseSource, app: String, shelf: FilePath, environment: [String: String],
    limits: CatalogueLimits, cancel: CancelFlag
  ) throws(SourceFailure) {
    switch source {
    case .github(let repository, let api, let tokenVariable, let prefix, let asset):
      self = .repository(
        try RepositorySource(
          RepositoryAPI(gitHub: repository, api: api), address: api, tokenVariable: tokenVariable,
          tagPrefix: prefix, asset: asset, environment: environment,
          pages: TagPages(folder: shelf.appending("pages"), limits: limits), limits: limits, cancel: cancel))
    case .gitea(let url, let tokenVariable, let prefix, let asset):
      guard let api = RepositoryAPI(gitea: url) else {
        throw SourceFailure(error: .source("\(url) is no address such as https://HOST/OWNER/REPO"))
      }
      self = .repository(
        try RepositorySource(
          api, address: url, tokenVariable: tokenVariable, tagPrefix: prefix, asset: asset,
          environment: environment, pages: TagPages(folder: shelf.appending("pages"), limits: limits),
          limits: limits, cancel: cancel))
    case .index(let url, let tokenVariable, let architecture):
      self = .index(
        try IndexSource(
          url: url, tokenVariable: tokenVariable, architecture: architecture, environment: environment,
          limits: limits, cancel: cancel))
    case .git(let url, let tokenVariable, let prefix):
      self = .git(
        try GitSource(
          url: url, tokenVariable: tokenVariable, tagPrefix: prefix, app: app, shelf: shelf,
          environment: environment, limits: limits, cancel: cancel))
    case .pypi(let project, let index, let tokenVariable):
      self = .pypi(
        try PackageIndexSource(
          project: project, index: index, tokenVariable: tokenVariable, environment: environment,
          limits: limits,
          cancel: cancel))
    case .directory(let directory):
      self = .directory(DirectorySource(directory: directory, app: app, limits: limits, cancel: cancel))
    }
  }

  func tags() throws(SourceFailure) -> SourceTags {
    switch self {
    case .repository(let source): try source.tags()
    case .git(let source): try source.tags()
    case .pypi(let source): try source.tags()
    case .index(let source): try source.tags()
    case .directory(let source): try source.tags()
    }
  }

  /// What is said of its releases beside the tags; nil where nothing is.
  func releases() throws(SourceFailure) -> KnownReleases? {
    switch self {
    case .repository(let source): try source.releases()
    case .git, .index, .pypi, .directory: nil
    }
  }

  /// What the tag stands for now. `knownTree` may know the tree of a commit, which never changes.
  ///
  /// - Parameter withSignature: whether one beside the archive is looked for, too.
  func claim(
    _ tag: TagName, withSignature: Bool, progress: (FetchProgress) -> Void, knownTree: (ObjectID) -> ObjectID?
  ) throws(SourceFailure) -> TagClaim {
    switch self {
    case .directory(let source):
      guard let found = try source.find(tag) else { throw missing(tag, try source.tags().versions) }
      let identity = ReleaseIdentity(tag: tag, commit: nil, tree: nil, sha256: found.digest)
      var claim = TagClaim(identity: identity, key: "\(found.digest)", tls: false, file: found.file)
      if withSignature { claim.signature = try source.signature(of: found.file) }
      return claim
    case .index(let source):
      guard let claim = try source.claim(tag, withSignature: withSignature) else {
        throw missing(tag, try source.tags().versions)
      }
      return claim
    case .pypi(let source):
      guard let claim = try source.claim(tag) else { throw missing(tag, try source.tags().versions) }
      return claim
    case .git(let source):
      let commit = try listed(tag, try source.tags().versions)
      let tree: ObjectID
      if let known = knownTree(commit) {
        tree = known
      } else {
        tree = try source.tree(of: tag, commit: commit, progress: progress)
      }
      let identity = ReleaseIdentity(tag: tag, commit: commit, tree: tree, sha256: nil)
      return TagClaim(identity: identity, key: "\(commit)", tls: source.isSafe)
    case .repository(let source):
      let commit = try listed(tag, try source.tags().versions)
      if let asset = source.asset {
        return try source.claim(tag, commit: commit, asset, withSignature: withSignature)
      }
      let tree: ObjectID
      if let known = knownTree(commit) { tree = known } else { tree = try source.tree(of: commit) }
      let identity = ReleaseIdentity(tag: tag, commit: commit, tree: tree, sha256: nil)
      return TagClaim(identity: identity, key: "\(commit)", tls: source.web.isSafe)
    }
  }

  /// The commit that a repository lists for a tag.
  private func listed(_ tag: TagName, _ tags: [SourceTag]) throws(SourceFailure) -> ObjectID {
    let named = tags.filter { $0.name.isSpelled(tag.text) }
    guard let listed = named.first else { throw missing(tag, tags) }
    // A page that moved on while the pages were read repeats a tag; no repository has one twice.
    guard named.allSatisfy({ $0.commit == listed.commit }) else {
      throw SourceFailure(
        error: .source(
          "\(name) lists \(tag) twice, for different commits; which one is meant?"))
    }
    guard let commit = listed.commit else {
      throw SourceFailure(
        error: .source(
          "\(tag) of \(name) stands for no SHA-1 commit, and repositories with other ids are not "
            + "supported yet"))
    }
    return commit
  }

  /// What it keeps of a release until it is fetched goes away.
  func forget(_ tag: TagName) {
    if case .git(let source) = self { source.forget(tag) }
  }

  func bring(
    _ claim: TagClaim, to part: FilePath, resume: Bool, progress: @escaping (FetchProgress) -> Void
  ) throws(SourceFailure) -> Brought {
    switch self {
    case .repository(let source):
      guard claim.remote != nil else {
        return try source.download(claim.identity.tag, to: part, resume: resume, progress: progress)
      }
      return try bring(claim, source.web, to: part, resume: resume, progress: progress)
    case .git(let source):
      guard let commit = claim.identity.commit else { throw missing(claim.identity.tag, []) }
      return try source.bring(claim.identity.tag, commit: commit, to: part, progress: progress)
    case .index(let source): return try bring(claim, source.web, to: part, resume: resume, progress: progress)
    case .pypi(let source): return try bring(claim, source.web, to: part, resume: resume, progress: progress)
    case .directory(let source):
      guard let file = claim.file else { throw missing(claim.identity.tag, []) }
      return try source.copy(file, to: part, progress: progress)
    }
  }

  /// A file that lies on some web server.
  private func bring(
    _ claim: TagClaim, _ web: SourceWeb, to part: FilePath, resume: Bool,
    progress: @escaping (FetchProgress) -> Void
  ) throws(SourceFailure) -> Brought {
    guard let remote = claim.remote else { throw missing(claim.identity.tag, []) }
    return try web.download(
      remote.url, headers: remote.headers, what(claim), to: part, resume: resume, progress: progress)
  }

  private func what(_ claim: TagClaim) -> String { "the archive of \(claim.identity.tag)" }

  private var name: String {
    switch self {
    case .repository(let source): source.api.repository
    case .git(let source): source.shown
    case .index(let source): source.shown
    case .pypi(let source): source.project
    case .directory(let source): source.directory.printable
    }
  }

  private func missing(_ tag: TagName, _ tags: [SourceTag]) -> SourceFailure {
    let known = Candidate.all(in: tags).map(\.tag.text)
    var text = "\(name) has no release \(tag)"
    if let near = didYouMean(tag.text, among: known) { text += "; \(near)" }
    if let newest = known.last { text += ". Its newest is \(newest)" }
    return SourceFailure(error: .notFound("\(text). All of them: fleet releases"))
  }
}
