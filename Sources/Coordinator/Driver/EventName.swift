package import Wire

/// What a line of `events.jsonl` is about, as it is written there: `fleet.events/1` is a contract. A name that is
/// not known here is kept as it is.
package struct EventName: RawRepresentable, Codable, Hashable, Sendable {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }

  /// An agent's event of this name.
  package init(_ name: JobEvent.Name) { rawValue = name.rawValue }

  // What decides a rollout: ``Rollout/Event``.
  package static let begun = EventName(rawValue: "begun")
  package static let planApproved = EventName(rawValue: "plan_approved")
  package static let planDeclined = EventName(rawValue: "plan_declined")
  package static let soaked = EventName(rawValue: "soaked")
  package static let interrupted = EventName(rawValue: "interrupted")
  package static let connectionLost = EventName(rawValue: "connection_lost")
  package static let notBelieved = EventName(rawValue: "not_believed")
  package static let heardFrom = EventName(rawValue: "heard_from")
  package static let orderExpired = EventName(rawValue: "order_expired")
  package static let resumed = EventName(rawValue: "resumed")
  package static let hostProbed = EventName(rawValue: "host_probed")
  package static let hostUnreachable = EventName(rawValue: "host_unreachable")
  package static let stageFailed = EventName(rawValue: "stage_failed")
  package static let staged = EventName(rawValue: "staged")
  package static let cleared = EventName(rawValue: "cleared")
  package static let notNow = EventName(rawValue: "not_now")
  package static let turnedUnwell = EventName(rawValue: "turned_unwell")
  package static let foundGoingBack = EventName(rawValue: "found_going_back")
  package static let wentBack = EventName(rawValue: "went_back")
  package static let staysUpgraded = EventName(rawValue: "stays_upgraded")
  package static let cutoverRested = EventName(rawValue: "cutover_rested")

  // The story beside it.
  /// The first line: what the rollout is.
  package static let rollout = EventName(rawValue: "rollout")
  package static let stageBegan = EventName(rawValue: "stage_began")
  package static let uploading = EventName(rawValue: "uploading")
  package static let uploaded = EventName(rawValue: "uploaded")
  package static let cutoverOrdered = EventName(rawValue: "cutover_ordered")
  package static let goingBack = EventName(rawValue: "going_back")
  package static let following = EventName(rawValue: "following")
  package static let soaking = EventName(rawValue: "soaking")
  /// In a soak: those that were not well when they were asked, and are asked once more; nobody: all are well again.
  package static let suspected = EventName(rawValue: "suspected")
  package static let note = EventName(rawValue: "note")
  package static let finished = EventName(rawValue: "finished")
  package static let closed = EventName(rawValue: "closed")
  /// An agent's, of a name that is not known here.
  package static let otherEvent = EventName(rawValue: "other_event")

  // What an agent tells of its job.
  package static let stepStarted = EventName(.stepStarted)
  package static let stepProgress = EventName(.stepProgress)
  package static let stepEnded = EventName(.stepEnded)
  package static let down = EventName(.down)
  package static let up = EventName(.up)
  package static let rested = EventName(.rested)
  package static let heartbeat = EventName(.heartbeat)
}
