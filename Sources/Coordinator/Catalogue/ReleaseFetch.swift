import Inventory
import Archive
import Files
import Minisign
import Release
import SystemPackage
import Wire
import Threads

/// One fetch: ask what the tag stands for, look into the cache, else bring the archive, judge it and verify it.
/// Every way to a ``FetchedRelease`` goes through `VerifiedRelease.verify`, against the fleet.lock of that moment.
///
/// Lives on one thread and blocks it.
struct ReleaseFetch {
  let app: String
  let tag: TagName
  let source: ReleaseSource
  let require: Set<Evidence>
  /// Whose signatures count; where there are none, none is asked for.
  let keys: [MinisignKey]
  let acceptChanged: Bool
  let cache: ReleaseCache
  let lockFile: FleetLockFile
  let environment: [String: String]
  let limits: CatalogueLimits
  let cancel: CancelFlag
  let progress: ProgressTeller

  func run() throws(CatalogueError) -> FetchedRelease {
    let asked: SourceClient
    do throws(SourceFailure) { asked = try ask() } catch { throw error.error }
    if case .directory(let directory) = asked { try directory.refuseUnprovable(require, keys: keys) }

    let turn = try cache.takeTurn(tag, of: source, cancel: cancel)
    return try withExtendedLifetime(turn) { () throws(CatalogueError) in try run(asked) }
  }

  private func run(_ asked: SourceClient) throws(CatalogueError) -> FetchedRelease {
    defer { asked.forget(tag) }
    let claim: TagClaim
    do throws(SourceFailure) {
      claim = try asked.claim(tag, withSignature: !keys.isEmpty, progress: { progress.note($0) }) { commit in
        self.entry("\(commit)").knownFacts.flatMap { $0.claimed.commit == commit ? $0.claimed.tree : nil }
      }
    } catch {
      if error.isAway, let release = try lockedRelease() { return release }
      throw error.error
    }
    try refuseMoved(claim)
    let entry = self.entry(claim.key)
    if var facts = entry.intactFacts(cancel: cancel) {
      if let signature = claim.signature, signature != facts.signature {
        // One that is none of this archive is not kept.
        _ = try isSigned(entry.archive, signature)
        facts.signature = signature
        try SealedFile.write(facts, to: entry.facts)
      }
      return try release(facts, in: entry, tls: facts.tls && claim.tls)
    }
    let facts = try bring(claim, from: asked, into: entry)
    return try release(facts, in: entry, tls: facts.tls && claim.tls)
  }

  private func ask() throws(SourceFailure) -> SourceClient {
    do throws(FileError) {
      try makeFolder(cache.shelf(of: source).appending("pages"))
    } catch {
      throw SourceFailure(error: CatalogueError(error))
    }
    return try SourceClient(
      source, app: app, shelf: cache.shelf(of: source), environment: environment, limits: limits,
      cancel: cancel)
  }

  private var lockName: String { source.lockName(of: app) }

  private func entry(_ key: String) -> CacheEntry { cache.entry(tag, standingFor: key, of: source) }

  /// The release as it lies in the cache; nil where it does not, and nobody is asked.
  func atHand() throws(CatalogueError) -> FetchedRelease? {
    try CatalogueError.checkOwn(cache.root)
    return try lockedRelease()
  }

  /// The source cannot be asked now. What fleet.lock holds for the tag, and lies in the cache unharmed, is still
  /// that release.
  private func lockedRelease() throws(CatalogueError) -> FetchedRelease? {
    guard !acceptChanged, let known = try lockFile.read().identity(of: tag, app: lockName) else { return nil }
    for key in [known.commit?.description, known.sha256?.description].compactMap(\.self) {
      let entry = self.entry(key)
      guard let facts = entry.intactFacts(cancel: cancel), facts.claimed.tag == tag else { continue }
      return try release(facts, in: entry, tls: facts.tls)
    }
    return nil
  }

  /// Before anything is fetched for it.
  private func refuseMoved(_ claim: TagClaim) throws(CatalogueError) {
    guard !acceptChanged, case .changed(let old) = try lockFile.read().check(claim.identity, app: lockName)
    else {
      return
    }
    throw CatalogueError(VerificationError.identityChanged(old: old, new: claim.identity))
  }

  private func bring(
    _ claim: TagClaim, from asked: SourceClient, into entry: CacheEntry
  ) throws(CatalogueError) -> ReleaseFacts {
    do throws(FileError) { try makeFolder(entry.folder) } catch { throw CatalogueError(error) }
    var brought = try bring(claim, from: asked, to: entry.part, resume: true)
    do throws(CatalogueError) {
      return try judge(claim, brought, in: entry)
    } catch {
      entry.dropPart()
      guard brought.resumed, case .unverified = error else { throw error }
    }
    // Two halves that do not belong together say nothing about the release.
    brought = try bring(claim, from: asked, to: entry.part, resume: false)
    do throws(CatalogueError) {
      return try judge(claim, brought, in: entry)
    } catch {
      entry.dropPart()
      throw error
    }
  }

  private func bring(
    _ claim: TagClaim, from asked: SourceClient, to part: FilePath, resume: Bool
  ) throws(CatalogueError) -> Brought {
    do throws(SourceFailure) {
      return try asked.bring(claim, to: part, resume: resume) { progress.note($0) }
    } catch {
      throw error.error
    }
  }

  /// Holds the archive against the claim alone; whether the claim is the one on file comes after.
  private func judge(
    _ claim: TagClaim, _ brought: Brought, in entry: CacheEntry
  ) throws(CatalogueError) -> ReleaseFacts {
    let tls = brought.tls && claim.tls
    try refuseOther(claim, in: entry)
    let manifest: ArchiveManifest
    do throws(ArchiveError) { manifest = try ArchiveJudge.inspect(entry.part) } catch {
      throw CatalogueError(error, tag: tag)
    }
    let isSigned = try isSigned(entry.part, claim.signature)
    do throws(VerificationError) {
      _ = try VerifiedRelease.verify(
        claimed: claim.identity, app: lockName, observed: manifest.observed, require: require,
        lock: FleetLock(),
        accept: false, tls: tls, publishedDigest: claim.published,
        isSigned: isSigned)
    } catch {
      throw CatalogueError(error)
    }
    return try entry.store(
      claimed: claim.identity, published: claim.published, signature: claim.signature, manifest: manifest,
      tls: brought.tls)
  }

  /// What is not the file that was announced is not even looked into: it may have been replaced since.
  private func refuseOther(_ claim: TagClaim, in entry: CacheEntry) throws(CatalogueError) {
    let found: (digest: SHA256Digest, bytes: Int64)
    guard claim.remote != nil || claim.published != nil else { return }
    do throws(FileError) {
      found = (
        try FileDigest.of(
          entry.part, maxBytes: limits.maxArchiveBytes, isCancelled: { cancel.isSet }),
        try FileStatus.of(entry.part).sizeBytes
      )
    } catch {
      throw CatalogueError(error)
    }
    if let published = claim.published, published != found.digest {
      throw CatalogueError(VerificationError.otherDigest(tag: tag, published: published, found: found.digest))
    }
    if let size = claim.remote?.sizeBytes, size != found.bytes {
      throw .unverified(
        "\(tag) is refused: its source says that the archive has \(size) bytes, and \(found.bytes) came. "
          + "If it was uploaded anew a moment ago, fetch it again; otherwise do not trust it.")
    }
  }

  /// - Returns: false where nobody signed it, or nobody is asked to. What is signed wrongly is refused in any case.
  private func isSigned(_ archive: FilePath, _ signature: String?) throws(CatalogueError) -> Bool {
    guard let signature, !keys.isEmpty else { return false }
    do throws(Minisign.Refusal) {
      _ = try Minisign.signer(of: archive, signature: signature, keys: keys) { cancel.isSet }
      return true
    } catch {
      throw CatalogueError(error, tag: tag)
    }
  }

  private func release(
    _ facts: ReleaseFacts, in entry: CacheEntry, tls: Bool
  ) throws(CatalogueError) -> FetchedRelease {
    let isSigned = try isSigned(entry.archive, facts.signature)
    let verified = try lockFile.settle(app: lockName) { (lock) throws(VerificationError) in
      try VerifiedRelease.verify(
        claimed: facts.claimed, app: lockName, observed: facts.observed, require: require, lock: lock,
        accept: acceptChanged, tls: tls, publishedDigest: facts.published,
        isSigned: isSigned)
    }
    return FetchedRelease(
      verified, file: entry.archive, unpackedBytes: facts.unpackedBytes,
      listing: ListingFile(file: entry.listing, artifact: facts.listing))
  }
}
