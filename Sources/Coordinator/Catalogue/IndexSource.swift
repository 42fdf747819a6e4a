import ByteText
import Download
import Inventory
import Minisign
import Release
import SystemPackage
import Threads
import Wire

/// A `releases.json` on a web server, which says of each release where its archives lie and what their digests are.
///
/// Lives on one thread and blocks it.
struct IndexSource {
  let url: String
  let architecture: String?
  let web: SourceWeb
  let limits: CatalogueLimits

  init(
    url: String, tokenVariable: String?, architecture: String?, environment: [String: String],
    limits: CatalogueLimits, cancel: CancelFlag
  ) throws(SourceFailure) {
    guard let origin = WebOrigin(of: url), origin.holds(url) else {
      throw SourceFailure(
        error: .source("the index \(url) is no address such as https://example.org/releases.json"))
    }
    self.url = url
    self.architecture = architecture
    self.limits = limits
    web = try SourceWeb(
      origin, tokenVariable: tokenVariable, environment: environment, limits: limits, cancel: cancel)
  }

  /// The index, and whether it came over TLS.
  func read() throws(SourceFailure) -> (index: ReleaseIndex, base: String, tls: Bool) {
    let answer = try web.get(url, headers: ["Accept": "application/json"], maxBytes: limits.maxIndexBytes)
    guard answer.status == 200 else { throw refuse(answer.status, "index", at: url) }
    // Where it was moved to is where its archives lie; a plain address elsewhere is believed as little as theirs.
    try web.refuseElsewhere(answer.url, "the index")
    do throws(ReleaseIndex.Refusal) {
      let index = try ReleaseIndex(decoding: answer.body, limits: limits)
      return (index, answer.url, web.isSafe && SourceWeb.isHTTPS(answer.url))
    } catch {
      throw SourceFailure(error: .source("the index \(shown) \(error.text)"))
    }
  }

  func tags() throws(SourceFailure) -> SourceTags { SourceTags(try read().index) }

  func claim(_ tag: TagName, withSignature: Bool) throws(SourceFailure) -> TagClaim? {
    let (index, base, tls) = try read()
    guard let listed = index.release(tag) else { return nil }
    guard let archive = listed.archive(for: architecture) else {
      let arch = listed.architectures.map { $0.isEmpty ? "none" : $0.joined(separator: ", ") } ?? "all"
      let what = architecture.map { "no archive for \($0)" } ?? "an archive for each architecture"
      throw SourceFailure(error: .notFound("\(tag) has \(what); there is one for: \(arch)"))
    }
    guard let address = ReleaseIndex.address(archive.url, from: base) else {
      throw SourceFailure(
        error: .source(
          "the index \(shown) says that \(tag) lies at \(visible(archive.url, limit: 100)), which is no https "
            + "address and no way down from its own folder"))
    }
    let identity = ReleaseIdentity(tag: tag, commit: nil, tree: nil, sha256: archive.sha256)
    var claim = TagClaim(identity: identity, key: "\(archive.sha256)", tls: tls)
    claim.remote = RemoteArchive(url: address, headers: [:], sizeBytes: archive.size)
    claim.published = archive.sha256
    if withSignature, let signature = archive.signature {
      guard let address = ReleaseIndex.address(signature, from: base) else {
        throw SourceFailure(
          error: .source(
            "the index \(shown) says that the signature of \(tag) lies at \(visible(signature, limit: 100)), which "
              + "is no https address and no way down from its own folder"))
      }
      claim.signature = try web.text(
        address, "the signature of \(tag)", maxBytes: Minisign.maxSignatureBytes
      ) { refuse($0.status, "signature of \(tag)", at: address) }
    }
    return claim
  }

  var shown: String { visible(url, limit: 200) }

  private func refuse(_ status: Int, _ what: String, at url: String) -> SourceFailure {
    let shown = visible(url, limit: 200)
    return switch status {
    case 404, 410: SourceFailure(error: .notFound("there is no \(what) at \(shown). Is the address right?"))
    case 401, 403:
      SourceFailure(
        error: .source(
          "\(web.origin.host) does not give the \(what) \(shown) to us. Where it needs a token: token_env in the "
            + "profile's source names the environment variable that holds it"))
    case 429, 500...599:
      SourceFailure(
        error: .source("\(web.origin.host) has trouble (\(status)). Try again later."), isAway: true)
    default: SourceFailure(error: .source("\(web.origin.host) answered \(status) when asked for the \(what)"))
    }
  }
}

extension SourceTags {
  init(_ index: ReleaseIndex) {
    self.init()
    for release in index.releases {
      guard release.name != nil else {
        others.append(release.tag)
        continue
      }
      versions.append(
        SourceTag(
          name: release.tag, commit: nil, standing: release.standing, architectures: release.architectures))
      if let notes = release.notes, !notes.isEmpty { self.notes[release.tag] = notes }
    }
  }
}
