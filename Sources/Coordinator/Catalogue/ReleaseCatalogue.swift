package import Inventory
package import Release
package import SystemPackage
package import Wire

/// Why a release could not be had. Ends a command with exit code 6.
package enum CatalogueError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The source has no such release; the text names what it looked for and what comes near.
  case notFound(String)
  /// The source cannot be reached, or does not answer as it should.
  case source(String)
  /// The source asks to wait; the text says until when and how a token helps.
  case rateLimited(String)
  /// The tag's identity is not the one in fleet.lock. The text shows both and names
  /// `fleet fetch --accept VERSION`.
  case changed(String)
  /// What was fetched does not prove to be the release.
  case unverified(String)
  /// The cache or fleet.lock cannot be read or written.
  case storage(String)

  package var description: String {
    switch self {
    case .notFound(let text), .source(let text), .rateLimited(let text), .changed(let text),
      .unverified(let text), .storage(let text):
      visible(text, lines: true)
    }
  }
}

/// One tag of a source that reads as a release.
package struct CatalogueEntry: Equatable, Sendable {
  /// As the source writes it, but for its prefix, with its commit and what the source says of it.
  package var sourceTag: SourceTag
  /// Whether it lies in the cache, verified, and needs no network.
  package var fetched: Bool
  /// For hosts of which architectures, where there is an archive for each.
  package var fetchedFor: Set<String>

  package init(_ sourceTag: SourceTag, fetched: Bool = false, fetchedFor: Set<String> = []) {
    self.sourceTag = sourceTag
    self.fetched = fetched
    self.fetchedFor = fetchedFor
  }

  package var tag: String { sourceTag.name }
}

extension TagName {
  /// Of a tag that somebody wrote down.
  package init(written text: String) throws(CatalogueError) {
    guard let name = TagName(text) else {
      throw .notFound("\(text) is no tag of a release, such as v4.2.0")
    }
    self = name
  }
}

/// All that a source has.
package struct CatalogueList: Equatable, Sendable {
  /// Every tag that reads as a version, oldest first in the order of versions.
  package var entries: [CatalogueEntry]
  /// The others.
  package var passedOver: PassedOver

  package init(entries: [CatalogueEntry], passedOver: PassedOver = .none) {
    self.entries = entries
    self.passedOver = passedOver
  }
}

/// A release that was fetched and verified, ready to be pushed. There is no other way to one than out of a
/// ``Release/VerifiedRelease``, and none to change it.
package struct FetchedRelease: Equatable, Sendable {
  package let name: ReleaseName
  /// The artifact in the cache.
  package let file: FilePath
  /// What was proved, in this order where present: "tls", "commit", "tree", "sha256", "minisign".
  package let verified: [String]
  /// What it takes on the disk, in bytes.
  package let unpackedBytes: Int64
  /// Its ``Wire/ReleaseListing`` as a file in the cache: a host that has this release installed, and
  /// not by fleet, needs it for the account of what would be left behind.
  package let listing: ListingFile?

  package init(
    _ verified: VerifiedRelease, file: FilePath, unpackedBytes: Int64, listing: ListingFile?
  ) {
    name = ReleaseName(verified)
    self.file = file
    self.verified = verified.evidence.map(\.rawValue)
    self.unpackedBytes = unpackedBytes
    self.listing = listing
  }
}

/// A listing in the cache, and the name under which it is uploaded.
package struct ListingFile: Equatable, Sendable {
  package var file: FilePath
  package var artifact: Artifact

  package init(file: FilePath, artifact: Artifact) {
    self.file = file
    self.artifact = artifact
  }
}

/// How a release's content is made of an installed release, as a file in the cache.
package struct DeltaFile: Equatable, Sendable {
  package var file: FilePath
  package var artifact: Artifact
  /// What comes out.
  package var content: Artifact
  package var shape: DeltaShape
  package var referenceBytes: Int64

  package init(
    file: FilePath, artifact: Artifact, content: Artifact, shape: DeltaShape, referenceBytes: Int64
  ) {
    self.file = file
    self.artifact = artifact
    self.content = content
    self.shape = shape
    self.referenceBytes = referenceBytes
  }
}

/// How far a fetch is. `total` is nil while the source does not say.
package struct FetchProgress: Equatable, Sendable {
  package var bytes: Int64
  package var total: Int64?

  package init(bytes: Int64, total: Int64?) {
    self.bytes = bytes
    self.total = total
  }
}

/// Releases whose makers' notes are wanted.
package struct NotesWish: Equatable, Sendable {
  /// In any order.
  package var tags: [SourceTag]
  /// The changelog in the releases' archives, by its path in the tree; nil: none is known.
  package var file: String?
  /// Whether the source may be asked; else what lies in the cache has to do.
  package var asks: Bool

  package init(tags: [SourceTag], file: String?, asks: Bool) {
    self.tags = tags
    self.file = file
    self.asks = asks
  }

  /// Of releases with all their tags.
  package init(of releases: some Sequence<Candidate>, file: String?, asks: Bool) {
    let tags = releases.flatMap { [$0] + $0.twins }
    self.init(
      tags: tags.map { SourceTag(name: $0.tag.text, commit: $0.commit, standing: $0.standing) }, file: file,
      asks: asks)
  }
}

/// What was found of them. It is for people alone: nothing is decided by it.
package struct FoundNotes: Equatable, Sendable {
  /// By tag, each bounded.
  package var texts: [String: String]
  /// Why there may be more of them, as sentences without their full stops.
  package var troubles: [String]

  package init(texts: [String: String] = [:], troubles: [String] = []) {
    self.texts = texts
    self.troubles = troubles
  }
}

/// The releases of the inventory's sources, and the cache that holds what was verified. One per
/// inventory: it owns its fleet.lock.
package protocol ReleaseCatalogue: Sendable {
  /// Every tag that reads as a version, and what the others are.
  func list(of source: ReleaseSource) async throws(CatalogueError) -> CatalogueList

  /// Fetches the release of a tag once (from the cache, where it lies there), verifies it as `verify`
  /// requires and holds it against fleet.lock, where it is written when it is new.
  ///
  /// - Parameters:
  ///   - acceptChanged: take the tag's new identity and write it to fleet.lock.
  ///   - progress: called at most some times a second while bytes arrive; never after the return.
  func fetch(
    _ tag: TagName, of source: ReleaseSource, verify: VerifyPolicy, acceptChanged: Bool,
    progress: @escaping @Sendable (FetchProgress) -> Void
  ) async throws(CatalogueError) -> FetchedRelease

  /// What a host that has a release lacks of another: made once for the two, and kept. Nil where the release that it
  /// has does not lie in the cache, and where hardly less would be sent. Never an error: what cannot be had is sent
  /// whole.
  func delta(
    from installed: TagName, to release: FetchedRelease, of source: ReleaseSource, verify: VerifyPolicy
  ) async -> DeltaFile?

  /// What the makers wrote of releases: at the source, else in the changelog of a fetched archive. Never an error: what
  /// cannot be had is missing.
  func notes(_ wish: NotesWish, of source: ReleaseSource) async -> FoundNotes
}

extension ReleaseCatalogue {
  package func entries(of source: ReleaseSource) async throws(CatalogueError) -> [CatalogueEntry] {
    try await list(of: source).entries
  }
}
