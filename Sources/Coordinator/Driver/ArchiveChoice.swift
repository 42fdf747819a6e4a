package import Inventory
import Release
import Rollout
import Text
import Wire

/// From which archive a host is upgraded, where a release has one for each architecture. Pure.
///
/// A source with an archive for each architecture is another source for each (`ReleaseSource.made(for:)`), so hosts of
/// two architectures are two legs of a plan, and so two rollouts, one after the other: what is verified, pushed and
/// proved in one rollout is one archive.
enum ArchiveChoice: Equatable {
  case from(ReleaseSource)
  case none(Cause)

  /// - Parameters:
  ///   - tags: the tags of the source.
  ///   - architecture: of the host, as its agent says it; nil where it says none.
  init(_ tag: TagName, of source: ReleaseSource, among tags: [SourceTag], for architecture: String?) {
    let offered = tags.first { $0.name == tag.text }?.architectures
    guard source.asset?.isPerArchitecture ?? (offered != nil) else {
      self = .from(source.made(for: nil))
      return
    }
    guard let architecture, !architecture.isEmpty else {
      self = .none(
        Cause(
          code: .architecture,
          text: "\(tag) has an archive for each architecture, and the agent does not say which this host has")
      )
      return
    }
    if let offered, !offered.contains(architecture) {
      let others = offered.isEmpty ? "none at all" : "only for \(Self.list(offered))"
      self = .none(
        Cause(
          code: .architecture,
          text: "\(tag) has no archive for \(architecture), which this host is, \(others)"))
      return
    }
    self = .from(source.made(for: architecture))
  }

  private static func list(_ words: [String]) -> String {
    words.map { visible($0, limit: 40) }.joined(separator: ", ")
  }
}

extension Choice {
  /// With the archive that fits the host. One that rests for a reason of its own keeps that.
  func settled(for architecture: String?, among tags: [SourceTag]) -> Choice {
    guard let tag, let source = entry.profile?.source else { return self }
    var choice = self
    switch ArchiveChoice(tag, of: source, among: tags, for: architecture) {
    case .from(let source): choice.entry.profile?.source = source
    case .none(let cause):
      choice.entry.profile?.source = source.made(for: architecture)
      if case .goes(let from) = entry.verdict { choice.entry.verdict = .rests(.refused, from: from, cause) }
    }
    return choice
  }
}

extension PlanLeg {
  /// Its release, and for which hosts it is where that makes a difference.
  package var release: String { source.architecture.map { "\(tag) for \($0)" } ?? "\(tag)" }

  /// The same release for hosts of another architecture.
  package func isSameElsewhere(_ other: PlanLeg) -> Bool {
    tag == other.tag && source.shelf == other.source.shelf && source != other.source
  }

  /// What failed for one architecture goes nowhere else by itself.
  package func notBegun(after first: PlanLeg, _ typed: TypedFleet) -> String {
    let names = going.map { visible($0.host.name, limit: 60) }
    let again = typed.command("upgrade", going.map(\.host.name))
    return
      "\(release) was not begun on \(Wording.list(names)): it did not go well as \(first.release). Once that is "
      + "settled: \(again)"
  }
}
