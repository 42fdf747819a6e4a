internal import FoundationEssentials
public import Wire

/// What a rollout is, as its first line says it: enough to go on with it on another day.
public struct RolloutHeader: Codable, Equatable, Sendable {
  public struct NewerRelease: Codable, Equatable, Sendable {
    public var version: String
    public var track: String

    public init(version: String, track: String) {
      self.version = version
      self.track = track
    }
  }
  public static let schema = "fleet.events/1"

  public var schema = Self.schema
  public var rollout: String
  /// The app's key, and its name for people.
  public var app: String
  public var name: String
  public var track: String
  public var tag: String
  /// What was verified; nil where no host had to go.
  public var release: ReleaseName?
  public var verified: [String]
  public var policy: Rollout.Policy
  public var hosts: [String]
  /// The inventory's folder.
  public var inventory: String
  /// user@machine of the coordinator.
  public var who: String
  public var newer: [NewerRelease] = []
  /// The backup that is put back by hand; nil: an upgrade.
  public var restores: String?
  public var retry = false
  public var leave = false
  public var repair = false
  public var allowDowngrade = false

  public init(
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

/// One line of `events.jsonl` and of `--output json`: flat, with what its event has to say. The
/// events of ``Rollout`` come back out of it; all others are for people and programs that watch.
public struct EventLine: Codable, Equatable, Sendable {
  public var event: String
  public var seq: Int
  /// UTC, RFC 3339 with milliseconds.
  public var time: String
  public var host: String?
  public var hosts: [String]?
  public var stageOnly: Bool?
  /// The plan is asked for anew before anything is staged.
  public var asks: Bool?
  public var header: RolloutHeader?
  public var outcome: Outcome?
  public var from: String?
  public var cause: Rollout.Cause?
  public var result: JobResult?
  /// The profile that a probe settled on; only in the log.
  public var profile: AppProfile?
  /// The installed release, whose listing the agent does not have; only in the log.
  public var listing: String?
  /// Since when the host has the release that it was found with, as far as its agent knows; UTC.
  public var since: String?
  /// How its app was when the host was asked what is there; nil where nobody knows.
  public var healthy: Bool?
  public var ending: Rollout.Ending?
  // What an agent's own event says.
  public var jobSeq: Int?
  public var step: Step?
  public var ok: Bool?
  public var milliseconds: Int?
  public var done: Int64?
  public var total: Int64?
  public var text: String?

  public init(_ event: String, host: String? = nil) {
    self.event = event
    self.host = host
    seq = 0
    time = ""
  }

  // Names of lines that are not events of ``Rollout``.
  static let rollout = "rollout"
  static let stageBegan = "stage_began"
  static let uploading = "uploading"
  static let uploaded = "uploaded"
  static let cutoverOrdered = "cutover_ordered"
  static let goingBack = "going_back"
  static let following = "following"
  static let soaking = "soaking"
  /// In a soak: those that were not well when they were asked, and are asked once more; nobody: all are well again.
  static let suspected = "suspected"
  static let note = "note"
  static let finished = "finished"
  static let closed = "closed"
  /// An agent's, of a name that is not known here.
  static let otherEvent = "other_event"
}

extension EventLine {
  public init(_ header: RolloutHeader) {
    self.init(Self.rollout)
    self.header = header
  }

  public init(_ event: Rollout.Event) {
    switch event {
    case .begun: self.init("begun")
    case .planApproved: self.init("plan_approved")
    case .planDeclined: self.init("plan_declined")
    case .soaked: self.init("soaked")
    case .interrupted: self.init("interrupted")
    case .connectionLost(let host): self.init("connection_lost", host: host)
    case .notBelieved(let host, let why):
      self.init("not_believed", host: host)
      cause = why
    case .heardFrom(let host): self.init("heard_from", host: host)
    case .orderExpired(let host): self.init("order_expired", host: host)
    case .resumed(let chosen, let isStageOnly, let isAsked):
      self.init("resumed")
      hosts = chosen
      stageOnly = isStageOnly ? true : nil
      asks = isAsked ? true : nil
    case .hostProbed(let host, .goes(let version)):
      self.init("host_probed", host: host)
      from = version
    case .hostProbed(let host, .rests(let rest, let version, let why)):
      self.init("host_probed", host: host)
      (outcome, from, cause) = (rest, version, why)
    case .hostUnreachable(let host, let why):
      self.init("host_unreachable", host: host)
      cause = why
    case .stageFailed(let host, let why):
      self.init("stage_failed", host: host)
      cause = why
    case .staged(let host, let end):
      self.init("staged", host: host)
      result = end
    case .cleared(let host, let lifetimeSeconds):
      self.init("cleared", host: host)
      total = Int64(lifetimeSeconds)
    case .notNow(let host, let why):
      self.init("not_now", host: host)
      cause = why
    case .turnedUnwell(let host, let why):
      self.init("turned_unwell", host: host)
      cause = why
    case .foundGoingBack(let host): self.init("found_going_back", host: host)
    case .wentBack(let host, let end):
      self.init("went_back", host: host)
      result = end
    case .staysUpgraded(let host, let why):
      self.init("stays_upgraded", host: host)
      cause = why
    case .cutoverRested(let host, let end):
      self.init("cutover_rested", host: host)
      result = end
    }
  }

  /// - Parameter event: an agent's. Only what agents have to say becomes a line of that name: the others are the
  ///   rollout's own, and what decides it.
  public init(_ event: JobEvent, host: String) {
    self.init(
      JobEvent.Name.known.contains(event.event) ? event.event.rawValue : Self.otherEvent, host: host)
    jobSeq = event.seq
    step = event.step
    ok = event.ok
    milliseconds = event.milliseconds
    done = event.done
    total = event.total
    text = event.text
  }

  /// The event of ``Rollout`` that this line is, if it is one.
  public var rolloutEvent: Rollout.Event? {
    switch (event, host, cause, result) {
    case ("begun", _, _, _): .begun
    case ("plan_approved", _, _, _): .planApproved
    case ("plan_declined", _, _, _): .planDeclined
    case ("soaked", _, _, _): .soaked
    case ("interrupted", nil, _, _): .interrupted
    case ("resumed", _, _, _): .resumed(hosts, stageOnly: stageOnly ?? false, asks: asks ?? false)
    case ("connection_lost", let host?, _, _): .connectionLost(host)
    case ("not_believed", let host?, let cause?, _): .notBelieved(host, cause)
    case ("heard_from", let host?, _, _): .heardFrom(host)
    case ("order_expired", let host?, _, _): .orderExpired(host)
    case ("host_probed", let host?, let cause, _):
      .hostProbed(host, outcome.map { .rests($0, from: from, cause) } ?? .goes(from: from))
    case ("host_unreachable", let host?, let cause?, _): .hostUnreachable(host, cause)
    case ("stage_failed", let host?, let cause?, _): .stageFailed(host, cause)
    case ("staged", let host?, _, let result?): .staged(host, result)
    case ("cutover_rested", let host?, _, let result?): .cutoverRested(host, result)
    case ("cleared", let host?, _, _): .cleared(host, lifetimeSeconds: Int(total ?? 0))
    case ("not_now", let host?, let cause?, _): .notNow(host, cause)
    case ("turned_unwell", let host?, let cause?, _): .turnedUnwell(host, cause)
    case ("found_going_back", let host?, _, _): .foundGoingBack(host)
    case ("went_back", let host?, _, let result?): .wentBack(host, result)
    case ("stays_upgraded", let host?, let cause?, _): .staysUpgraded(host, cause)
    default: nil
    }
  }

  /// One line of JSON, keys in snake case, without the line feed.
  public func encoded() throws -> [UInt8] {
    try Array(SnakeJSON.encoder.encode(self))
  }

  public init(decoding bytes: some Sequence<UInt8>) throws {
    self = try SnakeJSON.decoder.decode(EventLine.self, from: Data(bytes)).bounded
  }
}

/// JSON as programs outside read it: snake case, sorted keys.
enum SnakeJSON {
  static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return encoder
  }

  static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}
