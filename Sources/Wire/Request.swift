/// What the coordinator asks of an agent. Idempotent per job id.
package enum Request: Codable, Equatable, Sendable {
  case hello(Hello)
  /// What is on the host: for each profile, what it finds. Changes nothing.
  case probe(profiles: [AppProfile])
  /// Keep other coordinators out until the claim expires; renews an own claim.
  case claim(app: String, Claim)
  case unclaim(app: String, rollout: String)
  /// Announces `size` raw bytes from the offset of the answer on, unless the host has them already.
  case upload(app: String, sha256: String, size: Int64)
  /// Makes the release's content of what is installed and of an uploaded delta, so that ``stage`` finds it. The answer
  /// is `send` where the delta is to be uploaded first, and then this asked again; `refused` where nothing comes of it,
  /// and the archive itself is to be uploaded.
  case delta(DeltaOrder)
  case stage(StageOrder)
  case cutover(CutoverOrder)
  /// Takes an order back; possible until `stop`.
  case cancel(app: String, job: String)
  /// The coordinator reached the host over a connection made after the new version was proved; the job,
  /// which waits for that, may commit.
  case confirm(app: String, job: String)
  /// Replays the job's events after `after`, then goes on until it rests.
  case follow(app: String, job: String, after: Int)
  case status(app: String)
  /// How the app is right now, by the profile's services and health checks. Changes nothing.
  case health(AppProfile)
  /// What of the host stands in the way of any upgrade of the app, before there is a release. Changes nothing.
  case obstacles(AppProfile)
  /// What people should know of the host before they say yes, as the profile's commands tell it. Changes nothing.
  case forewarn(AppProfile)
  /// What would stay behind in the install if it were upgraded now. Changes nothing.
  case account(AccountOrder)
  /// The end of a job's log; the last job's when `job` is nil.
  case logs(app: String, job: String?, lines: Int)
  /// A person has looked: takes the mark away, and remembers its release as refused; where there is no mark, the hold
  /// and the remembered refusals.
  case clear(app: String)
  case backups(AppProfile)
  case rollback(RollbackOrder)
  /// From the next conversation on the uploaded file is the agent here, if it is a newer one.
  case replaceAgent(app: String, Artifact)
}

package struct Hello: Codable, Equatable, Sendable {
  package var wire: Int
  /// The version of the speaker's program.
  package var version: String

  package init(wire: Int = WireLimits.version, version: String) {
    self.wire = wire
    self.version = version
  }
}
