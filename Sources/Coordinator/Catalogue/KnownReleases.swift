import ByteText
import Inventory
import Release

/// A release as GitHub lists it (docs.github.com/en/rest/releases/releases#list-releases).
struct ListedRelease: Decodable {
  var tagName: String
  var draft: Bool?
  var prerelease: Bool?
  var createdAt: String?
  var body: String?
  var assets: [ListedAsset]?

  private enum CodingKeys: String, CodingKey {
    case draft, prerelease, body, assets
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
    /// The names of its files that are there whole; nil as an earlier fleet kept it.
    var files: [String]?
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
        created: String((listed.createdAt ?? "").leading(scalars: 30)), notes: notes,
        files: (listed.assets ?? []).filter { $0.isWhole && $0.name.utf8.count <= limits.maxAssetNameBytes }
          .prefix(limits.maxAssets).map(\.name))
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

  /// Whether it says which files there are.
  var knowsFiles: Bool { releases.allSatisfy { $0.files != nil } }

  /// In the words of the judgement.
  ///
  /// - Parameter asset: which file is the archive; nil where that is the tag's own.
  func known(_ asset: AssetRule? = nil) -> TagStanding.Known {
    var standings: [String: TagStanding] = [:]
    // Several drafts may wait for one tag; a release that is out is the one that counts.
    for release in releases where !release.isDraft || standings[release.tag] == nil {
      standings[release.tag] = release.isDraft ? .draft : release.isPrerelease ? .prerelease : .released
    }
    let archives = asset.map { rule in
      Dictionary(
        releases.compactMap { release -> (String, [String]?)? in
          guard !release.isDraft, let name = TagName(release.tag) else { return nil }
          let files = Set(release.files ?? [])
          return (
            release.tag, rule.architectures(among: files, tag: release.tag, version: "\(name.version)")
          )
        }, uniquingKeysWith: { first, _ in first })
    }
    return TagStanding.Known(releases: standings, gone: Set(gone), isWhole: !hasMore, archives: archives)
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

extension String {
  /// What of it has room in so many bytes; no sign is cut in two.
  func leading(bytes: Int) -> String {
    var room = bytes
    return String(
      leading { sign in
        room -= UTF8.width(sign)
        return room >= 0
      })
  }
}
