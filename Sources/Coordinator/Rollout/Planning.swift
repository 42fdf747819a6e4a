public import Release
public import Wire

/// What the person asked for, beyond the inventory.
public struct PlanWishes: Equatable, Sendable {
  public enum Target: Equatable, Sendable {
    /// Each host along its own track: its pin, else its installed major.
    case ownTrack
    /// `--track`: for hosts without a pin.
    case track(Track)
    /// `--to`: exactly this one; it may cross a major.
    case exactly(TagWish)
  }
  public var target: Target
  public var allowDowngrade: Bool
  /// Try again what a host refused before.
  public var retry: Bool

  public init(target: Target = .ownTrack, allowDowngrade: Bool = false, retry: Bool = false) {
    self.target = target
    self.allowDowngrade = allowDowngrade
    self.retry = retry
  }
}

/// `4.2.0` (on the host's own channel) or a whole tag, `exp-v4.9.0`.
public struct TagWish: Equatable, Sendable, CustomStringConvertible {
  public var version: Version
  /// nil: the channel of what is installed.
  public var channel: String?

  public init?(_ text: String) {
    guard let name = TagName(text) else { return nil }
    version = name.version
    channel = name.channel.isEmpty ? nil : name.channel
  }

  public var description: String { channel.map { "\($0)-v\(version)" } ?? "\(version)" }
}

/// What came back from asking a host.
public enum SurveyAnswer: Equatable, Sendable {
  case probe(Probe)
  case error(HostError)
  /// `hold: true`: it was not asked.
  case notAsked
}

/// One host's part of a plan.
public struct PlanEntry: Equatable, Sendable {
  public var host: Host
  public var verdict: Rollout.Verdict
  /// The profile that fits what is installed.
  public var profile: Profile?
  /// The release that lies behind the target, where that is a stepping stone.
  public var goal: TagName?
  /// What is installed, where fleet did not install it: the agent then has no listing of its files.
  public var listing: TagName?
  /// How the job of this rollout ended on the host already, where it did.
  public var ended: JobResult?
  /// The job of this rollout is in its cutover there.
  public var isInCutover = false
  /// How long it has had what is installed, as far as its agent knows.
  public var installedSecondsAgo: Int?
}

/// One release over some hosts: what becomes one rollout.
public struct PlanLeg: Equatable, Sendable {
  public var tag: TagName
  public var track: Track
  public var source: ReleaseSource
  public var verify: VerifyPolicy
  /// In the inventory's order; also those that stay where they are.
  public var entries: [PlanEntry]
  public var newer: [Selection.NewerMajor]

  public var going: [PlanEntry] {
    entries.filter { if case .goes = $0.verdict { true } else { false } }
  }
}

/// Which host goes where. Pure: the same answers and the same tags give the same plan.
public struct Plan: Equatable, Sendable {
  /// Hosts on several tracks become successive rollouts.
  public var legs: [PlanLeg]
  /// Hosts for which no release could be named (away, held, nothing installed), where no leg took them.
  public var others: [PlanEntry]

  public var entries: [PlanEntry] { legs.flatMap(\.entries) + others }

  /// - Parameters:
  ///   - answers: one for each host, in the inventory's order.
  ///   - tags: the source's tags; asked once for each source.
  public static func make(
    _ answers: [(host: Host, answer: SurveyAnswer)], skip: [String], wishes: PlanWishes,
    tags: (ReleaseSource) -> [SourceTag]
  ) throws(CatalogueError) -> Plan {
    let skipped = Set(skip.compactMap { TagName($0)?.version })
    var legs: [PlanLeg] = []
    var others: [PlanEntry] = []
    for (host, answer) in answers {
      let choice = try Choice.make(host, answer, skip: skipped, wishes: wishes, tags: tags)
      guard let tag = choice.tag, let track = choice.track, let profile = choice.entry.profile else {
        others.append(choice.entry)
        continue
      }
      if let index = legs.firstIndex(where: { $0.tag == tag && $0.source == profile.source }) {
        legs[index].entries.append(choice.entry)
      } else {
        legs.append(
          PlanLeg(
            tag: tag, track: track, source: profile.source, verify: profile.verify,
            entries: [choice.entry], newer: choice.newer))
      }
    }
    return Plan(legs: legs, others: others).joined(order: answers.map(\.host.name))
  }

  /// The first profile of a host that reads a version which it is for.
  static func installed(_ host: Host, _ probe: Probe) -> (Profile, Version)? {
    for (profile, finding) in zip(host.profiles, probe.findings) {
      guard let version = finding.version.flatMap({ TagName($0)?.version }) else { continue }
      if profile.applies?.contains(version) ?? true { return (profile, version) }
    }
    return nil
  }

  /// Why nothing is known to be installed that could be upgraded.
  static func problem(_ probe: Probe) -> String {
    if let version = probe.findings.compactMap(\.version).first {
      return "no profile is for the version that it has (\(visible(version, limit: 60)))"
    }
    return probe.findings.compactMap(\.problem).first ?? "the installed version cannot be read"
  }

  /// Hosts that no release could be named for stand in the report of the first rollout.
  private func joined(order: [String]) -> Plan {
    guard !legs.isEmpty, !others.isEmpty else { return self }
    var plan = Plan(legs: legs, others: [])
    let home = legs.firstIndex { !$0.going.isEmpty } ?? 0
    let place = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    plan.legs[home].entries = (legs[home].entries + others).sorted {
      place[$0.host.name, default: 0] < place[$1.host.name, default: 0]
    }
    return plan
  }
}

/// The decision for one host.
private struct Choice {
  var entry: PlanEntry
  /// The release of the leg that it belongs to, also where it stays.
  var tag: TagName?
  var track: Track?
  var newer: [Selection.NewerMajor] = []

  static func make(
    _ host: Host, _ answer: SurveyAnswer, skip: Set<Version>, wishes: PlanWishes,
    tags: (ReleaseSource) -> [SourceTag]
  ) throws(CatalogueError) -> Choice {
    func rests(_ outcome: Outcome, _ cause: Rollout.Cause) -> Choice {
      Choice(entry: PlanEntry(host: host, verdict: .rests(outcome, from: nil, cause)))
    }
    switch answer {
    case .notAsked:
      return rests(.untouched, Rollout.Cause(code: "hold", text: "hold: true in fleet.yaml"))
    case .error(let error):
      return rests(error.isAway ? .unreachable : .refused, Rollout.Cause(error, at: host.name))
    case .probe(let probe):
      guard let (profile, version) = Plan.installed(host, probe) else {
        return rests(.refused, Rollout.Cause(code: "install", text: Plan.problem(probe)))
      }
      return try HostPlan(
        host: host, profile: profile, installed: version, status: probe.status, skip: skip,
        wishes: wishes, tags: tags(profile.source)
      ).choose()
    }
  }
}

/// A host that answered, with what is installed there.
private struct HostPlan {
  let host: Host
  let profile: Profile
  let installed: Version
  let status: HostStatus
  let skip: Set<Version>
  let wishes: PlanWishes
  let tags: [SourceTag]

  /// What fleet recorded with the install tells its channel; a version read back does not.
  private var channel: String {
    guard let tag = status.installedTag.flatMap({ TagName($0) }), tag.version == installed else {
      return ""
    }
    return tag.channel
  }

  private var stones: [Version] { profile.steppingStones.compactMap { TagName($0)?.version } }

  func choose() throws(CatalogueError) -> Choice {
    switch wishes.target {
    case .exactly(let wish): try exactly(wish)
    case .track(let track): along(pin ?? track, isAsked: pin == nil)
    case .ownTrack: along(pin ?? Track(majorOf: installed, channel: channel), isAsked: false)
    }
  }

  private var pin: Track? { host.track.flatMap { Track($0) } }

  private func exactly(_ wish: TagWish) throws(CatalogueError) -> Choice {
    let channel = wish.channel ?? pin?.channel ?? channel
    guard let goal = Candidate.find(wish.version, channel: channel, in: tags) else {
      throw .notFound("there is no release \(wish); fleet releases lists what there is")
    }
    let track = Track(majorOf: goal.version, channel: goal.tag.channel)
    if let pin, pin.channel != goal.tag.channel {
      let text = "its track is \(pin), another channel than \(goal.tag)"
      return rests(.untouched, "pinned", text, goal.tag, track)
    }
    if installed > goal.version, !wishes.allowDowngrade {
      let text = "\(goal.version) is older than \(installed): --allow-downgrade"
      return rests(.refused, "downgrade", text, goal.tag, track)
    }
    if installed > goal.version { return go(goal, goal: goal, track, []) }
    let outcome = Selection.toward(
      goal, from: tags, installed: installed, skip: skip, steppingStones: stones)
    return take(outcome, newest: goal, track, [])
  }

  private func along(_ track: Track, isAsked: Bool) -> Choice {
    let selection = Selection.choose(
      from: tags, track: track, installed: installed, skip: skip, steppingStones: stones)
    guard let newest = selection.newest else {
      return rests(.refused, "not_found", "no release lies on track \(track)", nil, nil)
    }
    if installed.major < track.major {
      let text = "track \(track) would cross a major from \(installed): fleet upgrade --to \(newest.version)"
      return rests(.refused, "major", text, newest.tag, track, selection.newerMajors)
    }
    return take(selection.outcome, newest: newest, track, selection.newerMajors)
  }

  private func take(
    _ outcome: Selection.Outcome, newest: Candidate, _ track: Track, _ newer: [Selection.NewerMajor]
  ) -> Choice {
    switch outcome {
    case .upgrade(let target, let goal):
      return go(target, goal: goal, track, newer)
    case .current:
      let isAhead = installed > newest.version
      let text = "ahead of \(newest.tag)"
      let cause = isAhead ? Rollout.Cause(code: "ahead", text: text) : nil
      return choice(.rests(.current, from: "\(installed)", cause), newest.tag, track, newer)
    case .nothingOnTrack:
      return rests(.refused, "not_found", "no release lies on track \(track)", nil, nil)
    case .blocked(let stone, let why, let goal):
      let reason = why == .skipped ? "is skipped in fleet.yaml" : "is not among the releases"
      let text = "the way to \(goal.version) leads over \(stone), which \(reason)"
      return rests(.refused, "stepping_stone", text, goal.tag, track, newer)
    }
  }

  /// It could go; whether it may.
  private func go(
    _ target: Candidate, goal: Candidate, _ track: Track, _ newer: [Selection.NewerMajor]
  ) -> Choice {
    let tag = target.tag
    if let mark = status.mark {
      let text = "marked by \(mark.tag): \(mark.reason.text); fleet clear \(host.name) once it is mended"
      return rests(.refused, Reason.Code.marked.rawValue, text, tag, track, newer)
    }
    if let held = status.heldTag, held == tag.text || held == "\(tag.version)" {
      let text = "rolled back from \(tag) by hand; a newer release or fleet clear \(host.name) ends that"
      return rests(.untouched, Reason.Code.held.rawValue, text, tag, track, newer)
    }
    if let refusal = status.refusals.first(where: { $0.tag == tag.text }), !wishes.retry {
      let text = "refused before: \(refusal.reason.text); --retry tries it again"
      return rests(.refused, Reason.Code.refusedBefore.rawValue, text, tag, track, newer)
    }
    var choice = choice(.goes(from: "\(installed)"), tag, track, newer)
    if goal != target { choice.entry.goal = goal.tag }
    if status.installedVersion != "\(installed)" {
      choice.entry.listing = Candidate.find(installed, channel: channel, in: tags)?.tag
    }
    return choice
  }

  private func rests(
    _ outcome: Outcome, _ code: String, _ text: String, _ tag: TagName?, _ track: Track?,
    _ newer: [Selection.NewerMajor] = []
  ) -> Choice {
    choice(
      .rests(outcome, from: "\(installed)", Rollout.Cause(code: code, text: text)), tag, track, newer)
  }

  private func choice(
    _ verdict: Rollout.Verdict, _ tag: TagName?, _ track: Track?, _ newer: [Selection.NewerMajor]
  ) -> Choice {
    var entry = PlanEntry(host: host, verdict: verdict, profile: profile)
    entry.installedSecondsAgo = status.installedVersion == "\(installed)" ? status.installedSecondsAgo : nil
    return Choice(entry: entry, tag: tag, track: track, newer: newer)
  }
}
