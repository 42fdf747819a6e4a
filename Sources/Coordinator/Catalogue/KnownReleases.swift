import ByteText
import Release

/// A release as GitHub lists it (docs.github.com/en/rest/releases/releases#list-releases).
struct ListedRelease: Decodable {
  var tagName: String
  var draft: Bool?
  var prerelease: Bool?
  var createdAt: String?
  var body: String?

  private enum CodingKeys: String, CodingKey {
    case draft, prerelease, body
    case tagName = "tag_name"
    case createdAt = "created_at"
  }
}

/// What a repository said of its newest releases, as it is kept for the next time. Pure.
struct KnownReleases: Codable, Equatable {
  struct Release: Codable, Equatable {
    var tag: String
    var isDraft: Bool
    var isPrerelease: Bool
    /// As GitHub writes it, in UTC, so that later ones are greater as texts.
    var created: String
    /// The beginning of its notes.
    var notes: String
  }

  var url: String
  var etag: String?
  /// Older ones are not in the page.
  var hasMore = false
  var releases: [Release] = []
  /// Tags of releases that were there once, and are not any more.
  var gone: [String] = []

  init(url: String) { self.url = url }

  /// - Parameter before: what was known until now.
  init(
    url: String, etag: String?, hasMore: Bool, listed: [ListedRelease], before: KnownReleases?,
    limits: CatalogueLimits
  ) {
    self.init(url: url)
    self.etag = etag
    self.hasMore = hasMore
    releases = listed.prefix(limits.releasesPerPage).map { listed in
      let notes = (listed.body ?? "").leading(bytes: limits.maxNotesBytes)
      return Release(
        tag: listed.tagName, isDraft: listed.draft ?? false, isPrerelease: listed.prerelease ?? false,
        created: String((listed.createdAt ?? "").leading(scalars: 30)), notes: String(notes))
    }
    let here = Set(releases.map(\.tag))
    // What is older than the page may still be there, on the next one.
    let oldest = hasMore ? releases.map(\.created).min() ?? "" : ""
    let lost = (before?.releases ?? []).filter { !$0.isDraft && $0.created >= oldest }.map(\.tag)
    gone = Set(lost + (before?.gone ?? [])).subtracting(here).sorted().suffix(limits.maxGone)
  }

  /// As the tags are called everywhere else; those of other apps in the same repository are left out.
  func without(prefix: String) -> KnownReleases {
    var known = self
    known.releases = releases.compactMap { release in
      var release = release
      guard let tag = release.tag.without(prefix: prefix) else { return nil }
      release.tag = String(tag)
      return release
    }
    known.gone = gone.compactMap { $0.without(prefix: prefix).map { String($0) } }
    return known
  }

  /// In the words of the judgement.
  var known: TagStanding.Known {
    var standings: [String: TagStanding] = [:]
    // Several drafts may wait for one tag; a release that is out is the one that counts.
    for release in releases where !release.isDraft || standings[release.tag] == nil {
      standings[release.tag] = release.isDraft ? .draft : release.isPrerelease ? .prerelease : .released
    }
    return TagStanding.Known(releases: standings, gone: Set(gone), isWhole: !hasMore)
  }

  var notes: [String: String] {
    Dictionary(
      releases.filter { !$0.isDraft && !$0.notes.isEmpty }.map { ($0.tag, $0.notes) },
      uniquingKeysWith: { first, _ in first })
  }
}

extension TagPages {
  func releases(_ url: String) -> KnownReleases? {
    let known = SealedFile.read(KnownReleases.self, from: file(url), maxBytes: limits.maxKeptBytes)
    return known?.url == url ? known : nil
  }

  /// Also without an ETag: what was there once must be remembered.
  func keep(_ known: KnownReleases) throws(CatalogueError) {
    try SealedFile.write(known, to: file(known.url))
  }
}
