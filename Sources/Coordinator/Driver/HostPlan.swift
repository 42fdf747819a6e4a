import Text
import Catalogue
import Rollout
import Inventory
import Release
import Wire

/// A host that answered, with what is installed there. Pure.
struct HostPlan {
  let host: Host
  let profile: Profile
  /// nil where what it has is no version; then only what was asked for by name can be its target.
  let installed: Version?
  /// The same as it was read.
  let from: String
  let status: HostStatus
  let skip: Set<Version>
  let wishes: PlanWishes
  let tags: [SourceTag]
  var health = AppHealth.unknown

  /// What fleet recorded with the install tells its channel; a version read back does not.
  private var channel: String {
    guard let tag = status.installedTag.flatMap({ TagName($0) }), tag.version == installed else {
      return ""
    }
    return tag.channel
  }

  var stones: [Version] { profile.steppingStones.compactMap { TagName($0)?.version } }

  func choose() throws(CatalogueError) -> Choice {
    if case .exactly(let wish) = wishes.target { return try exactly(wish) }
    guard let installed else {
      return rests(.refused, .install, "what it has is no version that can be ordered", nil, nil)
    }
    if case .track(let track) = wishes.target { return along(pin ?? track, from: installed) }
    return along(pin ?? Track(majorOf: installed, channel: channel), from: installed)
  }

  private var pin: Track? { host.track.flatMap { Track($0) } }

  private func exactly(_ wish: TagWish) throws(CatalogueError) -> Choice {
    let wish = wish.meant(in: profile.source)
    let channel = wish.channel ?? pin?.channel ?? channel
    guard let goal = Candidate.find(wish.version, channel: channel, spelled: wish.text, in: tags) else {
      throw .notFound("there is no release \(wish.text); fleet releases lists what there is")
    }
    let track = Track(majorOf: goal.version, channel: goal.tag.channel)
    if let pin, pin.channel != goal.tag.channel {
      let text = "its track is \(pin), another channel than \(goal.tag)"
      return rests(.untouched, .pinned, text, goal.tag, track)
    }
    if !goal.standing.canBeTaken, let text = Wording.standing(goal) {
      return rests(.refused, .notOffered, text, goal.tag, track)
    }
    if goal.isAmbiguous { return ambiguous(goal, track, []) }
    var choice = toward(goal, track)
    choice.entry.note = [note(goal, wish), choice.entry.note].compactMap { $0 }.first
    return choice
  }

  private func toward(_ goal: Candidate, _ track: Track) -> Choice {
    guard let installed else { return go(goal, goal: goal, track, []) }
    if installed > goal.version, !wishes.allowDowngrade {
      let text = "\(goal.version) is older than \(installed): --allow-downgrade"
      return rests(.refused, .downgrade, text, goal.tag, track)
    }
    if installed > goal.version { return go(goal, goal: goal, track, []) }
    if installed == goal.version, !installed.isSame(as: goal.version) {
      return go(goal, goal: goal, track, [])
    }
    let outcome = Selection.toward(
      goal, from: tags, installed: installed, skip: skip, steppingStones: stones)
    return take(outcome, newest: goal, [], from: installed, track, [])
  }

  /// What who asked for this tag may not know of it.
  private func note(_ goal: Candidate, _ wish: TagWish) -> String? {
    if let text = Wording.standing(goal) { return text }
    let all = Candidate.find(goal.version, channel: goal.tag.channel, in: tags)
    return all.flatMap { $0.isAmbiguous ? "\(Wording.ambiguous($0)): \(goal.tag) was asked for" : nil }
  }

  private func along(_ track: Track, from installed: Version) -> Choice {
    let selection = Selection.choose(
      from: tags, track: track, installed: installed, skip: skip, steppingStones: stones)
    guard let newest = selection.newest else {
      let held = selection.heldBack.last.flatMap { Wording.heldBack($0, for: host.name) }
      let text = "no release lies on track \(track)" + (held.map { "; \($0)" } ?? "")
      return rests(.refused, .notFound, text, nil, nil)
    }
    if installed.major < track.major {
      let text = "track \(track) would cross a major from \(installed): fleet upgrade --to \(newest.version)"
      return rests(.refused, .major, text, newest.tag, track, selection.newerMajors)
    }
    return take(
      selection.outcome, newest: newest, selection.heldBack, from: installed, track, selection.newerMajors)
  }

  private func take(
    _ outcome: Selection.Outcome, newest: Candidate, _ heldBack: [Candidate], from installed: Version,
    _ track: Track, _ newer: [Selection.NewerMajor]
  ) -> Choice {
    let held = heldBack.last { installed < $0.version }.flatMap { Wording.heldBack($0, for: host.name) }
    switch outcome {
    case .upgrade(let target, let goal):
      if isUncertain(installed, beside: target), !wishes.allowDowngrade {
        let text =
          "whether \(target.version) is newer than \(installed) cannot be told: "
          + "fleet upgrade --to \(target.tag) --allow-downgrade \(host.name)"
        return rests(.refused, .unordered, text, target.tag, track, newer)
      }
      var choice = go(target, goal: goal, track, newer)
      choice.entry.note = held ?? target.twins.first.map { "also tagged \($0.tag)" }
      return choice
    case .current:
      let pulled = heldBack.first { $0.version == installed && $0.standing == .pulled }
      let cause = current(installed, newest, held, pulled: pulled)
      var choice = choice(.rests(.current, from: from, cause), newest.tag, track, newer)
      choice.entry.advisories = profile.advisories.filter { $0.concerns(resting: installed) }
      return choice
    case .nothingOnTrack:
      return rests(.refused, .notFound, "no release lies on track \(track)", nil, nil)
    case .ambiguous(let release): return ambiguous(release, track, newer)
    case .blocked(let stone, let why, let goal):
      let reason = why == .skipped ? "is skipped in fleet.yaml" : "is not among the releases"
      let text = "the way to \(goal.version) leads over \(stone), which \(reason)"
      return rests(.refused, .steppingStone, text, goal.tag, track, newer)
    }
  }

  /// Why it stays where it is, where that is more than having the newest.
  private func current(
    _ installed: Version, _ newest: Candidate, _ held: String?, pulled: Candidate?
  ) -> Cause? {
    if case .unwell(let cause) = health {
      return Cause(code: .foundUnwell, text: "it is not well: \(cause.text)")
    }
    if let held { return Cause(code: .notOffered, text: held) }
    if let pulled {
      let text = Wording.standing(pulled).map { "what it has, \($0)" }
      return text.map { Cause(code: .ahead, text: "\($0); ahead of \(newest.tag)") }
    }
    if installed > newest.version { return Cause(code: .ahead, text: "ahead of \(newest.tag)") }
    if installed == newest.version, !installed.isSame(as: newest.version) {
      let text =
        "\(newest.tag) is another build of the same version: fleet upgrade --to \(newest.tag) \(host.name)"
      return Cause(code: .sameVersion, text: text)
    }
    return nil
  }

  /// `1.2.0-kitchen` and 1.2.0: nobody can say which is the later one, where the former is nobody's tag.
  private func isUncertain(_ installed: Version, beside target: Candidate) -> Bool {
    installed.isUncertain && installed.hasNumbers(of: target.version)
      && !tags.contains { TagName($0.name)?.version == installed }
  }

  private func ambiguous(
    _ release: Candidate, _ track: Track, _ newer: [Selection.NewerMajor]
  ) -> Choice {
    let ways = ([release] + release.twins).map { "--to \($0.tag)" }.joined(separator: " or ")
    let text = "\(Wording.ambiguous(release)): fleet upgrade \(ways) says which"
    return rests(.refused, .ambiguous, text, release.tag, track, newer)
  }

  /// It could go; whether it may.
  private func go(
    _ target: Candidate, goal: Candidate, _ track: Track, _ newer: [Selection.NewerMajor]
  ) -> Choice {
    let tag = target.tag
    let refusal = status.refusals.first { $0.tag == tag.text }
    var failure: Cause?
    if let mark = status.mark, mark.tag == tag.text { failure = mark.reason }
    if let refusal, refusal.isFailure { failure = failure ?? refusal.reason }
    var choice = may(target, goal: goal, track, newer, refusal)
    choice.entry.failure = failure
    choice.entry.advisories = advisories(of: target)
    return choice
  }

  private func may(
    _ target: Candidate, goal: Candidate, _ track: Track, _ newer: [Selection.NewerMajor], _ refusal: Refusal?
  ) -> Choice {
    let tag = target.tag
    if let mark = status.mark {
      let text = "marked by \(mark.tag): \(mark.reason.text); fleet clear \(host.name) once it is mended"
      return rests(.refused, .marked, text, tag, track, newer)
    }
    if let held = status.heldTag, held == tag.text || held == "\(tag.version)" {
      let text = "rolled back from \(tag) by hand; a newer release or fleet clear \(host.name) ends that"
      return rests(.untouched, .held, text, tag, track, newer)
    }
    if let advisory = advisories(of: target).first(where: \.refuses) {
      return rests(.refused, .advisory, refusing(advisory, target, track), tag, track, newer)
    }
    if let refusal, !wishes.retry {
      let before =
        refusal.isFailure
        ? "failed here before: \(Wording.sentence(refusal.reason))"
        : "refused before: \(refusal.reason.text)"
      let cause = Cause(
        code: .refusedBefore, step: refusal.isFailure ? refusal.reason.step : nil,
        text: "\(before); --retry tries it again")
      return choice(.rests(.refused, from: from, cause), tag, track, newer)
    }
    if case .unwell(let cause) = health, wishes.judgesHealth, !wishes.repair {
      let text = "it is not well now: \(cause.text); --repair upgrades it all the same"
      return rests(.refused, .unhealthy, text, tag, track, newer)
    }
    var choice = choice(.goes(from: from), tag, track, newer)
    if goal != target { choice.entry.goal = goal.tag }
    let recorded = isRecorded ? status.installedTag.flatMap { TagName($0) } : nil
    let found = installed.flatMap { Candidate.find($0, channel: channel, in: tags) }
    choice.entry.installed = recorded ?? found.flatMap { $0.isAmbiguous ? nil : $0.tag }
    if !isRecorded { choice.entry.listing = choice.entry.installed }
    return choice
  }

  /// Whether what is read there is what fleet wrote down when it installed it.
  private var isRecorded: Bool { status.installedVersion.map { Version.isSame($0, from) } ?? false }

  private func rests(
    _ outcome: Outcome, _ code: Cause.Code, _ text: String, _ tag: TagName?, _ track: Track?,
    _ newer: [Selection.NewerMajor] = []
  ) -> Choice {
    choice(
      .rests(outcome, from: from, Cause(code: code, text: text)), tag, track, newer)
  }

  private func choice(
    _ verdict: Rollout.Verdict, _ tag: TagName?, _ track: Track?, _ newer: [Selection.NewerMajor]
  ) -> Choice {
    var entry = PlanEntry(host: host, verdict: verdict, profile: profile)
    entry.installedSecondsAgo = isRecorded ? status.installedSecondsAgo : nil
    entry.health = health
    return Choice(entry: entry, tag: tag, track: track, newer: newer)
  }
}
