import ByteText
import Download
import Inventory
import Minisign
import Release

// Files beside a release: what its makers packed, instead of what the forge packs from its tag.
extension RepositorySource {
  /// What a tag stands for where a file beside its release is the archive.
  ///
  /// - Parameter commit: of the tag. The archive need not say it; where it does, it has to be this one.
  func claim(
    _ tag: TagName, commit: ObjectID, _ rule: AssetRule, withSignature: Bool
  ) throws(SourceFailure) -> TagClaim {
    let pick = AssetPick(rule: rule, tag: tag, assets: try assets(of: tag), limits: limits)
    do throws(CatalogueError) {
      let archive = try pick.archive()
      let published = try pick.published(for: archive, checksums: checksums(of: archive, pick))
      let identity = ReleaseIdentity(tag: tag, commit: commit, tree: nil, sha256: published)
      var claim = TagClaim(
        identity: identity, key: published.map { "\($0)" } ?? archive.upload, tls: web.isSafe)
      claim.remote = RemoteArchive(
        url: api.asset(archive, of: tagPrefix + tag.text), headers: api.archiveHeaders,
        sizeBytes: archive.size)
      claim.published = published
      if withSignature, let file = try pick.signature(of: archive) {
        claim.signature = try text(of: file, of: tag, maxBytes: Minisign.maxSignatureBytes)
      }
      return claim
    } catch {
      throw SourceFailure(error: error)
    }
  }

  private func assets(of tag: TagName) throws(SourceFailure) -> [ListedAsset] {
    let what = "release \(tag)"
    let answer = try web.get(
      api.release(of: tagPrefix + tag.text), headers: api.headers, maxBytes: limits.maxPageBytes)
    guard answer.status == 200 else { throw refuse(answer, what) }
    let release: ListedRelease = try decode(answer, what)
    guard release.tagName.isSpelled(tagPrefix + tag.text) else {
      throw SourceFailure(
        error: .source("\(web.origin.host) was asked for the \(what) and described another"))
    }
    return release.assets ?? []
  }

  private func checksums(
    of archive: ListedAsset, _ pick: AssetPick
  ) throws(CatalogueError) -> (file: String, text: String)? {
    guard let file = try pick.checksums(of: archive) else { return nil }
    return (file.name, try text(of: file, of: pick.tag, maxBytes: ChecksumFile.maxBytes))
  }

  /// A small file beside a release.
  private func text(
    of file: ListedAsset, of tag: TagName, maxBytes: Int64
  ) throws(CatalogueError) -> String {
    let what = "\(file.name) of \(tag)"
    do throws(SourceFailure) {
      return try web.text(
        api.asset(file, of: tagPrefix + tag.text), headers: api.archiveHeaders, what, maxBytes: maxBytes
      ) { refuse($0, what) }
    } catch {
      throw error.error
    }
  }
}
