import ByteText
import Download
import Inventory
import Release
import Threads
import Wire

/// A project of a Python package index: its source distributions are the archives, held to the digests that the index
/// says.
///
/// Lives on one thread and blocks it.
struct PackageIndexSource {
  let project: String
  let index: String
  let web: SourceWeb
  let limits: CatalogueLimits

  init(
    project: String, index: String, tokenVariable: String?, environment: [String: String],
    limits: CatalogueLimits, cancel: CancelFlag
  ) throws(SourceFailure) {
    guard let origin = WebOrigin(of: index), origin.holds("\(index)/") else {
      throw SourceFailure(error: .source("\(index) is no address such as \(ReleaseSource.pythonIndex)"))
    }
    self.project = project
    self.index = index
    self.limits = limits
    web = try SourceWeb(
      origin, tokenVariable: tokenVariable, environment: environment, limits: limits, cancel: cancel)
  }

  private var page: String { "\(index)/\(PackageIndex.normal(project))/" }
  private var shown: String { visible(page, limit: 200) }

  /// What the index has, its own address after all redirects, and whether it came over TLS.
  private func read() throws(SourceFailure) -> (index: PackageIndex, base: String, tls: Bool) {
    let answer = try web.get(
      page, headers: ["Accept": "application/vnd.pypi.simple.v1+json"], maxBytes: limits.maxIndexBytes)
    guard answer.status == 200 else { throw refuse(answer.status) }
    try web.refuseElsewhere(answer.url, "the index")
    guard let found = PackageIndex(decoding: answer.body, project: project) else {
      throw SourceFailure(
        error: .source(
          "\(shown) is not of the form of a package index's JSON API (PEP 691), which PyPI and most others have"
        ))
    }
    guard found.releases.count <= limits.maxIndexed else {
      throw SourceFailure(
        error: .source(
          "\(shown) has \(found.releases.count) versions, more than the \(limits.maxIndexed) allowed"))
    }
    return (found, answer.url, web.isSafe && SourceWeb.isHTTPS(answer.url))
  }

  func tags() throws(SourceFailure) -> SourceTags {
    var tags = SourceTags()
    for release in try read().index.releases {
      guard let name = release.name else {
        tags.others.append(release.version)
        continue
      }
      tags.versions.append(SourceTag(name: name.text, commit: nil, standing: release.standing))
    }
    return tags
  }

  func claim(_ tag: TagName) throws(SourceFailure) -> TagClaim? {
    let (found, base, tls) = try read()
    guard let listed = found.releases.first(where: { $0.version.isSpelled(tag.text) }) else { return nil }
    guard let file = listed.source else {
      throw SourceFailure(
        error: .notFound(
          "\(project) \(tag) has wheels and no source distribution, which is what fleet takes for the archive"
        ))
    }
    let name = visible(file.filename, limit: 100)
    guard let digest = file.hashes["sha256"].flatMap({ SHA256Digest($0) }) else {
      throw SourceFailure(error: .source("\(shown) says no SHA-256 of \(name)"))
    }
    guard let address = address(file.url, from: base) else {
      throw SourceFailure(
        error: .source(
          "\(shown) says that \(name) lies at \(visible(file.url, limit: 100)), which is no https address"))
    }
    let identity = ReleaseIdentity(tag: tag, commit: nil, tree: nil, sha256: digest)
    var claim = TagClaim(identity: identity, key: "\(digest)", tls: tls)
    claim.remote = RemoteArchive(url: address, headers: [:], sizeBytes: file.size)
    claim.published = digest
    return claim
  }

  /// Addresses of files are whole, or seen from the index's page (PEP 503).
  private func address(_ url: String, from base: String) -> String? {
    // What stands behind the # is for older programs.
    let bare = url.cut(at: "#")?.before ?? url[...]
    guard bare.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !bare.isEmpty else { return nil }
    if WebOrigin(of: String(bare)) != nil { return String(bare) }
    guard !bare.holds(":"), !bare.begins(with: "//"), let origin = WebOrigin(of: base) else { return nil }
    if bare.begins(with: "/") { return origin.resolving(String(bare)) }
    guard let folder = base.cut(atLast: "/")?.before else { return nil }
    return "\(folder)/\(bare)"
  }

  private func refuse(_ status: Int) -> SourceFailure {
    switch status {
    case 404, 410:
      SourceFailure(
        error: .notFound(
          "there is no project \(project) at \(visible(index, limit: 200)). Is its name right?"))
    case 401, 403:
      SourceFailure(
        error: .source(
          "\(web.origin.host) does not show \(project) to us. Where it needs a token: token_env in the profile's "
            + "source names the environment variable that holds it"))
    case 406, 415:
      SourceFailure(error: .source("\(web.origin.host) has no JSON API (PEP 691), which fleet asks"))
    case 429, 500...599:
      SourceFailure(
        error: .source("\(web.origin.host) has trouble (\(status)). Try again later."), isAway: true)
    default: SourceFailure(error: .source("\(web.origin.host) answered \(status) when asked for \(project)"))
    }
  }
}
