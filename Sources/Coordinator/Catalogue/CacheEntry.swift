import Archive
import Files
import Release
import SystemPackage
import Wire
import Threads

/// What was found out about a release when it was fetched. It stands in the cache beside the archive.
struct ReleaseFacts: Codable, Equatable {
  static let schema = "fleet.cached-release/1"

  var schema = Self.schema
  /// As the source said it, and the archive was held against.
  var claimed: ReleaseIdentity
  /// As the archive showed it.
  var sha256: SHA256Digest
  var sizeBytes: UInt64
  var commit: ObjectID?
  var tree: ObjectID
  var treeObstacles: [TreeObstacle]
  /// Whether all of it came over TLS.
  var tls: Bool
  var unpackedBytes: Int64
  var listing: Artifact
  /// The digest that was published for it, where one was.
  var published: SHA256Digest?
  /// What minisign wrote beside it, where that was asked for. It is checked each time that it counts.
  var signature: String?

  init(
    claimed: ReleaseIdentity, published: SHA256Digest?, signature: String?, manifest: ArchiveManifest,
    tls: Bool, listing: Artifact
  ) {
    self.claimed = claimed
    self.published = published
    self.signature = signature
    sha256 = manifest.sha256
    sizeBytes = manifest.sizeBytes
    commit = manifest.commit
    tree = manifest.tree
    treeObstacles = manifest.treeObstacles
    self.tls = tls
    unpackedBytes = manifest.unpackedBytes
    self.listing = listing
  }

  /// The same in the words of `VerifiedRelease.verify`.
  var observed: ObservedArchive {
    ObservedArchive(
      sha256: sha256, sizeBytes: sizeBytes, commit: commit, tree: tree, treeObstacles: treeObstacles)
  }
}

/// One release in the cache.
struct CacheEntry {
  let folder: FilePath
  let limits: CatalogueLimits

  var archive: FilePath { folder.appending("archive") }
  var listing: FilePath { folder.appending("listing.json") }
  /// Written last, so that what has it is whole.
  var facts: FilePath { folder.appending("facts.json") }
  /// The archive while it comes; it stays after a cut, to go on with.
  var part: FilePath { folder.appending("archive.part") }

  /// Nil where there is no release, or not all of it.
  var knownFacts: ReleaseFacts? {
    guard let facts = SealedFile.read(ReleaseFacts.self, from: facts, maxBytes: limits.maxKeptBytes),
      facts.schema == ReleaseFacts.schema, Figure.bytes.isPossible(facts.sizeBytes),
      Figure.bytes.isPossible(facts.unpackedBytes), Figure.bytes.isPossible(facts.listing.size),
      (try? FileStatus.of(archive).sizeBytes) == Int64(clamping: facts.sizeBytes)
    else { return nil }
    return facts
  }

  /// The facts, after archive and listing were read and found to have the digests in them; else nil.
  func intactFacts(cancel: CancelFlag) -> ReleaseFacts? {
    guard let facts = knownFacts,
      (try? FileDigest.of(archive, maxBytes: limits.maxArchiveBytes, isCancelled: { cancel.isSet }))
        == facts.sha256,
      let listed = try? FileDigest.of(
        listing, maxBytes: Int64(ReleaseListing.maxBytes), isCancelled: { cancel.isSet }),
      listed.description == facts.listing.sha256
    else { return nil }
    return facts
  }

  /// Puts the part, which was verified, in place.
  func store(
    claimed: ReleaseIdentity, published: SHA256Digest?, signature: String?, manifest: ArchiveManifest,
    tls: Bool
  ) throws(CatalogueError) -> ReleaseFacts {
    let json = try listingJSON(manifest, tag: claimed.tag)
    let listed = Artifact(sha256: SHA256Digest(of: json).description, size: Int64(json.count))
    let kept = ReleaseFacts(
      claimed: claimed, published: published, signature: signature, manifest: manifest, tls: tls,
      listing: listed)
    do throws(FileError) {
      let directory = try Directory.open(folder)
      // An older archive under these facts would be neither.
      try directory.unlink("facts.json")
      try directory.writeDurably(json, to: "listing.json")
      try OpenFile.open(part).synchronize()
      try directory.rename("archive.part", to: "archive", replacing: true)
      try directory.synchronize()
    } catch {
      throw CatalogueError(error)
    }
    try SealedFile.write(kept, to: facts)
    return kept
  }

  /// Throws away a part that turned out to be no good.
  func dropPart() {
    guard let directory = try? Directory.open(folder) else { return }
    _ = try? directory.unlink("archive.part")
    _ = try? directory.unlink("archive.part.etag")
  }

  private func listingJSON(_ manifest: ArchiveManifest, tag: TagName) throws(CatalogueError) -> [UInt8] {
    let listing = ReleaseListing(
      files: manifest.entries.compactMap { entry in
        entry.blob.map { ReleaseListing.File(path: entry.path, blob: $0.description) }
      })
    let bytes: [UInt8]
    do {
      bytes = try listing.encoded()
    } catch {
      throw .unverified("\(tag) is refused: its files cannot be listed: \(error)")
    }
    guard bytes.count <= ReleaseListing.maxBytes else {
      throw .unverified(
        "\(tag) is refused: the list of its files takes \(bytes.count) bytes, more than the "
          + "\(ReleaseListing.maxBytes) allowed")
    }
    return bytes
  }
}

extension ArchiveManifest {
  /// What the tree takes on a disk with blocks of 4096 bytes, which is a little more than its bytes.
  var unpackedBytes: Int64 {
    let blockBytes: UInt64 = 4096
    let total = entries.reduce(UInt64(0)) { sum, entry in
      switch entry.kind {
      case .directory, .symlink: sum + blockBytes
      case .file: sum + (entry.sizeBytes + blockBytes - 1) / blockBytes * blockBytes
      }
    }
    return Int64(clamping: total)
  }
}
