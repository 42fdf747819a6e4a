import ByteText
import Rollout
package import Release
import Wire

/// What their makers wrote of the releases that an upgrade crosses, the newest first. Foreign text, bounded and
/// visible from here on; nothing is decided by it.
package struct ReleaseNotes: Codable, Equatable, Sendable {
  package struct Note: Codable, Equatable, Sendable {
    package var version: String
    package var tag: String
    /// Nil where nothing is known.
    package private(set) var text: String?

    package init(version: String, tag: String, text: String?) {
      self.version = visible(version, limit: 60)
      self.tag = visible(tag, limit: 80)
      // Whatever ends its lines, they end as ours.
      let lines = text.map { $0.allTextLines.joined(separator: "\n").trimmed } ?? ""
      // Cut when it is visible, so that it is the same however often it is read.
      let shown = visible(String(lines), limit: .max, lines: true)
      let begin = shown.leading(scalars: RolloutLimits.noteCharacters)
      self.text = shown.isEmpty ? nil : begin.endIndex == shown.endIndex ? shown : String(begin) + "…"
    }

    /// Whoever wrote it, it is bounded and visible as one of ours.
    package init(from decoder: any Decoder) throws {
      let keys = try decoder.container(keyedBy: CodingKeys.self)
      self.init(
        version: try keys.decode(String.self, forKey: .version),
        tag: try keys.decode(String.self, forKey: .tag),
        text: try keys.decodeIfPresent(String.self, forKey: .text))
    }

    package func encode(to encoder: any Encoder) throws {
      var keys = encoder.container(keyedBy: CodingKeys.self)
      try keys.encode(version, forKey: .version)
      try keys.encode(tag, forKey: .tag)
      try keys.encode(text, forKey: .text)
    }

    private enum CodingKeys: String, CodingKey { case version, tag, text }

    /// The lines that are not empty.
    package var lines: [String] { (text ?? "").textLines.map { String($0) } }
  }

  package private(set) var releases: [Note]
  /// How many older ones are crossed, too.
  package private(set) var leftOut: Int

  package init() { (releases, leftOut) = ([], 0) }

  /// - Parameters:
  ///   - crossed: the newest first.
  ///   - texts: by tag; of several tags of a version any has it.
  package init(of crossed: [Candidate], texts: [String: String]) {
    releases = crossed.prefix(RolloutLimits.notedReleases).map { release in
      let text = ([release] + release.twins).lazy.compactMap { texts[$0.tag.text] }.first
      return Note(version: "\(release.version)", tag: release.tag.text, text: text)
    }
    leftOut = crossed.count - releases.count
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    let said = try keys.decode([Note].self, forKey: .releases)
    releases = Array(said.prefix(RolloutLimits.notedReleases))
    leftOut = Figure.count.nearest(try keys.decode(Int.self, forKey: .leftOut))
  }

  private enum CodingKeys: String, CodingKey { case releases, leftOut }

  /// The versions of which nothing is known.
  package var missing: [String] { releases.filter { $0.text == nil }.map(\.version) }
}

extension PlanLeg {
  /// The releases that are new to some of these hosts, up to its own, the newest first. Those that are not offered
  /// are left out; that a host skips one does not keep what is in it out of the next.
  package func crossed(by entries: [PlanEntry], among tags: [SourceTag]) -> [Candidate] {
    let installed = entries.compactMap { $0.from.flatMap { Version($0) } }
    guard let oldest = installed.min() else { return [] }
    return Candidate.all(in: tags).filter { release in
      release.tag.channel == tag.channel && oldest < release.version && release.version <= tag.version
        && (release.tag == tag || release.standing.isOffered && !release.isPrerelease)
    }.reversed()
  }
}

extension PlanEntry {
  /// What is installed, as far as it is known.
  var from: String? {
    switch verdict {
    case .goes(let from), .rests(_, let from, _): from
    }
  }
}
