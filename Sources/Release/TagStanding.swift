/// What a source says of a tag beside its name. Pure data: the same words for every source.
package enum TagStanding: String, Sendable, Hashable {
  /// A release as any other; also where the source knows only tags.
  case released
  /// Called a pre-release there, whatever its name looks like.
  case prerelease
  /// Being written: its makers have not let it out.
  case draft
  /// There was a release, and it was taken away; its tag stayed.
  case pulled
  /// It has no release, in a repository whose other tags have theirs.
  case unpublished
  /// Its release lacks the archive, or has not got it yet.
  case incomplete

  /// Whether an upgrade may choose it by itself, where pre-releases are not asked for.
  package var isOffered: Bool { self == .released }

  /// Whether it can be had where it is asked for by its name.
  package var canBeTaken: Bool { self != .draft && self != .incomplete }

  /// What is known of the releases of a repository.
  package struct Known: Sendable {
    /// With the standing of each: released, prerelease or draft.
    package var releases: [String: TagStanding]
    /// That had a release before, and have none any more.
    package var gone: Set<String>
    /// Whether there are no others.
    package var isWhole: Bool
    /// Where files beside the releases are what is installed: the architectures of those files, for each release; nil
    /// for one that is for all. Nil where the tags themselves are packed.
    package var archives: [String: [String]?]?

    package init(
      releases: [String: TagStanding], gone: Set<String>, isWhole: Bool, archives: [String: [String]?]? = nil
    ) {
      self.releases = releases
      self.gone = gone
      self.isWhole = isWhole
      self.archives = archives
    }

    /// A release without its archive is none yet; of a tag that is not on the page nothing is known.
    func standing(of tag: String) -> TagStanding? {
      guard let archives, gone.contains(tag) == false else { return releases[tag] }
      guard let said = releases[tag] else { return isWhole ? .unpublished : nil }
      guard said == .released || said == .prerelease, let known = archives[tag] else { return said }
      return known?.isEmpty == true ? .incomplete : said
    }
  }

  /// The tags with what the repository's releases say of them.
  ///
  /// A tag without a release is conspicuous only where releases are the custom: where three tags or more have one,
  /// and of the tags from the first of them on (on a channel, in the order of versions) at most one in five has none.
  /// Those that are pre-releases by their names often have none, and do not count.
  package static func judged(_ tags: [SourceTag], by known: Known) -> [SourceTag] {
    let names = Dictionary(uniqueKeysWithValues: Set(tags.map(\.name)).map { ($0, TagName($0)) })
    var first: [String: Version] = [:]
    for case let name?? in tags.map({ names[$0.name] }) where known.releases[name.text] != nil {
      first[name.channel] = min(first[name.channel] ?? name.version, name.version)
    }
    let missing = Set(
      names.values.compactMap { $0 }.filter { name in
        known.releases[name.text] == nil && !name.version.isPrerelease
          && first[name.channel].map { $0 < name.version } ?? false
      }.map(\.text))
    let released = names.keys.count { known.releases[$0] != nil }
    let isCustom = known.isWhole && released >= 3 && missing.count * 4 <= released
    return tags.map { tag in
      let standing: TagStanding =
        if let said = known.standing(of: tag.name) {
          said
        } else if known.gone.contains(tag.name) {
          .pulled
        } else {
          isCustom && missing.contains(tag.name) ? .unpublished : .released
        }
      return SourceTag(
        name: tag.name, commit: tag.commit, standing: standing,
        architectures: known.archives?[tag.name] ?? nil)
    }
  }
}
