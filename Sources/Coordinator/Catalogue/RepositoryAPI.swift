import ByteText
import Download
import FoundationEssentials
import Release

/// The part of a forge's REST API that releases are found and fetched through: what is asked, and how the answers read.
/// Pure.
///
/// GitHub: docs.github.com/en/rest (repos/repos#list-repository-tags, releases/releases, releases/assets, git/commits,
/// repos/contents#download-a-repository-archive-tar). Gitea and Forgejo: docs.gitea.com/api, where tags, releases and
/// commits have the same keys, but for a commit's tree.
struct RepositoryAPI: Equatable {
  enum Kind { case gitHub, gitea }

  let kind: Kind
  /// OWNER/NAME.
  let repository: String
  /// Where all addresses of the API begin, without a slash at the end.
  let root: String
  /// Where the pages for people begin.
  let site: String

  /// - Parameter api: `https://api.github.com`, or another server with the same API.
  init(gitHub repository: String, api: String) {
    (kind, self.repository, root, site) = (.gitHub, repository, api, api)
  }

  /// Nil where it is no address of a repository.
  ///
  /// - Parameter url: `https://HOST/OWNER/REPO`; what stands before the last two names is the site.
  init?(gitea url: String) {
    guard let (rest, name) = url.cut(atLast: "/"), let (site, owner) = rest.cut(atLast: "/"), !name.isEmpty,
      !owner.isEmpty, WebOrigin(of: String(site)) != nil
    else { return nil }
    kind = .gitea
    repository = "\(owner)/\(name)"
    root = "\(site)/api/v1"
    self.site = String(site)
  }

  /// For people.
  var name: String { kind == .gitHub ? "GitHub" : "Gitea" }

  var headers: HTTPHeaders {
    switch kind {
    case .gitHub: ["Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"]
    case .gitea: ["Accept": "application/json"]
    }
  }

  var archiveHeaders: HTTPHeaders {
    switch kind {
    // Without it GitHub describes the file instead of sending it.
    case .gitHub: ["Accept": "application/octet-stream", "X-GitHub-Api-Version": "2022-11-28"]
    case .gitea: [:]
    }
  }

  func authorization(_ token: String) -> String { kind == .gitHub ? "Bearer \(token)" : "token \(token)" }

  // MARK: Addresses

  func tags(perPage: Int) -> String { page("tags", perPage) }

  func releases(perPage: Int, page number: Int = 1) -> String { page("releases", perPage, number) }

  func release(of tag: String) -> String { "\(base)/releases/tags/\(Self.escaped(tag))" }

  func commit(_ commit: ObjectID) -> String { "\(base)/git/commits/\(commit)" }

  /// Of the files of a tag. It is asked for by the tag, as everybody gets it, and not by the commit that the tag list
  /// names: so the commit in the archive's header is a second witness of where the tag points, and not an echo of our
  /// own question.
  func archive(of tag: String) -> String {
    switch kind {
    // A slash in a tag stays one here.
    case .gitHub: "\(base)/tarball/refs/tags/\(Self.escaped(tag, keepingSlashes: true))"
    case .gitea: "\(base)/archive/\(Self.escaped(tag, keepingSlashes: true)).tar.gz"
    }
  }

  /// Of a file beside a release. No address that an answer names is followed: this one lies at the API's own origin.
  func asset(_ asset: ListedAsset, of tag: String) -> String {
    switch kind {
    case .gitHub: "\(base)/releases/assets/\(asset.id)"
    case .gitea: "\(site)/\(repository)/releases/download/\(Self.escaped(tag))/\(Self.escaped(asset.name))"
    }
  }

  private var base: String { "\(root)/repos/\(repository)" }

  private func page(_ what: String, _ perPage: Int, _ number: Int = 1) -> String {
    switch kind {
    case .gitHub: "\(base)/\(what)?per_page=\(perPage)&page=\(number)"
    // Gitea gives 50 at most, unless its administrator says otherwise.
    case .gitea: "\(base)/\(what)?limit=\(min(perPage, 50))&page=\(number)"
    }
  }

  /// As one part of a path (RFC 3986, 2.3 and 3.3).
  static func escaped(_ text: String, keepingSlashes: Bool = false) -> String {
    text.utf8.map { byte in
      let scalar = Unicode.Scalar(byte)
      let isPlain =
        scalar.isDigit || scalar.isASCIILetter || "-._~@".unicodeScalars.contains(scalar)
        || keepingSlashes && scalar == "/"
      guard !isPlain else { return String(scalar) }
      let digits = String(byte, radix: 16, uppercase: true)
      return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
    }.joined()
  }

  // MARK: Answers

  static func tags(in body: [UInt8]) throws -> [TagPage.Tag] {
    struct Listed: Decodable {
      struct Commit: Decodable { let sha: String }
      let name: String
      let commit: Commit
    }
    return try JSONDecoder().decode([Listed].self, from: Data(body)).map {
      .init(name: $0.name, commit: $0.commit.sha)
    }
  }

  /// A commit and its tree.
  func tree(in body: [UInt8]) throws -> (commit: ObjectID, tree: ObjectID) {
    struct Tree: Decodable { let sha: ObjectID }
    struct Described: Decodable {
      struct Inner: Decodable { let tree: Tree }
      let sha: ObjectID
      let tree: Tree?
      /// Where Gitea has it.
      let commit: Inner?
    }
    let described = try JSONDecoder().decode(Described.self, from: Data(body))
    guard let tree = kind == .gitHub ? described.tree : described.commit?.tree else {
      throw DecodingError.valueNotFound(
        Tree.self, DecodingError.Context(codingPath: [], debugDescription: "no tree"))
    }
    return (described.sha, tree.sha)
  }
}
