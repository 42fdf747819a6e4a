package import Rollout
package import FoundationEssentials
package import Release
package import Wire

/// What a rollout is, as its first line says it: enough to go on with it on another day.
package struct RolloutHeader: Codable, Equatable, Sendable {
  package struct NewerRelease: Codable, Equatable, Sendable {
    package var version: String
    package var track: String

    package init(version: String, track: String) {
      self.version = version
      self.track = track
    }
  }
  package static let schema = "fleet.events/1"

  package var schema = Self.schema
  package var rollout: String
  /// The app's key, and its name for people.
  package var app: String
  package var name: String
  package var track: String
  package var tag: String
  /// What was verified; nil where no host had to go.
  package var release: ReleaseName?
  package var verified: [String]
  package var policy: Rollout.Policy
  package var hosts: [String]
  /// The inventory's folder.
  package var inventory: String
  /// user@machine of the coordinator.
  package var who: String
  package var newer: [NewerRelease] = []
  /// The tag of the release that lies behind, where this one is a stepping stone for some of its hosts.
  package var goal: String?
  /// ``Inventory/ReleaseSource/identity`` of where its release is from; nil of a rollback, and from an older fleet.
  package var source: String?
  /// Of its hosts, where the source has an archive for each.
  package var architecture: String?
  /// The backup that is put back by hand; nil: an upgrade.
  package var restores: String?
  /// What is new in the releases that it crosses; nil of a rollback, and from an older fleet.
  package var notes: ReleaseNotes?
  package var retry = false
  package var leave = false
  package var repair = false
  package var allowDowngrade = false

  package init(
    rollout: String, app: String, name: String, track: String, tag: String, release: ReleaseName?,
    verified: [String], policy: Rollout.Policy, hosts: [String], inventory: String, who: String
  ) {
    self.rollout = rollout
    self.app = app
    self.name = name
    self.track = track
    self.tag = tag
    self.release = release
    self.verified = verified
    self.policy = policy
    self.hosts = hosts
    self.inventory = inventory
    self.who = who
  }
}

extension RolloutHeader {
  /// What its hosts are to have. Of a backup as the agent said it: it need be no version.
  package var version: String {
    restores == nil ? release?.version ?? TagName.version(ofTag: tag) : tag
  }

  /// Its release, as the source had it when it was verified.
  package var sourceTag: SourceTag {
    SourceTag(
      name: tag, commit: release?.commit.flatMap { ObjectID($0) }, architectures: architecture.map { [$0] })
  }
}

/// One line of `events.jsonl` and of `--output json`: flat, with what its event has to say. The
/// events of ``Rollout`` come back out of it; all others are for people and programs that watch.
package struct EventLine: Codable, Equatable, Sendable {
  package var event: EventName
  package var seq: Int
  /// UTC, RFC 3339 with milliseconds.
  package var time: String
  package var host: String?
  package var hosts: [String]?
  package var stageOnly: Bool?
  /// The plan is asked for anew before anything is staged.
  package var asks: Bool?
  package var header: RolloutHeader?
  package var outcome: Outcome?
  package var from: String?
  package var cause: Cause?
  package var result: JobResult?
  /// The profile that a probe settled on; only in the log.
  package var profile: AppProfile?
  /// The installed release, whose listing the agent does not have; only in the log.
  package var listing: String?
  /// The tag of the installed release, where it is known; only in the log.
  package var installed: String?
  /// Since when the host has the release that it was found with, as far as its agent knows; UTC.
  package var since: String?
  /// How its app was when the host was asked what is there; nil where nobody knows.
  package var healthy: Bool?
  package var ending: Rollout.Ending?
  // What an agent's own event says.
  package var jobSeq: Int?
  package var step: Step?
  package var ok: Bool?
  package var milliseconds: Int?
  package var done: Int64?
  package var total: Int64?
  package var text: String?

  package init(name event: EventName, host: String? = nil) {
    self.event = event
    self.host = host
    seq = 0
    time = ""
  }
}

extension EventLine {
  package init(_ header: RolloutHeader) {
    self.init(name: .rollout)
    self.header = header
  }

  package init(_ event: Rollout.Event) {
    switch event {
    case .begun: self.init(name: .begun)
    case .planApproved: self.init(name: .planApproved)
    case .planDeclined: self.init(name: .planDeclined)
    case .soaked: self.init(name: .soaked)
    case .interrupted: self.init(name: .interrupted)
    case .connectionLost(let host): self.init(name: .connectionLost, host: host)
    case .notBelieved(let host, let why):
      self.init(name: .notBelieved, host: host)
      cause = why
    case .heardFrom(let host): self.init(name: .heardFrom, host: host)
    case .orderExpired(let host): self.init(name: .orderExpired, host: host)
    case .resumed(let chosen, let isStageOnly, let isAsked):
      self.init(name: .resumed)
      hosts = chosen
      stageOnly = isStageOnly ? true : nil
      asks = isAsked ? true : nil
    case .hostProbed(let host, .goes(let version)):
      self.init(name: .hostProbed, host: host)
      from = version
    case .hostProbed(let host, .rests(let rest, let version, let why)):
      self.init(name: .hostProbed, host: host)
      (outcome, from, cause) = (rest, version, why)
    case .hostUnreachable(let host, let why):
      self.init(name: .hostUnreachable, host: host)
      cause = why
    case .stageFailed(let host, let why):
      self.init(name: .stageFailed, host: host)
      cause = why
    case .staged(let host, let end):
      self.init(name: .staged, host: host)
      result = end
    case .cleared(let host, let lifetimeSeconds):
      self.init(name: .cleared, host: host)
      total = Int64(lifetimeSeconds)
    case .notNow(let host, let why):
      self.init(name: .notNow, host: host)
      cause = why
    case .turnedUnwell(let host, let why):
      self.init(name: .turnedUnwell, host: host)
      cause = why
    case .foundGoingBack(let host): self.init(name: .foundGoingBack, host: host)
    case .wentBack(let host, let end):
      self.init(name: .wentBack, host: host)
      result = end
    case .staysUpgraded(let host, let why):
      self.init(name: .staysUpgraded, host: host)
      cause = why
    case .cutoverRested(let host, let end):
      self.init(name: .cutoverRested, host: host)
      result = end
    }
  }

  /// - Parameter event: an agent's. Only what agents have to say becomes a line of that name: the others are the
  ///   rollout's own, and what decides it.
  package init(_ event: JobEvent, host: String) {
    self.init(
      name: JobEvent.Name.known.contains(event.event) ? EventName(event.event) : .otherEvent, host: host)
    jobSeq = event.seq
    step = event.step
    ok = event.ok
    milliseconds = event.milliseconds
    done = event.done
    total = event.total
    text = event.text
  }

  /// The event of ``Rollout`` that this line is, if it is one.
  package var rolloutEvent: Rollout.Event? {
    switch (event, host, cause, result) {
    case (.begun, _, _, _): .begun
    case (.planApproved, _, _, _): .planApproved
    case (.planDeclined, _, _, _): .planDeclined
    case (.soaked, _, _, _): .soaked
    case (.interrupted, nil, _, _): .interrupted
    case (.resumed, _, _, _): .resumed(hosts, stageOnly: stageOnly ?? false, asks: asks ?? false)
    case (.connectionLost, let host?, _, _): .connectionLost(host)
    case (.notBelieved, let host?, let cause?, _): .notBelieved(host, cause)
    case (.heardFrom, let host?, _, _): .heardFrom(host)
    case (.orderExpired, let host?, _, _): .orderExpired(host)
    case (.hostProbed, let host?, let cause, _):
      .hostProbed(host, outcome.map { .rests($0, from: from, cause) } ?? .goes(from: from))
    case (.hostUnreachable, let host?, let cause?, _): .hostUnreachable(host, cause)
    case (.stageFailed, let host?, let cause?, _): .stageFailed(host, cause)
    case (.staged, let host?, _, let result?): .staged(host, result)
    case (.cutoverRested, let host?, _, let result?): .cutoverRested(host, result)
    case (.cleared, let host?, _, _): .cleared(host, lifetimeSeconds: Int(total ?? 0))
    case (.notNow, let host?, let cause?, _): .notNow(host, cause)
    case (.turnedUnwell, let host?, let cause?, _): .turnedUnwell(host, cause)
    case (.foundGoingBack, let host?, _, _): .foundGoingBack(host)
    case (.wentBack, let host?, _, let result?): .wentBack(host, result)
    case (.staysUpgraded, let host?, let cause?, _): .staysUpgraded(host, cause)
    default: nil
    }
  }

  /// One line of JSON, keys in snake case, without the line feed.
  package func encoded() throws -> [UInt8] {
    try Array(SnakeJSON.encoder.encode(self))
  }

  package init(decoding bytes: some Sequence<UInt8>) throws {
    self = try SnakeJSON.decoder.decode(EventLine.self, from: Data(bytes)).bounded
  }
}

/// JSON as programs outside read it: snake case, sorted keys.
package enum SnakeJSON {
  package static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return encoder
  }

  package static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}
