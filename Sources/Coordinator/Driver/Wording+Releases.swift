package import Inventory
import Text
package import Release
import Wire

// Sentences about what a source has, and why some of it is not taken.
extension Wording {
  /// `12 tags are no versions (latest, nightly, …)`, and what would make them some; nil where there are none.
  package static func passedOver(_ passed: PassedOver, of source: ReleaseSource) -> String? {
    guard passed.count > 0 else { return nil }
    var prefix: String?
    var noun = "file"
    if let known = source.tagPrefix { (prefix, noun) = (known, "tag") }
    switch source {
    case .index: noun = "release"
    case .pypi: noun = "version"
    case .github, .gitea, .git, .directory: break
    }
    let names =
      passed.examples.map { visible($0, limit: 60) } + (passed.count > passed.examples.count ? ["…"] : [])
    let what = passed.count == 1 ? "1 \(noun) is no version" : "\(passed.count) \(noun)s are no versions"
    let behind = prefix.flatMap { $0.isEmpty ? nil : " behind \"\($0)\"" } ?? ""
    let text = "\(what)\(behind) (\(names.joined(separator: ", ")))"
    guard prefix == "", let found = passed.prefix else { return text + "." }
    let many = passed.behindPrefix == passed.count ? "as" : "\(passed.behindPrefix) of them as"
    return
      "\(text). Written in the profile, tag_prefix: \"\(visible(found, limit: 60))\" under source reads \(many) "
      + "versions."
  }

  /// What the profile knows to be bad, with where more of it stands.
  package static func advisory(_ advisory: Advisory) -> String {
    visible(advisory.why + (advisory.link.map { " (\($0))" } ?? ""))
  }

  /// Below the notes of releases: which have none, and how many are not shown.
  ///
  /// - Parameter track: where all of them are listed.
  package static func notesLeftOut(_ notes: ReleaseNotes, on track: String) -> [String] {
    var lines: [String] = []
    if !notes.missing.isEmpty { lines.append("No notes for \(list(notes.missing)).") }
    if notes.leftOut > 0 {
      let many = notes.leftOut == 1 ? "1 older release is" : "\(notes.leftOut) older releases are"
      lines.append("\(many) crossed, too; fleet releases --track \(track) --notes shows theirs.")
    }
    return lines
  }

  /// Why one of several tags for a version is not chosen.
  package static func ambiguous(_ release: Candidate) -> String {
    let names = ([release] + release.twins).map { tag in
      "\(tag.tag)" + (tag.commit.map { " (commit \($0.short))" } ?? "")
    }
    return "\(list(names)) are one version, and not the same release"
  }

  /// The same in a word or two; nil for a release as any other.
  package static func standing(_ standing: TagStanding) -> String? {
    switch standing {
    case .released: nil
    case .prerelease: "pre-release"
    case .draft: "draft"
    case .pulled: "pulled"
    case .unpublished: "no release of its own"
    case .incomplete: "no archive yet"
    }
  }

  /// What a source says of a release that is not taken by itself.
  static func standing(_ release: Candidate) -> String? {
    switch release.standing {
    case .released: nil
    case .prerelease: "\(release.tag) is a pre-release"
    case .draft: "\(release.tag) is a draft"
    case .pulled: "\(release.tag) was pulled: its tag is there, its release is not any more"
    case .unpublished: "\(release.tag) has no release, as the other tags have: pulled, or not published yet"
    case .incomplete: "\(release.tag) lacks its archive, or has not got it yet"
    }
  }

  /// The same with the way to have it all the same.
  package static func heldBack(_ release: Candidate, for host: String? = nil) -> String? {
    guard let text = standing(release) else { return nil }
    guard release.standing.canBeTaken else { return text }
    let host = host.map { " \($0)" } ?? ""
    return "\(text); fleet upgrade --to \(release.tag)\(host) takes it all the same"
  }
}
