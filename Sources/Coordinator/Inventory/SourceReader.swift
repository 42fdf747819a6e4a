import Text
import ByteText
import Minisign
import Release
package import SystemPackage

/// Reads `source:` and `verify:`, where releases come from and what must be proved of them.
struct SourceReader {
  static let kinds = ["github", "gitea", "git", "index", "pypi", "directory"]

  /// What `~` and relative directories start from.
  let folder: FilePath
  let home: FilePath

  func source(_ section: Section) -> ReleaseSource? {
    let given = Self.kinds.filter { section.node($0) != nil }
    let repository = section.value("github", Self.repository)
    let gitea = section.value("gitea", Self.giteaRepository)
    let git = section.value("git") { (node) throws(Wrong) in
      try Self.gitAddress(node, folder: folder, home: home)
    }
    let project = section.value("pypi", Self.project)
    let index = section.value("index") { (node) throws(Wrong) in try Values.url(node) }
    let directory = section.value("directory") { (node) throws(Wrong) in
      localPath(try Values.line(node), folder: folder, home: home)
    }
    let api = section.value("api") { (node) throws(Wrong) in try Values.url(node) }
    let token = section.value("token_env", Self.variableName)
    let prefix = section.value("tag_prefix", Self.tagPrefix)
    let asset = AssetReader.rule(section)

    guard let kind = given.first, given.count == 1 else {
      section.wrong("source needs exactly one of \(Self.kinds.joined(separator: ", "))")
      return nil
    }
    let known = Self.furtherKeys[kind, default: []]
    for key in Self.allFurtherKeys where !known.contains(key) && section.node(key) != nil {
      section.wrong("\(key) has no meaning for a source of \(kind)", at: key)
    }
    switch kind {
    case "github":
      return repository.map {
        .github(
          repository: $0, api: api ?? ReleaseSource.gitHubAPI, tokenVariable: token, tagPrefix: prefix ?? "",
          asset: asset)
      }
    case "gitea":
      return gitea.map { .gitea(url: $0, tokenVariable: token, tagPrefix: prefix ?? "", asset: asset) }
    case "git": return git.map { .git(url: $0, tokenVariable: token, tagPrefix: prefix ?? "") }
    case "pypi":
      return project.map {
        .pypi(project: $0, index: api ?? ReleaseSource.pythonIndex, tokenVariable: token)
      }
    case "index": return index.map { .index(url: $0, tokenVariable: token) }
    default: return directory.map { .directory($0) }
    }
  }

  /// What a source of each kind may say beside.
  private static let furtherKeys: [String: Set<String>] = [
    "github": ["api", "token_env", "tag_prefix", "asset", "checksums", "arch"],
    "gitea": ["token_env", "tag_prefix", "asset", "checksums", "arch"],
    "git": ["token_env", "tag_prefix"],
    "index": ["token_env"],
    "pypi": ["api", "token_env"],
  ]
  private static let allFurtherKeys = ["api", "token_env", "tag_prefix", "asset", "checksums", "arch"]

  /// A repository proves commit and tree of what it packs from a tag. What somebody packed has a digest, where its
  /// source says one; in a directory only what `fleet.lock` saw first is held to.
  static func defaultPolicy(for source: ReleaseSource?) -> VerifyPolicy {
    let require: Set<String> =
      switch source {
      case .github, .gitea, .git, nil: source?.asset == nil ? ["commit", "tree"] : ["sha256"]
      case .index, .pypi: ["sha256"]
      case .directory: []
      }
    return VerifyPolicy(require: require)
  }

  /// - Parameter source: whether it can have signatures beside its archives.
  static func verify(_ section: Section, policy: VerifyPolicy, of source: ReleaseSource?) -> VerifyPolicy {
    var policy = policy
    let required = section.list("require", Self.proof).map { Set($0) }
    policy.minisignKeys = section.list("minisign", Self.publicKey) ?? []
    // Who names a key wants it asked for.
    policy.require = required ?? policy.require.union(policy.minisignKeys.isEmpty ? [] : ["minisign"])
    let hasKeys = section.node("minisign")?.items?.isEmpty == false
    if required?.contains(where: { $0.isSpelled("minisign") }) == true, !hasKeys {
      section.wrong(
        "minisign is required, but no key is given", hint: "minisign: [ \"RWQ…\" ]", at: "require")
    }
    if !policy.minisignKeys.isEmpty, let source, !source.provable.contains(.minisign) {
      section.wrong(
        "nobody can have signed what is packed anew each time from a tag",
        hint: "signatures are read of asset:, index: and directory:", at: "minisign")
    }
    return policy
  }

  private static func proof(_ node: YAMLNode) throws(Wrong) -> String {
    let known = ["commit", "tree", "sha256", "minisign"]
    let text = try Values.line(node)
    guard known.contains(text) else {
      throw Wrong(
        "\"\(text)\" cannot be required; what can is \(known.joined(separator: ", "))",
        hint: didYouMean(text, among: known))
    }
    return text
  }

  static func repository(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.line(node)
    let parts = text.pieces(by: "/", keepingEmpty: true)
    guard parts.count == 2, parts.allSatisfy({ Values.isPlainName($0, bytes: 100) }) else {
      let host = parts.firstIndex { $0.ends(with: "github.com") }
      let path = host.map { parts.dropFirst($0 + 1).joined(separator: "/") }
      throw Wrong(
        "must be OWNER/NAME, not \(node.summary)",
        hint: path.flatMap { $0.isEmpty ? nil : "write github: \($0)" })
    }
    return text
  }

  /// The last two names of the address are the owner's and the repository's.
  private static func giteaRepository(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.url(node)
    let parts = text.pieces(by: "/", keepingEmpty: true)
    guard parts.count >= 5, parts.suffix(2).allSatisfy({ Values.isPlainName($0, bytes: 100) }),
      !parts.dropFirst(2).contains(where: \.isEmpty), !text.holds("?"), !text.holds("#")
    else {
      throw Wrong(
        "must be the address of a repository, not \(node.summary)", hint: "as in https://HOST/OWNER/REPO")
    }
    return String(text.without(suffix: ".git") ?? text[...])
  }

  /// What git takes for the address of a repository (git-clone(1), "GIT URLS"), but for those where anybody on the way
  /// could answer in its place.
  static func gitAddress(
    _ node: YAMLNode, folder: FilePath, home: FilePath
  ) throws(Wrong) -> String {
    let text = try Values.line(node)
    let hint = "as in https://HOST/APP.git, git@HOST:APP.git or a folder"
    guard !text.holds(" "), !text.begins(with: "-"), !text.isEmpty else {
      throw Wrong("must be the address of a repository, not \(node.summary)", hint: hint)
    }
    guard let (before, after) = text.cut(at: ":"), !before.holds("/") else {
      return localPath(text, folder: folder, home: home).string
    }
    // HOST:PATH is SSH's as well.
    guard let rest = after.without(prefix: "//") else {
      // With two colons it is a program of its own (gitremote-helpers(7)).
      guard !before.isEmpty, !after.isEmpty, !after.begins(with: ":") else {
        throw Wrong("must be the address of a repository, not \(node.summary)", hint: hint)
      }
      return text
    }
    switch String(before) {
    case "ssh" where !rest.isEmpty: return text
    case "file" where rest.begins(with: "/"): return String(rest)
    case "https", "http": return try Values.url(node)
    case "git":
      throw Wrong(
        "would come from whoever answers, since git:// proves nothing of its server",
        hint: "most servers answer https:// as well")
    default: throw Wrong("must be the address of a repository, not \(node.summary)", hint: hint)
    }
  }

  /// A name as PyPI allows it (PEP 508).
  static func project(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.line(node)
    guard Values.isPlainName(text, bytes: 100) else {
      throw Wrong("must be the name of a project on PyPI, not \(node.summary)")
    }
    return text
  }

  private static func variableName(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.line(node)
    guard HostSettings.isVariableName(text) else {
      throw Wrong(
        "must be the name of an environment variable, not \(node.summary)",
        hint: "the token itself does not belong into the file")
    }
    return text
  }

  /// What git allows at the beginning of a tag, of the signs that mean nothing in an address.
  private static func tagPrefix(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.line(node)
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.isDigit || $0.isASCIILetter || "._/@+-".unicodeScalars.contains($0)
    }
    guard isPlain, !text.isEmpty, text.utf8.count <= 100, !text.begins(with: "/"), !text.begins(with: "-"),
      !text.holds("..") && !text.holds("//")
    else {
      throw Wrong(
        "must be what the tags of the app begin with, not \(node.summary)",
        hint: "for app-v1.2.0 write tag_prefix: \"app-v\"")
    }
    return text
  }

  private static func publicKey(_ node: YAMLNode) throws(Wrong) -> MinisignKey {
    guard let key = MinisignKey(try Values.line(node)) else {
      throw Wrong(
        "\(node.summary) is not a minisign public key",
        hint: "it is the second line of minisign.pub and begins with RW")
    }
    return key
  }
}

/// A path on the coordinator: `~` is the home directory, what is relative starts from `folder`.
package func localPath(_ text: String, folder: FilePath, home: FilePath) -> FilePath {
  if text == "~" { return home }
  if let path = text.without(prefix: "~/") { return home.appending(String(path)).lexicallyNormalized() }
  return folder.pushing(FilePath(text)).lexicallyNormalized()
}
