import Text
import ByteText
import FoundationEssentials
package import SystemPackage

/// Reads `source:` and `verify:`, where releases come from and what must be proved of them.
struct SourceReader {
  static let kinds = ["github", "gitea", "index", "directory"]

  /// What `~` and relative directories start from.
  let folder: FilePath
  let home: FilePath

  func source(_ section: Section) -> ReleaseSource? {
    let given = Self.kinds.filter { section.node($0) != nil }
    let repository = section.value("github", Self.repository)
    let gitea = section.value("gitea", Self.giteaRepository)
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
    case "index": return index.map { .index(url: $0, tokenVariable: token) }
    default: return directory.map { .directory($0) }
    }
  }

  /// What a source of each kind may say beside.
  private static let furtherKeys: [String: Set<String>] = [
    "github": ["api", "token_env", "tag_prefix", "asset", "checksums", "arch"],
    "gitea": ["token_env", "tag_prefix", "asset", "checksums", "arch"],
    "index": ["token_env"],
  ]
  private static let allFurtherKeys = ["api", "token_env", "tag_prefix", "asset", "checksums", "arch"]

  /// A repository proves commit and tree of what it packs from a tag. What somebody packed has a digest, where its
  /// source says one; in a directory only what `fleet.lock` saw first is held to.
  static func defaultPolicy(for source: ReleaseSource?) -> VerifyPolicy {
    let require: Set<String> =
      switch source {
      case .github, .gitea, nil: source?.asset == nil ? ["commit", "tree"] : ["sha256"]
      case .index: ["sha256"]
      case .directory: []
      }
    return VerifyPolicy(require: require, minisignKeys: [])
  }

  static func verify(_ section: Section, policy: VerifyPolicy) -> VerifyPolicy {
    var policy = policy
    if let require = section.list("require", Self.proof) { policy.require = Set(require) }
    policy.minisignKeys = section.list("minisign", Self.publicKey) ?? []
    if section.node("minisign") != nil {
      section.findings.later("verify.minisign", at: section.place(of: "minisign"))
    }
    if policy.require.contains(where: { $0.isSpelled("minisign") }), section.node("minisign") == nil {
      section.wrong(
        "minisign is required, but no key is given", hint: "minisign: [ \"RWQ…\" ]", at: "require")
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

  /// minisign's public key: base64 of `Ed`, 8 bytes of key id and 32 of key.
  private static func publicKey(_ node: YAMLNode) throws(Wrong) -> String {
    let text = try Values.line(node)
    guard let bytes = Data(base64Encoded: text), bytes.count == 42, bytes.starts(with: "Ed".utf8)
    else {
      throw Wrong(
        "\(node.summary) is not a minisign public key",
        hint: "it is the second line of minisign.pub and begins with RW")
    }
    return text
  }
}

/// A path on the coordinator: `~` is the home directory, what is relative starts from `folder`.
package func localPath(_ text: String, folder: FilePath, home: FilePath) -> FilePath {
  if text == "~" { return home }
  if let path = text.without(prefix: "~/") { return home.appending(String(path)).lexicallyNormalized() }
  return folder.pushing(FilePath(text)).lexicallyNormalized()
}
