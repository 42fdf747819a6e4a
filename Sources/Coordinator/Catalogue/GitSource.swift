import ByteText
import Download
import Files
import FoundationEssentials
import Release
import SystemPackage
import Threads
import Wire

/// A repository that git itself is asked for: any host that git can reach, in git's own protocol.
///
/// What git brings is named by its SHA-1, and it refuses what has another one; fleet computes the tree of the archive
/// anew all the same. Lives on one thread and blocks it.
struct GitSource {
  let url: String
  let tagPrefix: String
  let app: String
  let shelf: FilePath
  let limits: CatalogueLimits
  private let git: GitProgram
  private let transport: GitProgram.Transport

  /// - Parameter shelf: the source's own folder in the cache.
  init(
    url: String, tokenVariable: String?, tagPrefix: String, app: String, shelf: FilePath,
    environment: [String: String], limits: CatalogueLimits, cancel: CancelFlag
  ) throws(SourceFailure) {
    self.url = url
    self.tagPrefix = tagPrefix
    self.app = app
    self.limits = limits
    self.shelf = shelf
    var authorization: (url: String, value: String)?
    if tokenVariable != nil {
      guard let origin = WebOrigin(of: url) else {
        throw SourceFailure(
          error: .source("\(url) is no web address, so that no token can be sent there; take token_env out"))
      }
      // Forges take a token for the password, whoever the user is.
      authorization = try SourceToken.read(
        variable: tokenVariable, environment: environment, origin: origin, limits: limits
      ).map { (origin.text, "Basic \(Data("git:\($0)".utf8).base64EncodedString())") }
    }
    var git = GitProgram(environment: environment, authorization: authorization, cancel: cancel)
    // The user's own settings may lead elsewhere (git-config(1), `url.BASE.insteadOf`).
    let way = try git.run(
      ["ls-remote", "--get-url", "--", url], maxBytes: limits.maxAddressBytes,
      seconds: limits.answerTimeoutSeconds)
    guard case .success(let address) = way, let transport = GitProgram.Transport(of: String(address.trimmed))
    else {
      throw SourceFailure(
        error: .source(
          "git would reach \(visible(url, limit: 200)) in a way that fleet does not take: https, ssh or a folder"
        ))
    }
    git.allow(transport)
    (self.git, self.transport) = (git, transport)
  }

  var shown: String { visible(url, limit: 200) }
  /// Whether what git brings comes over TLS.
  var isSafe: Bool { transport == .https }

  /// gitprotocol-v2(5), `ls-refs`: of a tag that has an object of its own the commit stands in a line of its own.
  func tags() throws(SourceFailure) -> SourceTags {
    let listed = try git.run(
      ["ls-remote", "--quiet", "--tags", "--", url], maxBytes: limits.maxTagListBytes,
      seconds: limits.answerTimeoutSeconds)
    switch listed {
    case .success(let text): return Self.tags(text, prefix: tagPrefix)
    case .failure(let refusal):
      throw SourceFailure(
        error: .source(
          "git cannot list the tags of \(shown): \(refusal.said)\nBy hand: git ls-remote --tags \(shown)"),
        isAway: true)
    }
  }

  static func tags(_ listed: String, prefix: String) -> SourceTags {
    var commits: [String: String] = [:]
    var order: [String] = []
    for line in listed.textLines {
      guard let (object, name) = line.cut(at: "\t"), let tag = name.without(prefix: "refs/tags/") else {
        continue
      }
      if let peeled = tag.without(suffix: "^{}") {
        commits[String(peeled)] = String(object)
      } else {
        order.append(String(tag))
        commits[String(tag)] = commits[String(tag)] ?? String(object)
      }
    }
    var found = SourceTags()
    for tag in order {
      guard let name = tag.without(prefix: prefix), TagName(String(name)) != nil else {
        found.others.append(tag)
        continue
      }
      found.versions.append(
        SourceTag(name: String(name), commit: commits[tag].flatMap { ObjectID($0) }))
    }
    return found
  }

  /// The tree of a tag's commit, for which the commit is brought.
  func tree(of tag: TagName, commit: ObjectID, progress: (FetchProgress) -> Void) throws(SourceFailure)
    -> ObjectID
  {
    let folder = folder(tag)
    try begin(folder)
    try fetch("refs/tags/\(tagPrefix)\(tag.text)", into: folder, progress)
    let ids = try told(
      folder, ["rev-parse", "\(Self.brought)^{commit}", "\(Self.brought)^{tree}"]
    ).textLines
    guard ids.count == 2, let found = ObjectID(String(ids[0])), let tree = ObjectID(String(ids[1])) else {
      throw SourceFailure(error: .source("git does not say the tree of \(tag) of \(shown)"))
    }
    guard found == commit else {
      throw SourceFailure(
        error: .source("\(tag) of \(shown) was moved while it was fetched; fetch it again"))
    }
    return tree
  }

  /// Makes the archive, of the commit as it is: no attribute leaves anything out of it or writes into it.
  func bring(
    _ tag: TagName, commit: ObjectID, to part: FilePath, progress: (FetchProgress) -> Void
  ) throws(SourceFailure) -> Brought {
    let folder = folder(tag)
    if !(try holds(folder, commit)) { _ = try tree(of: tag, commit: commit, progress: progress) }
    do throws(FileError) {
      let info = folder.appending("info")
      try makeFolder(info)
      try Directory.open(info).writeDurably(Array(Self.attributes.utf8), to: "attributes")
    } catch {
      throw SourceFailure(error: CatalogueError(error))
    }
    _ = try told(
      folder,
      ["archive", "--format=tar", "--prefix=\(app)-\(tag.text)/", "--output=\(part)", "\(commit)"])
    if let size = try? FileStatus.of(part).sizeBytes { progress(FetchProgress(bytes: size, total: size)) }
    return Brought(tls: isSafe, resumed: false)
  }

  /// gitattributes(5): what stands in a repository's own `info/attributes` goes before all others.
  private static let attributes =
    "* -export-ignore -export-subst -text -ident !eol !filter !working-tree-encoding\n"
  private static let brought = "refs/fleet/brought"

  /// Takes away what was brought of a release: once its archive is made, or is not to be.
  func forget(_ tag: TagName) { forget(folder(tag)) }

  /// Where the commit of a release lies while it comes.
  private func folder(_ tag: TagName) -> FilePath { shelf.appending("\(tag).git") }

  private func holds(_ folder: FilePath, _ commit: ObjectID) throws(SourceFailure) -> Bool {
    guard (try? FileStatus.of(folder)) != nil else { return false }
    let asked = try inFolder(folder, ["cat-file", "-e", "\(commit)"], seconds: limits.answerTimeoutSeconds)
    if case .success = asked { return true }
    return false
  }

  private func begin(_ folder: FilePath) throws(SourceFailure) {
    forget(folder)
    do throws(FileError) { try makeFolder(folder) } catch {
      throw SourceFailure(error: CatalogueError(error))
    }
    _ = try told(folder, ["init", "--quiet", "--bare", "--template=", "."])
  }

  private func fetch(
    _ name: String, into folder: FilePath, _ progress: (FetchProgress) -> Void
  ) throws(SourceFailure) {
    let words = [
      "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--", url, "+\(name):\(Self.brought)",
    ]
    // A plain web server cannot give one commit alone.
    var refusal: GitProgram.Refusal?
    for depth in [["--depth=1"], []] {
      let fetched = try inFolder(
        folder, [words[0]] + depth + words.dropFirst(), seconds: limits.downloadTimeoutSeconds
      ) { () throws(SourceFailure) in
        let bytes = try weight(folder)
        if bytes > 0 { progress(FetchProgress(bytes: bytes, total: nil)) }
      }
      guard case .failure(let why) = fetched else { return }
      refusal = refusal ?? why
    }
    throw SourceFailure(
      error: .source("git cannot fetch \(name) of \(shown): \(refusal?.said ?? "")"), isAway: true)
  }

  /// What lies there by now, in bytes.
  private func weight(_ folder: FilePath) throws(SourceFailure) -> Int64 {
    let packs = folder.appending("objects/pack")
    let names = (try? Directory.open(packs).entries(maxEntries: limits.maxDirectoryEntries)) ?? []
    let bytes = names.reduce(Int64(0)) { $0 + ((try? FileStatus.of(packs.appending($1)).sizeBytes) ?? 0) }
    guard bytes <= limits.maxArchiveBytes else {
      throw SourceFailure(
        error: .source(
          "\(shown) sends more than \(limits.maxArchiveBytes) bytes for one commit, which is the limit"))
    }
    return bytes
  }

  private func forget(_ folder: FilePath) {
    guard let name = folder.lastComponent, let shelf = try? Directory.open(shelf) else { return }
    _ = try? shelf.removeTree(name)
  }

  /// What git prints that is asked nothing but what lies in the folder.
  private func told(_ folder: FilePath, _ words: [String]) throws(SourceFailure) -> String {
    switch try inFolder(folder, words, seconds: limits.downloadTimeoutSeconds) {
    case .success(let text): return text
    case .failure(let refusal):
      throw SourceFailure(
        error: .source("git \(words[0]) failed for \(shown): \(refusal.said)"))
    }
  }

  private func inFolder(
    _ folder: FilePath, _ words: [String], seconds: Double, goesOn: () throws(SourceFailure) -> Void = {}
  ) throws(SourceFailure) -> Result<String, GitProgram.Refusal> {
    try git.run(
      ["-C", folder.string] + words, maxBytes: limits.maxTagListBytes, seconds: seconds, goesOn: goesOn)
  }
}
