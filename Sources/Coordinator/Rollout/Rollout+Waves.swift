import Text
import Wire

/// Which hosts go together: the canary, then batches, with a soak in between.
extension Rollout {
  /// Hosts that go together. The next wave begins when all of this one have settled.
  package struct Wave: Equatable, Sendable {
    package internal(set) var isCanary: Bool
    package internal(set) var hosts: [String]
  }

  mutating func nextWave() -> [Action] {
    let ready = members.filter { $0.place == .staged }.map(\.name)
    if !isCanaryDone, let canary = canary(among: ready) {
      wave = Wave(isCanary: true, hosts: canary)
      return cutOver()
    }
    guard !isStopping, !ready.isEmpty else { return end() }
    if let watched = soakDue {
      phase = .soaking
      return [.soak(seconds: policy.soakSeconds, watching: watched)]
    }
    let size = nextBatchSize(of: ready.count)
    batchesBegun += 1
    wave = Wave(isCanary: false, hosts: Array(ready.prefix(size)))
    return cutOver()
  }

  /// One more goes with those that go now; where they are soaked for already, with them.
  mutating func joinWave(_ host: String) {
    if wave == nil {
      wave = Wave(isCanary: false, hosts: soakDue ?? [])
      (soakDue, phase) = (nil, .cuttingOver)
    }
    wave?.hosts.append(host)
  }

  mutating func endWave(_ ended: Wave) -> [Action] {
    wave = nil
    let upgraded = ended.hosts.filter { self[$0]?.outcome == .upgraded }
    // A canary that must run longer than a soak is not also soaked for: the others are put off.
    let isPutOff = ended.isCanary && policy.canaryForSeconds > policy.soakSeconds
    soakDue = policy.soakSeconds > 0 && !upgraded.isEmpty && !isPutOff ? upgraded : nil
    if ended.isCanary {
      judgeCanary(ended)
    } else if ended.hosts.allSatisfy({ (self[$0]?.orders ?? 0) == 0 }) {
      // All were put off, as by their windows: the next ones that can go are this batch.
      batchesBegun -= 1
      if batchesBegun == 0 { hostsForBatches = nil }
    }
    return isStopping ? end() : nextWave()
  }

  // MARK: Canary

  /// One that went first has the release.
  package var canaryHasGone: Bool { isCanaryDone && !canaries.isEmpty }

  /// The hosts that go first, or nil when none has to. Where the canaries are named and none of them
  /// can go, they must all be current already; else the rollout halts here, or waits with them.
  private mutating func canary(among ready: [String]) -> [String]? {
    guard let named = namedCanaries else {
      guard case .first(let count) = policy.canary, count > 0, !ready.isEmpty else { return nil }
      return Array(ready.prefix(count))
    }
    let able = named.filter { ready.contains($0) }
    guard able.isEmpty else { return able }
    isCanaryDone = true
    canaries = named.filter { self[$0]?.outcome?.isAtRelease == true }
    if canaries.count < named.count { couldNotGoFirst(named) }
    return nil
  }

  /// nil where so many of the first go, also where none of the named ones is in this rollout.
  private var namedCanaries: [String]? {
    let here = policy.namedCanaries.filter { index(of: $0) != nil }
    return here.isEmpty ? nil : here
  }

  /// One canary must end upgraded. Where those that go first are not named, hosts that could not go
  /// after all (a guard said "not now", or they went away) hand the part on to the next.
  private mutating func judgeCanary(_ ended: Wave) {
    let outcomes = ended.hosts.compactMap { self[$0]?.outcome }
    if outcomes.contains(.upgraded) {
      isCanaryDone = true
      // Who of them goes later is one of many then, and nobody waits for it.
      canaries = ended.hosts.filter { self[$0]?.outcome == .upgraded }
    } else if !outcomes.allSatisfy(\.isCouldNot) {
      isCanaryDone = true
      stop(.canary(ended.hosts))
    } else if namedCanaries != nil {
      isCanaryDone = true
      couldNotGoFirst(ended.hosts)
    }
  }

  /// A named canary that is only put off puts the others off too: nothing went wrong, and the next run
  /// goes on. Anything else that keeps it from going first halts.
  private mutating func couldNotGoFirst(_ named: [String]) {
    let missing = named.filter { self[$0]?.outcome?.isAtRelease != true }
    guard missing.allSatisfy({ self[$0]?.outcome == .deferred }) else {
      return stop(.canaryCouldNot(named))
    }
    isCanaryDone = false
    let why = missing.compactMap({ self[$0]?.cause?.text }).first.map { " (\($0))" } ?? ""
    let text = "the canary \(Wording.list(missing)) goes first\(why)"
    for index in members.indices where members[index].place == .staged {
      settle(index, .deferred, Cause(code: .canary, text: text))
    }
  }

  // MARK: Batches

  private mutating func nextBatchSize(of ready: Int) -> Int {
    let whole = hostsForBatches ?? ready
    hostsForBatches = whole
    guard let last = policy.batches.last else { return ready }
    let batch = batchesBegun < policy.batches.count ? policy.batches[batchesBegun] : last
    switch batch {
    case .hosts(let count): return max(1, count)
    case .percent(let percent): return max(1, whole * percent / 100)
    }
  }

  func isKeptApart(_ host: String, from running: [String]) -> Bool {
    policy.neverTogether.contains { set in set.contains(host) && running.contains { set.contains($0) } }
  }
}

extension Rollout.Policy {
  /// The hosts that are named to go first; none where so many of the first do.
  package var namedCanaries: [String] {
    guard case .hosts(let names) = canary else { return [] }
    return names
  }
}
