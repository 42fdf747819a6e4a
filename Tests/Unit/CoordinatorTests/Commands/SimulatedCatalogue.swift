import CoordinatorSupport
import Release
import Synchronization
import SystemPackage
@testable import Wire

@testable import Inventory
@testable import Catalogue
@testable import Hosts
@testable import Coordinator

/// A source with these tags, everything fetched and verified.
struct SimulatedCatalogue: ReleaseCatalogue {
  var tags = ["v4.0.26", "v4.1.0", "v4.2.0", "v5.0.0"]
  var error: CatalogueError?
  /// Only with `acceptChanged`.
  var moved: Set<String> = []

  var standings: [String: TagStanding] = [:]
  var notes: [String: String] = [:]
  /// Why there may be more of them.
  var notesTrouble: String?
  /// Hears whose notes are wanted.
  var hearsNotes: @Sendable (NotesWish) -> Void = { _ in }
  var commits: [String: String] = [:]
  /// Tags that lie in the cache.
  var fetched: Set<String> = []
  /// Those that each has an archive for; nil: one for all.
  var architectures: [String]?
  /// Hears which release is fetched from where.
  var hears: @Sendable (TagName, ReleaseSource) -> Void = { _, _ in }
  /// Tags that are no versions.
  var others: [String] = []
  /// What hosts lack of any release.
  var delta: DeltaFile?

  func list(of source: ReleaseSource) async throws(CatalogueError) -> CatalogueList {
    if let error { throw error }
    return CatalogueList(
      entries: tags.map {
        CatalogueEntry(
          SourceTag(
            name: $0, commit: commits[$0].flatMap { ObjectID($0) }, standing: standings[$0] ?? .released,
            architectures: architectures),
          fetched: fetched.contains($0))
      }, passedOver: PassedOver(others))
  }

  func delta(
    from installed: TagName, to release: FetchedRelease, of source: ReleaseSource, verify: VerifyPolicy
  ) async -> DeltaFile? { delta }

  func notes(_ wish: NotesWish, of source: ReleaseSource) async -> FoundNotes {
    hearsNotes(wish)
    let names = wish.tags.map(\.name)
    return FoundNotes(
      texts: notes.filter { names.contains($0.key) }, troubles: [notesTrouble].compactMap { $0 })
  }

  func fetch(
    _ tag: TagName, of source: ReleaseSource, verify: VerifyPolicy, acceptChanged: Bool,
    progress: @escaping @Sendable (FetchProgress) -> Void
  ) async throws(CatalogueError) -> FetchedRelease {
    hears(tag, source)
    if let error { throw error }
    if moved.contains(tag.text), !acceptChanged { throw .changed("\(tag) was moved\nold\nnew") }
    let like = SampleRecord.release
    let (commit, tree) = (like.commit.flatMap { ObjectID($0) }, like.tree.flatMap { ObjectID($0) })
    // Another archive for each.
    let digest = String(
      ("\(tag.text)\(source.architecture ?? "")".utf8.map { String($0, radix: 16) }.joined()
        + String(repeating: "0", count: 64)).prefix(64))
    guard let sha256 = SHA256Digest(digest) else { throw .notFound(digest) }
    let listing = ListingFile(file: "/cache/listing", artifact: Artifact(sha256: "ab", size: 5))
    do {
      let verified = try VerifiedRelease.verify(
        claimed: ReleaseIdentity(tag: tag, commit: commit, tree: tree, sha256: nil), app: "growroom",
        observed: ObservedArchive(
          sha256: sha256, sizeBytes: UInt64(like.size), commit: commit, tree: tree),
        require: [], lock: FleetLock(), accept: acceptChanged, tls: true, publishedDigest: nil,
        isSigned: false)
      return FetchedRelease(verified, file: "/cache/release", unpackedBytes: 9, listing: listing)
    } catch {
      throw .unverified("\(error)")
    }
  }
}
