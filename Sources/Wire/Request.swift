package import Release

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

package struct Claim: Codable, Equatable, Sendable {
  package var rollout: String
  /// user@machine of the coordinator.
  package var who: String
  /// The folder of the inventory, on that machine: two that one person has may name the same host, and their rollouts
  /// of one second have the same name. nil from a coordinator that did not say it yet.
  package var inventory: String?
  /// The inventory's name of the host: two of them may lead to one install. nil from a coordinator that did not say it
  /// yet.
  package var host: String?
  package var sinceMilliseconds: Int64
  package var lifetimeSeconds: Int

  package init(
    rollout: String, who: String, inventory: String?, host: String? = nil, sinceMilliseconds: Int64,
    lifetimeSeconds: Int
  ) {
    self.rollout = rollout
    self.who = who
    self.inventory = inventory
    self.host = host
    self.sinceMilliseconds = sinceMilliseconds
    self.lifetimeSeconds = lifetimeSeconds
  }
}

/// The name of a release on the wire: what the coordinator verified.
package struct ReleaseName: Codable, Equatable, Sendable {
  package internal(set) var version: String
  package internal(set) var tag: String
  package internal(set) var commit: String?
  package internal(set) var tree: String?
  package internal(set) var sha256: String
  package internal(set) var size: Int64

  /// The only way to one, but for reading what was sent: what is ordered of a host was verified.
  package init(_ verified: VerifiedRelease) {
    let identity = verified.identity
    self.init(
      version: "\(identity.version)", tag: identity.tag.text, commit: identity.commit?.description,
      tree: identity.tree?.description, sha256: "\(verified.sha256)",
      size: Int64(clamping: verified.sizeBytes))
  }

  init(
    version: String, tag: String, commit: String?, tree: String?, sha256: String, size: Int64
  ) {
    self.version = version
    self.tag = tag
    self.commit = commit
    self.tree = tree
    self.sha256 = sha256
    self.size = size
  }
}

/// A file that was uploaded, named by its content.
package struct Artifact: Codable, Equatable, Sendable {
  package var sha256: String
  package var size: Int64

  package init(sha256: String, size: Int64) {
    self.sha256 = sha256
    self.size = size
  }
}

package struct StageOrder: Codable, Equatable, Sendable {
  /// One job per rollout and host: the rollout's id, `ID.2` for a second try.
  package var job: String
  package var release: ReleaseName
  /// What the release takes on the disk, in bytes.
  package var unpackedBytes: Int64
  /// A ``ReleaseListing`` of the release that is installed now, for the account of what would be left
  /// behind; nil where the coordinator could not get it (the agent keeps those it installed itself).
  package var installedListing: Artifact?
  package var profile: AppProfile
  /// Said by the user: try again what was refused before.
  package var retry: Bool
  /// Leave behind what is neither carried nor ignored.
  package var leave: Bool
  /// Go on although the old version is unwell.
  package var repair: Bool

  package init(
    job: String, release: ReleaseName, unpackedBytes: Int64, installedListing: Artifact? = nil,
    profile: AppProfile, retry: Bool = false, leave: Bool = false, repair: Bool = false
  ) {
    self.job = job
    self.release = release
    self.unpackedBytes = unpackedBytes
    self.installedListing = installedListing
    self.profile = profile
    self.retry = retry
    self.leave = leave
    self.repair = repair
  }
}

package struct AccountOrder: Codable, Equatable, Sendable {
  package var profile: AppProfile
  /// As in ``StageOrder/installedListing``.
  package var installedListing: Artifact?

  package init(profile: AppProfile, installedListing: Artifact?) {
    self.profile = profile
    self.installedListing = installedListing
  }
}

package struct CutoverOrder: Codable, Equatable, Sendable {
  package var app: String
  package var job: String
  /// Void when the host has not reached `stop` so long after it got the order, on its own monotonic
  /// clock, or has booted since.
  package var lifetimeSeconds: Int
  /// Once the new version is proved it goes back, unless ``Request/confirm(app:job:)`` comes over a fresh
  /// connection within so long; nil waits for nobody.
  package var confirmWithinSeconds: Int?
  /// Up to which event the coordinator knew the job's story when it ordered: void when the job has rested since.
  /// So an order that comes late or twice starts nothing that nobody waits for; nil asks for no such care.
  package var seen: Int?

  package init(
    app: String, job: String, lifetimeSeconds: Int, confirmWithinSeconds: Int? = nil, seen: Int? = nil
  ) {
    self.app = app
    self.job = job
    self.lifetimeSeconds = lifetimeSeconds
    self.confirmWithinSeconds = confirmWithinSeconds
    self.seen = seen
  }
}

package struct RollbackOrder: Codable, Equatable, Sendable {
  package var job: String
  /// The backup's name; nil: the newest.
  package var backup: String?
  package var profile: AppProfile

  package init(job: String, backup: String?, profile: AppProfile) {
    self.job = job
    self.backup = backup
    self.profile = profile
  }
}

/// What an agent answers.
package enum Reply: Codable, Equatable, Sendable {
  case hello(HostHello)
  case probe(Probe)
  case ok
  /// Another coordinator has the host.
  case claimed(Claim)
  /// Send from this offset; equal to the size when the host has it all.
  case send(from: Int64)
  case event(JobEvent)
  case status(HostStatus)
  /// nil: the app is well.
  case health(problem: Cause?)
  /// Each with what mends it; empty: none.
  case obstacles([Cause])
  case account([FileGroup])
  case logs(lines: [String], path: String)
  case backups([Backup])
  /// The request cannot be done; the sentence says why.
  case refused(Cause)
  /// A request of a version that this agent does not know, or a malformed one.
  case unsupported(String)
}

package struct HostHello: Codable, Equatable, Sendable {
  package var wire: Int
  package var version: String
  /// `uname -m` of the program that answers.
  package var architecture: String
  package var bootID: String
  package var systemd: Bool
  package var user: String
  package var system: String

  package init(
    wire: Int, version: String, architecture: String, bootID: String, systemd: Bool,
    user: String, system: String
  ) {
    self.wire = wire
    self.version = version
    self.architecture = architecture
    self.bootID = bootID
    self.systemd = systemd
    self.user = user
    self.system = system
  }
}

/// What one profile finds on the host.
package struct Probe: Codable, Equatable, Sendable {
  package struct Finding: Codable, Equatable, Sendable {
    /// The version read with this profile, or nil with the reason.
    package var version: String?
    package var problem: String?

    package init(version: String?, problem: String?) {
      self.version = version
      self.problem = problem
    }
  }
  /// One for each profile of the request, in its order.
  package var findings: [Finding]
  package var status: HostStatus
  /// As in ``JobResult/warnings``.
  package var warnings: [String]?
  /// Where the app lies; nil where nothing is installed.
  package var place: InstallPlace?

  package init(findings: [Finding], status: HostStatus) {
    self.findings = findings
    self.status = status
  }
}

/// Which install it is: the same under whatever name it was reached, and never that of two installs.
package struct InstallPlace: Codable, Equatable, Sendable {
  /// Of the running system. A machine-id is not taken: cards that were copied have the same.
  /// Source: random(4), /proc/sys/kernel/random/boot_id.
  package var bootID: String
  /// Device and inode of `/`: containers of one kernel may have the same boot id.
  package var root: String
  /// gethostname(2), for people.
  package var hostname: String
  /// The install without symbolic links in its path, for people.
  package var path: String
  /// Device and inode of that directory.
  package var install: String
  /// Where its agent keeps what it knows of the app: the nearest directory that is there, as device and inode, and the
  /// way from there.
  package var state: String

  package init(
    bootID: String, root: String, hostname: String, path: String, install: String, state: String
  ) {
    self.bootID = bootID
    self.root = root
    self.hostname = hostname
    self.path = path
    self.install = install
    self.state = state
  }
}

/// What fleet knows of an app on a host.
package struct HostStatus: Codable, Equatable, Sendable {
  package var app: String
  /// The tag that fleet installed last, recorded with the install.
  package var installedTag: String?
  package var installedVersion: String?
  /// How long ago that was, in seconds, by the host's own clock; nil where the agent does not know.
  package var installedSecondsAgo: Int?
  package var mark: Mark?
  /// Releases that are not offered again after a rollback by hand.
  package var heldTag: String?
  package var refusals: [Refusal]
  package var claim: Claim?
  /// The job whose journal is open, or that is staged.
  package var openJob: String?
  /// The journal's state, in its own words: ``JobState``.
  package var state: String
  /// The last job that rested.
  package var last: JobResult?
  /// The last one that came to its end, where that is another; nil from an agent that did not say it yet.
  package var ended: JobResult?
  /// How long the app was down in the last upgrade that stayed, in milliseconds; nil as `ended`.
  package var upgradeDowntimeMilliseconds: Int?
  package var freeBytes: Int64?
  package var backups: Int

  package init(app: String, state: JobState) {
    self.app = app
    self.state = state.rawValue
    refusals = []
    backups = 0
  }
}

/// What a failure after `stop` leaves on a host.
package struct Mark: Codable, Equatable, Sendable {
  package var job: String
  package var tag: String
  package var reason: Cause
  package var timeMilliseconds: Int64
  package var logPath: String
  /// The archive of the release that failed; nil of a rollback, and from an agent that did not say it yet.
  package var sha256: String?

  package init(
    job: String, tag: String, reason: Cause, timeMilliseconds: Int64, logPath: String, sha256: String? = nil
  ) {
    self.job = job
    self.tag = tag
    self.sha256 = sha256
    self.reason = reason
    self.timeMilliseconds = timeMilliseconds
    self.logPath = logPath
  }
}

/// A release that this host refused in stage, or that failed there and whose mark a person has taken away; remembered
/// for that release only.
package struct Refusal: Codable, Equatable, Sendable {
  package var tag: String
  package var sha256: String
  package var reason: Cause

  /// The app was down for it, and went back.
  package var isFailure: Bool { reason.step?.isStage == false }

  package init(tag: String, sha256: String, reason: Cause) {
    self.tag = tag
    self.sha256 = sha256
    self.reason = reason
  }
}

package struct Backup: Codable, Equatable, Sendable {
  /// The directory's name below `backups`.
  package var name: String
  package var version: String
  package var tag: String?
  package var timeMilliseconds: Int64
  /// Bytes on disk that only this backup holds, as far as can be told.
  package var bytes: Int64
  /// Whether the app was well in it when it was left; nil where nobody wrote that down.
  package var wasHealthy: Bool?
  /// Never pruned.
  package var isFromBeforeFleet: Bool?

  package init(
    name: String, version: String, tag: String?, timeMilliseconds: Int64, bytes: Int64,
    wasHealthy: Bool? = nil, isFromBeforeFleet: Bool? = nil
  ) {
    self.wasHealthy = wasHealthy
    self.isFromBeforeFleet = isFromBeforeFleet
    self.name = name
    self.version = version
    self.tag = tag
    self.timeMilliseconds = timeMilliseconds
    self.bytes = bytes
  }
}
