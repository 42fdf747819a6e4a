package import Release
package import SystemPackage

/// Where an app's releases come from; `source:` of its profile.
package enum ReleaseSource: Equatable, Sendable {
  /// `api` ends without a slash. The token is read from the environment variable `tokenVariable`. Only tags that begin
  /// with `tagPrefix` are releases, and everywhere but in what is asked of the source they go without it. Without an
  /// `asset` it is the tag's own archive.
  case github(
    repository: String, api: String, tokenVariable: String?, tagPrefix: String = "", asset: AssetRule? = nil)
  /// Gitea or Forgejo. `url` is that of the repository, `https://HOST/OWNER/REPO`, without a slash at its end.
  case gitea(url: String, tokenVariable: String? = nil, tagPrefix: String = "", asset: AssetRule? = nil)
  /// A `releases.json`. `architecture` is that of the hosts whose archives are meant, where it has one for each.
  case index(url: String, tokenVariable: String? = nil, architecture: String? = nil)
  /// Any repository that git can reach, by the address that git is given. Its tags are the releases, and the tag's tree
  /// is the archive.
  case git(url: String, tokenVariable: String? = nil, tagPrefix: String = "")
  /// A project of a Python package index, by its name; `index` is what pip calls its index-url. The source
  /// distributions are the archives.
  case pypi(project: String, index: String, tokenVariable: String? = nil)
  case directory(FilePath)

  /// Where `github:` asks unless `api:` says otherwise.
  package static let gitHubAPI = "https://api.github.com"

  /// Where `pypi:` asks unless `api:` says otherwise.
  package static let pythonIndex = "https://pypi.org/simple"

  /// The same for the same source, and for no other: in what a rollout began with. One that has an archive for each
  /// architecture is another source for each.
  package var identity: String { architecture.map { "\(shelf) for \($0)" } ?? shelf }

  /// The same, whatever the architecture: what one list of releases belongs to.
  package var shelf: String {
    // No repository, no address, no prefix and no name of an asset holds a blank, so that each is no other's.
    switch self {
    case .github(let repository, let api, _, let prefix, let asset):
      words("github \(repository) \(api)", prefix, asset)
    case .gitea(let url, _, let prefix, let asset): words("gitea \(url)", prefix, asset)
    case .git(let url, _, let prefix): words("git \(url)", prefix, nil)
    case .index(let url, _, _): "index \(url)"
    case .pypi(let project, let index, _): "pypi \(project) \(index)"
    case .directory(let path): "directory \(path)"
    }
  }

  private func words(_ repository: String, _ prefix: String, _ asset: AssetRule?) -> String {
    let beside = asset.map { " asset \($0.identity)" } ?? ""
    return repository + (prefix.isEmpty ? "" : " \(prefix)") + beside
  }

  /// Which of its releases' files is the archive; nil where that is said elsewhere.
  package var asset: AssetRule? {
    switch self {
    case .github(_, _, _, _, let asset), .gitea(_, _, _, let asset): asset
    case .git, .index, .pypi, .directory: nil
    }
  }

  /// What can be proved of its releases, beside that they came over TLS. Nobody can have signed what is packed anew
  /// from a tag, since that has other bytes some day.
  package var provable: Set<Evidence> {
    switch self {
    case .github, .gitea: asset == nil ? [.commit, .tree] : [.commit, .sha256, .minisign]
    case .git: [.commit, .tree]
    case .index: [.sha256, .minisign]
    case .pypi: [.sha256]
    case .directory: [.minisign]
    }
  }

  /// What the app's tags begin with there; nil where there are none.
  package var tagPrefix: String? {
    switch self {
    case .github(_, _, _, let prefix, _), .gitea(_, _, let prefix, _), .git(_, _, let prefix): prefix
    case .index, .pypi, .directory: nil
    }
  }

  /// Of the hosts that its archives are for, as `uname -m` says it; nil where that makes no difference, or is not
  /// settled yet.
  package var architecture: String? {
    if case .index(_, _, let architecture) = self { architecture } else { asset?.architecture }
  }

  /// The same for hosts of an architecture, nil: of any.
  package func made(for architecture: String?) -> ReleaseSource {
    switch self {
    case .github(let repository, let api, let token, let prefix, let asset):
      .github(
        repository: repository, api: api, tokenVariable: token, tagPrefix: prefix,
        asset: asset?.made(for: architecture))
    case .gitea(let url, let token, let prefix, let asset):
      .gitea(url: url, tokenVariable: token, tagPrefix: prefix, asset: asset?.made(for: architecture))
    case .index(let url, let token, _): .index(url: url, tokenVariable: token, architecture: architecture)
    case .git, .pypi, .directory: self
    }
  }

  /// Under which name fleet.lock keeps the releases of an app from here: one tag stands for another archive on another
  /// architecture. No app's key holds a slash.
  package func lockName(of app: String) -> String { architecture.map { "\(app)/\($0)" } ?? app }
}
