import Inventory
package import Rollout
package import Wire

/// All that is known of a rollout, rebuilt line by line from its log.
package struct RolloutRecord: Equatable, Sendable {
  package struct HostFacts: Equatable, Sendable {
    /// When the host was last heard of, UTC.
    package var seen: String?
    package var bytesSent: Int64 = 0
    package var profile: AppProfile?
    /// The tag of the installed release, where its agent has no listing of it.
    package var listingTag: String?
    /// The tag of the installed release, where it is known.
    package var installedTag: String?
    /// The job that it staged last.
    package var job: String?
    /// The last event of that job that was seen.
    package var jobSeq = 0
    /// When the host got the release, or since when it is known to have it, UTC.
    package var atReleaseSince: String?
    /// How its app was when the host was asked what is there.
    package var healthy: Bool?
    /// When its app was stopped, where it is not known to run again.
    package var downSince: String?

    package init(
      seen: String? = nil, bytesSent: Int64 = 0, profile: AppProfile? = nil, listingTag: String? = nil,
      installedTag: String? = nil, job: String? = nil, jobSeq: Int = 0, atReleaseSince: String? = nil,
      healthy: Bool? = nil,
      downSince: String? = nil
    ) {
      self.seen = seen
      self.bytesSent = bytesSent
      self.profile = profile
      self.listingTag = listingTag
      self.installedTag = installedTag
      self.job = job
      self.jobSeq = jobSeq
      self.atReleaseSince = atReleaseSince
      self.healthy = healthy
      self.downSince = downSince
    }
  }
  package private(set) var header: RolloutHeader
  package private(set) var rollout: Rollout
  package private(set) var facts: [String: HostFacts] = [:]
  package private(set) var started: String
  /// When the coordinator that drives it, or drove it last, began.
  package private(set) var taken: String
  package private(set) var finished: String?
  /// Superseded or aborted: nobody goes on with it.
  package private(set) var isClosed = false
  package private(set) var lastSeq: Int

  /// - Parameter line: the first of the log, with the header; else nil.
  package init?(first line: EventLine) {
    guard line.event == .rollout, let header = line.header,
      header.schema == RolloutHeader.schema
    else { return nil }
    self.init(header, at: line.time)
    lastSeq = line.seq
  }

  /// Before its first event.
  package init(_ header: RolloutHeader, at time: String) {
    self.header = header
    rollout = Rollout(id: header.rollout, policy: header.policy, hosts: header.hosts)
    started = time
    taken = time
    lastSeq = 0
  }

  /// Of a plan that nobody goes by: it has no log.
  package init(_ header: RolloutHeader, at time: String, planned entries: [PlanEntry]) {
    self.init(header, at: time)
    _ = rollout.handle(.begun)
    for entry in entries {
      _ = rollout.handle(entry.event)
      var fact = HostFacts(healthy: entry.health.isWell)
      if !entry.isAway { fact.seen = time }
      facts[entry.host.name] = fact
    }
    finished = time
  }

  /// The line that it began with.
  package var firstLine: EventLine {
    var line = EventLine(header)
    (line.seq, line.time) = (1, started)
    return line
  }

  package init?(lines: [EventLine]) {
    guard let first = lines.first else { return nil }
    self.init(first: first)
    for line in lines.dropFirst() { _ = add(line) }
  }

  /// For this run alone: the log keeps what the rollout began with.
  package mutating func change(_ change: (inout RolloutHeader) -> Void) { change(&header) }

  /// Takes the next line in; where it is an event of the rollout, what is to be done now.
  package mutating func add(_ line: EventLine) -> [Rollout.Action] {
    lastSeq = max(lastSeq, line.seq)
    if let host = line.host { note(line, of: host) }
    switch line.event {
    case .finished: finished = line.time
    case .closed: isClosed = true
    case .resumed:
      finished = nil
      taken = line.time
    default: break
    }
    return line.rolloutEvent.map { rollout.handle($0) } ?? []
  }

  private mutating func note(_ line: EventLine, of host: String) {
    var fact = facts[host] ?? HostFacts()
    if let profile = line.profile {
      (fact.profile, fact.listingTag, fact.installedTag) = (profile, line.listing, line.installed)
    }
    if let seq = line.jobSeq, seq > 0 { fact.jobSeq = max(fact.jobSeq, seq) }
    switch line.event {
    case .uploaded: fact.bytesSent = Figure.bytes.sum(fact.bytesSent, line.done ?? 0)
    case .stageBegan:
      // Another try is another job, and its events count from 1 again.
      if fact.job != line.text { fact.jobSeq = 0 }
      fact.job = line.text
    case .hostUnreachable, .connectionLost, .notBelieved, .orderExpired, .cleared, .notNow,
      .staysUpgraded,
      .cutoverOrdered, .goingBack, .following, .uploading:
      break
    case .hostProbed:
      if line.outcome != .unreachable { fact.seen = line.time }
      fact.healthy = line.healthy
      if line.outcome == .current { fact.atReleaseSince = fact.atReleaseSince ?? line.since ?? line.time }
    case .cutoverRested:
      fact.seen = line.time
      if line.result?.outcome == .upgraded { fact.atReleaseSince = fact.atReleaseSince ?? line.time }
    case .down: fact.downSince = line.time
    case .up: fact.downSince = nil
    default: fact.seen = line.time
    }
    if line.jobSeq != nil { fact.seen = line.time }
    if line.event == .wentBack, line.result?.outcome?.isCommitted == true { fact.atReleaseSince = nil }
    facts[host] = fact
  }

  /// A rollback by hand, and not an upgrade.
  package var isRollback: Bool { header.restores != nil }

  /// Some host is not at the release, and the rollout was not given up. Of a rollback: how it ended is not known.
  package var isOpen: Bool {
    guard !isClosed else { return false }
    guard !isRollback else {
      return rollout.ending == nil || rollout.members.contains { $0.outcome == .unknown }
    }
    return rollout.ending == nil
      || rollout.members.contains { member in
        switch member.outcome {
        case .upgraded, .current: false
        case .untouched: member.cause?.code == .staged || member.cause == nil
        case .refused, .rolledBack, .restored, .failed, .deferred, .unreachable, .unknown, .interrupted, nil:
          true
        }
      }
  }
}
