/// A tag as a source lists it.
package struct SourceTag: Sendable, Hashable {
  package let name: String
  /// Nil where the source knows no commits, as a directory of archives.
  package let commit: ObjectID?
  package let standing: TagStanding
  /// Those that it has an archive for, as `uname -m` says them; nil where one is for all, or nobody knows.
  package let architectures: [String]?

  package init(
    name: String, commit: ObjectID?, standing: TagStanding = .released, architectures: [String]? = nil
  ) {
    self.name = name
    self.commit = commit
    self.standing = standing
    self.architectures = architectures
  }
}

/// A tag that names a version.
package struct Candidate: Sendable, Hashable {
  package let tag: TagName
  package let commit: ObjectID?
  package let standing: TagStanding
  /// As in ``SourceTag/architectures``.
  package let architectures: [String]?
  /// Other tags of the same version on the same channel, spelled differently.
  package private(set) var twins: [Candidate] = []
  package var version: Version { tag.version }

  package init(
    tag: TagName, commit: ObjectID?, standing: TagStanding = .released, architectures: [String]? = nil
  ) {
    self.tag = tag
    self.commit = commit
    self.standing = standing
    self.architectures = architectures
  }

  /// Taken only where it is asked for: by its name, by what git describe made of it, or by what its source says.
  package var isPrerelease: Bool {
    version.isPrerelease || version.isBeyondTag || standing == .prerelease
  }

  /// Whether its twins are something else than it is, or nobody can tell.
  package var isAmbiguous: Bool {
    twins.contains { $0.commit == nil || $0.commit != commit }
  }

  /// All releases among the tags, ascending, one for each channel and version.
  package static func all(in tags: [SourceTag]) -> [Candidate] {
    struct Place: Hashable {
      let channel: String
      let version: Version
    }
    var places: [Place: [Candidate]] = [:]
    for tag in Set(tags) {
      guard let name = TagName(tag.name) else { continue }
      places[Place(channel: name.channel, version: name.version), default: []].append(
        Candidate(
          tag: name, commit: tag.commit, standing: tag.standing, architectures: tag.architectures))
    }
    return places.values.compactMap { same in
      let order = same.sorted { $0.isPreferred(to: $1) }
      guard var best = order.first else { return nil }
      best.twins = Array(order.dropFirst())
      return best
    }.sorted { ($0.tag.channel, $0.version) < ($1.tag.channel, $1.version) }
  }

  /// The tags without those that name a series and move along it: `v4.1`, where it stands on the commit of v4.1.3.
  /// Where it stands on that of v4.1.0, or alone, it is a version itself.
  package static func withoutSeries(_ tags: [SourceTag]) -> (versions: [SourceTag], series: [String]) {
    let names = Set(tags).filter { $0.commit != nil }.compactMap { tag in
      TagName(tag.name).map { (commit: tag.commit, name: $0) }
    }
    let byCommit = Dictionary(grouping: names) { $0.commit }
    let series = Set(
      names.filter { commit, name in
        byCommit[commit, default: []].contains { other in
          other.name.channel == name.channel && other.name.version != name.version
            && name.version.isSeries(of: other.name.version)
        }
      }.map(\.name.text))
    return (tags.filter { !series.contains($0.name) }, series.sorted())
  }

  /// The release of exactly this version, for `--to`. Of several tags for it the one that is written as `text`.
  package static func find(
    _ version: Version, channel: String, spelled text: String? = nil, in tags: [SourceTag]
  ) -> Candidate? {
    guard let found = all(in: tags).first(where: { $0.tag.channel == channel && $0.version == version })
    else { return nil }
    return text.flatMap { found.spelled($0) } ?? found
  }

  /// This one or its twin, where that is its very name; and nothing is ambiguous about it any more.
  private func spelled(_ text: String) -> Candidate? {
    ([self] + twins).first { $0.tag.text == text }.map {
      Candidate(
        tag: $0.tag, commit: $0.commit, standing: $0.standing, architectures: $0.architectures)
    }
  }

  /// Where one version has several tags, the same one must win on every run and every coordinator.
  private func isPreferred(to other: Candidate) -> Bool {
    tag.hasLetter != other.tag.hasLetter
      ? tag.hasLetter : tag.text.utf8.lexicographicallyPrecedes(other.tag.text.utf8)
  }
}
