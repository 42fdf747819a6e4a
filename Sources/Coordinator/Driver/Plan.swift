package import Catalogue
package import Hosts
package import Rollout
package import Inventory
import ByteText
package import Release
package import Wire

/// What the person asked for, beyond the inventory.
package struct PlanWishes: Equatable, Sendable {
  package enum Target: Equatable, Sendable {
    /// Each host along its own track: its pin, else its installed major.
    case ownTrack
    /// `--track`: for hosts without a pin.
    case track(Track)
    /// `--to`: exactly this one; it may cross a major.
    case exactly(TagWish)
  }
  package var target: Target
  package var allowDowngrade: Bool
  /// Try again what a host refused before.
  package var retry: Bool
  /// Also where the app is unwell now.
  package var repair: Bool
  /// Whether a host whose app is unwell now is refused here: where nothing is ordered. What goes is judged by its
  /// agent, which looks longer.
  package var judgesHealth = true

  package init(
    target: Target = .ownTrack, allowDowngrade: Bool = false, retry: Bool = false, repair: Bool = false
  ) {
    self.target = target
    self.allowDowngrade = allowDowngrade
    self.retry = retry
    self.repair = repair
  }
}

/// `4.2.0` (on the host's own channel) or a whole tag, `exp-v4.9.0`.
package struct TagWish: Equatable, Sendable, CustomStringConvertible {
  package var version: Version
  /// nil: the channel of what is installed.
  package var channel: String?
  /// As it was written: of several tags for one version the one that is meant.
  package var text: String

  package init?(_ text: String) {
    guard let name = TagName(text) else { return nil }
    version = name.version
    channel = name.channel.isEmpty ? nil : name.channel
    self.text = text
  }

  /// What is meant where the tags of the source begin with words of their own, and they were written, too.
  package func meant(in source: ReleaseSource) -> TagWish {
    guard let prefix = source.tagPrefix, !prefix.isEmpty, let rest = text.without(prefix: prefix) else {
      return self
    }
    return TagWish(String(rest)) ?? self
  }

  package var description: String { channel.map { "\($0)-v\(version)" } ?? "\(version)" }
}

/// What came back from asking a host.
package enum SurveyAnswer: Equatable, Sendable {
  case probe(Probe, health: AppHealth = .unknown)
  case error(HostError)
  /// `hold: true`: it was not asked.
  case notAsked
}

/// One host's part of a plan.
package struct PlanEntry: Equatable, Sendable {
  package var host: Host
  package var verdict: Rollout.Verdict
  /// The profile that fits what is installed.
  package var profile: Profile?
  /// The release that lies behind the target, where that is a stepping stone.
  package var goal: TagName?
  /// What else is to be known of the release that it goes to.
  package var note: String?
  /// What the profile knows to be bad of the release that it would go to, or that it stays with.
  package var advisories: [Advisory] = []
  /// What is installed, where fleet did not install it: the agent then has no listing of its files.
  package var listing: TagName?
  /// What is installed, where its release is known.
  package var installed: TagName?
  /// How the job of this rollout ended on the host already, where it did.
  package var ended: JobResult?
  /// The job of this rollout is in its cutover there.
  package var isInCutover = false
  /// Whoever has claimed it.
  package var claim: Claim?
  /// Why the release that it would go to failed there, as its agent remembers.
  package var failure: Cause?
  /// How long it has had what is installed, as far as its agent knows.
  package var installedSecondsAgo: Int?
  /// How its app is.
  package var health = AppHealth.unknown

  package init(
    host: Host, verdict: Rollout.Verdict, profile: Profile? = nil, goal: TagName? = nil, note: String? = nil,
    listing: TagName? = nil, ended: JobResult? = nil, isInCutover: Bool = false, claim: Claim? = nil,
    failure: Cause? = nil, installedSecondsAgo: Int? = nil, health: AppHealth = AppHealth.unknown
  ) {
    self.host = host
    self.verdict = verdict
    self.profile = profile
    self.goal = goal
    self.note = note
    self.listing = listing
    self.ended = ended
    self.isInCutover = isInCutover
    self.claim = claim
    self.failure = failure
    self.installedSecondsAgo = installedSecondsAgo
    self.health = health
  }
}

extension PlanEntry {
  /// What the machine of a rollout hears of it.
  package var event: Rollout.Event {
    if isInCutover { return .heardFrom(host.name) }
    if let ended { return .cutoverRested(host.name, ended) }
    if case .rests(.unreachable, _, let cause?) = verdict { return .hostUnreachable(host.name, cause) }
    return .hostProbed(host.name, verdict)
  }

  /// It would go, but for an advisory of the profile.
  package var isRefusedByAdvisory: Bool {
    if case .rests(_, _, let cause) = verdict { cause?.code == .advisory } else { false }
  }

  /// It was not reached.
  var isAway: Bool { if case .rests(.unreachable, _, _) = verdict { true } else { false } }
}

/// One release over some hosts: what becomes one rollout.
package struct PlanLeg: Equatable, Sendable {
  package var tag: TagName
  package var track: Track
  package var source: ReleaseSource
  package var verify: VerifyPolicy
  /// In the inventory's order; also those that stay where they are.
  package var entries: [PlanEntry]
  package var newer: [Selection.NewerMajor]
  /// Where and why its release failed when it was last tried, where the agents do not remember it: a host that goes
  /// back after its proof is not marked.
  package var pastFailure: String?
  /// The rollout is gone on with behind its canary.
  package var canaryHasGone = false

  package init(
    tag: TagName, track: Track, source: ReleaseSource, verify: VerifyPolicy, entries: [PlanEntry],
    newer: [Selection.NewerMajor], pastFailure: String? = nil, canaryHasGone: Bool = false
  ) {
    self.tag = tag
    self.track = track
    self.source = source
    self.verify = verify
    self.entries = entries
    self.newer = newer
    self.pastFailure = pastFailure
    self.canaryHasGone = canaryHasGone
  }

  package var going: [PlanEntry] {
    entries.filter { if case .goes = $0.verdict { true } else { false } }
  }
}

/// Which host goes where. Pure: the same answers and the same tags give the same plan.
package struct Plan: Equatable, Sendable {
  /// Hosts on several tracks become successive rollouts.
  package var legs: [PlanLeg]
  /// Hosts for which no release could be named (away, held, nothing installed), where no leg took them.
  package var others: [PlanEntry]

  package init(legs: [PlanLeg], others: [PlanEntry]) {
    self.legs = legs
    self.others = others
  }

  package var entries: [PlanEntry] { legs.flatMap(\.entries) + others }

  /// - Parameters:
  ///   - answers: one for each host, in the inventory's order.
  ///   - tags: the source's tags; asked once for each source.
  package static func make(
    _ answers: [(host: Host, answer: SurveyAnswer)], skip: [String], wishes: PlanWishes,
    tags: (ReleaseSource) -> [SourceTag]
  ) throws(CatalogueError) -> Plan {
    let skipped = Set(skip.compactMap { TagName($0)?.version })
    let machines = SharedMachines(answers)
    var legs: [PlanLeg] = []
    var others: [PlanEntry] = []
    for (host, answer) in answers {
      let choice = try Choice.make(
        host, answer, machines: machines, skip: skipped, wishes: wishes, tags: tags)
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
struct Choice {
  var entry: PlanEntry
  /// The release of the leg that it belongs to, also where it stays.
  var tag: TagName?
  var track: Track?
  var newer: [Selection.NewerMajor] = []

  static func make(
    _ host: Host, _ answer: SurveyAnswer, machines: SharedMachines, skip: Set<Version>, wishes: PlanWishes,
    tags: (ReleaseSource) -> [SourceTag]
  ) throws(CatalogueError) -> Choice {
    func rests(_ outcome: Outcome, from: Version? = nil, _ cause: Cause) -> Choice {
      Choice(entry: PlanEntry(host: host, verdict: .rests(outcome, from: from.map { "\($0)" }, cause)))
    }
    switch answer {
    case .notAsked:
      return rests(.untouched, Cause(code: .hold, text: "hold: true in fleet.yaml"))
    case .error(let error):
      return rests(error.isAway ? .unreachable : .refused, Cause(error, at: host.name))
    case .probe(let probe, let health):
      if let objection = machines.objection(to: host) {
        var choice = rests(.refused, from: host.installed(in: probe)?.1, objection)
        choice.entry.health = health
        return choice
      }
      let others = Plan.atWork(probe)
      guard let (profile, version) = host.installed(in: probe) else {
        // In the middle of a swap there may be nothing to read.
        if probe.isInCutover, let others { return rests(.refused, others) }
        if case .exactly = wishes.target, wishes.allowDowngrade,
          let (profile, text) = host.unordered(in: probe)
        {
          return try HostPlan(
            host: host, profile: profile, installed: nil, from: text, status: probe.status, skip: skip,
            wishes: wishes, tags: tags(profile.source)
          ).choose().settled(for: probe.architecture, among: tags(profile.source))
        }
        return rests(.refused, Cause(code: .install, text: host.problem(in: probe)))
      }
      let choice = try HostPlan(
        host: host, profile: profile, installed: version, from: "\(version)", status: probe.status,
        skip: skip, wishes: wishes, tags: tags(profile.source), health: health
      ).choose().settled(for: probe.architecture, among: tags(profile.source))
      return others.map { choice.leftTo($0, isInCutover: probe.isInCutover) } ?? choice
    }
  }
  /// Somebody else is at work there. What was read in the middle of a cutover was not proved, and may be gone soon.
  fileprivate func leftTo(_ others: Cause, isInCutover: Bool) -> Choice {
    var choice = self
    switch entry.verdict {
    case _ where isInCutover: choice.entry.verdict = .rests(.refused, from: nil, others)
    case .goes(let from), .rests(.current, let from, _):
      choice.entry.verdict = .rests(.refused, from: from, others)
    case .rests: break
    }
    return choice
  }
}

extension Plan {
  /// Who is at work on a host, or was and left it in its cutover; nil where nobody is.
  static func atWork(_ probe: Probe) -> Cause? {
    let job = probe.status.openJob.map { visible($0, limit: 200) } ?? "a job"
    guard let claim = probe.status.claim else {
      guard probe.isInCutover else { return nil }
      // Its rollout heard that the version stays, and is over: nothing is left to be resumed.
      let next =
        probe.status.state == JobState.committed.rawValue
        ? "\(job) is not settled there, and nobody follows it: fleet resume does where its rollout is open, else on "
          + "the Pi: fleet-agent recover, with sudo where the agent is root's"
        : "\(job) is in its cutover there, and nobody follows it: fleet resume does"
      return Cause(code: .claimed, text: next)
    }
    let place = probe.isInCutover ? "in its cutover; " : ""
    let text = place + HostWorker.claimedReason(claim).text
    return Cause(code: .claimed, text: text)
  }
}
