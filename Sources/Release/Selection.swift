/// Which release an install moves to. Pure: the same lists give the same answer.
package struct Selection: Sendable, Equatable {
  package enum Outcome: Sendable, Equatable {
    /// Go to `target`. Where that is a stepping stone, `goal` is the release that lies behind it.
    case upgrade(target: Candidate, goal: Candidate)
    /// Nothing newer than the install; also where it is ahead of its track.
    case current
    /// No release lies on the track.
    case nothingOnTrack
    /// The way to `goal` leads over a stepping stone that cannot be had.
    case blocked(stone: Version, why: Block, goal: Candidate)
    /// Several tags name the next version, and they are not the same commit.
    case ambiguous(Candidate)
  }

  package enum Block: Sendable, Equatable { case notReleased, skipped }

  /// A newer major: announced, never taken.
  package struct NewerMajor: Sendable, Equatable {
    package let version: Version
    package let track: Track

    package init(version: Version, track: Track) {
      self.version = version
      self.track = track
    }
  }

  /// The newest release on the track that is not skipped, whatever is installed.
  package let newest: Candidate?
  package let outcome: Outcome
  /// Newer than that, on the track, and not offered for what the source says of them; ascending.
  package let heldBack: [Candidate]
  /// The newest release of each major above the track's, on its channel, ascending.
  package let newerMajors: [NewerMajor]

  /// - Parameters:
  ///   - installed: nil where it is unknown; then the newest release is the target, whatever the stones.
  ///   - skip: versions passed over everywhere.
  ///   - steppingStones: versions that no upgrade jumps over.
  package static func choose(
    from tags: [SourceTag], track: Track, installed: Version?, skip: Set<Version> = [],
    steppingStones: [Version] = [], includePrereleases: Bool = false
  ) -> Selection {
    let wanted = Candidate.all(in: tags).filter {
      $0.tag.channel == track.channel && !skip.contains($0.version)
        && (includePrereleases || !$0.version.isPrerelease && !$0.version.isBeyondTag)
    }
    let offered = wanted.filter {
      $0.standing.isOffered || includePrereleases && $0.standing == .prerelease
    }
    var newerMajors: [NewerMajor] = []
    for release in offered where release.version.major > track.major {
      if newerMajors.last?.version.major == release.version.major { newerMajors.removeLast() }
      newerMajors.append(
        NewerMajor(
          version: release.version, track: Track(majorOf: release.version, channel: track.channel)))
    }
    let newest = offered.last { track.contains($0.version) }
    let heldBack = wanted.filter { held in
      track.contains(held.version) && newest.map { $0.version < held.version } ?? true
    }
    guard let newest else {
      return Selection(
        newest: nil, outcome: .nothingOnTrack, heldBack: heldBack, newerMajors: newerMajors)
    }
    let outcome = toward(
      newest, from: tags, installed: installed, skip: skip, steppingStones: steppingStones)
    return Selection(newest: newest, outcome: outcome, heldBack: heldBack, newerMajors: newerMajors)
  }

  /// The next step on the way from the install to `goal`, which may lie on another major (`--to`). Stones are
  /// looked for on the goal's channel.
  package static func toward(
    _ goal: Candidate, from tags: [SourceTag], installed: Version?, skip: Set<Version> = [],
    steppingStones: [Version] = []
  ) -> Outcome {
    guard let installed else {
      return goal.isAmbiguous ? .ambiguous(goal) : .upgrade(target: goal, goal: goal)
    }
    guard installed < goal.version else { return .current }
    let jumped = steppingStones.filter { installed < $0 && $0 < goal.version }
    guard let stone = jumped.min() else {
      return goal.isAmbiguous ? .ambiguous(goal) : .upgrade(target: goal, goal: goal)
    }
    if skip.contains(stone) { return .blocked(stone: stone, why: .skipped, goal: goal) }
    guard let target = Candidate.find(stone, channel: goal.tag.channel, in: tags),
      target.standing.isOffered || target.standing == .prerelease
    else {
      return .blocked(stone: stone, why: .notReleased, goal: goal)
    }
    return target.isAmbiguous ? .ambiguous(target) : .upgrade(target: target, goal: goal)
  }
}
