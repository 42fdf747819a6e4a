/// A tag as a source lists it.
public struct SourceTag: Sendable, Hashable {
  public let name: String
  /// Nil where the source knows no commits, as a directory of archives.
  public let commit: ObjectID?

  public init(name: String, commit: ObjectID?) {
    self.name = name
    self.commit = commit
  }
}

/// A tag that names a version.
public struct Candidate: Sendable, Hashable {
  public let tag: TagName
  public let commit: ObjectID?
  public var version: Version { tag.version }

  public init(tag: TagName, commit: ObjectID?) {
    self.tag = tag
    self.commit = commit
  }

  /// All releases among the tags, ascending, one for each channel and version.
  public static func all(in tags: [SourceTag]) -> [Candidate] {
    struct Place: Hashable {
      let channel: String
      let version: Version
    }
    var best: [Place: Candidate] = [:]
    for tag in tags {
      guard let name = TagName(tag.name) else { continue }
      let candidate = Candidate(tag: name, commit: tag.commit)
      let place = Place(channel: name.channel, version: name.version)
      if let known = best[place], !candidate.isPreferred(to: known) { continue }
      best[place] = candidate
    }
    return best.values.sorted { ($0.tag.channel, $0.version) < ($1.tag.channel, $1.version) }
  }

  /// The release of exactly this version, for `--to`.
  public static func find(_ version: Version, channel: String, in tags: [SourceTag]) -> Candidate? {
    all(in: tags).first { $0.tag.channel == channel && $0.version == version }
  }

  /// Where one version has several tags, the same one must win on every run and every coordinator.
  private func isPreferred(to other: Candidate) -> Bool {
    tag.hasLetter != other.tag.hasLetter ? tag.hasLetter : tag.text < other.tag.text
  }
}
