import ByteText
package import Wire

extension Rollout {
  /// How this rollout goes over its hosts. Written into its event log, so that a rollout that is
  /// resumed goes on by the rules it began with.
  package struct Policy: Codable, Equatable, Sendable {
    package enum Canary: Codable, Equatable, Sendable {
      /// So many of the first that can.
      case first(Int)
      case hosts([String])
    }
    package enum Batch: Codable, Equatable, Sendable {
      case hosts(Int)
      /// Of the hosts that the canary left; rounded down, at least one.
      case percent(Int)
    }
    package var canary: Canary = .first(1)
    /// The last one repeats.
    package var batches: [Batch] = [.hosts(1)]
    /// Cutovers at once within a batch.
    package var maxParallel = 1
    package var stageParallel = 4
    /// More than so many failures halt.
    package var maxFailures = 0
    package var haltOnUnreachable = false
    /// `on_failure: rollback`.
    package var rollsBack = false
    package var soakSeconds = 120
    /// The others stay deferred until the canary has run the release so long.
    package var canaryForSeconds = 0
    /// Sets of hosts of which only one may be in its cutover.
    package var neverTogether: [[String]] = []
    /// Installs on one machine may be in their cutovers at once; nil in the log of a fleet that did not write it down.
    package var together: Bool?
    /// `fleet stage`: nothing is cut over until it is resumed.
    package var stageOnly = false
    /// Within so long a host must have reached `stop`, on its own clock, or the order is void.
    package var orderLifetimeSeconds = RolloutLimits.orderLifetimeSeconds

    /// A host goes back unless it is reached again within so long; nil: it stays.
    package var confirmWithinSeconds: Int?

    package init() {}
  }

  /// What planning says of a host that answered.
  package enum Verdict: Codable, Equatable, Sendable {
    /// It goes to the release.
    case goes(from: String?)
    /// There is nothing to do, or it may not: current, refused, deferred, untouched (held).
    case rests(Outcome, from: String?, Cause?)
  }

  package enum Event: Equatable, Sendable {
    /// With a plan: what each host was found to be follows, then the answer to it.
    case begun
    case hostProbed(String, Verdict)
    /// No way to it, and nothing of this rollout can be under way there: probing, staging, or its
    /// cutover could not be ordered.
    case hostUnreachable(String, Cause)
    /// Yes, or no, to the plan that it begins with, or to ``Action/askPlan``.
    case planApproved
    case planDeclined
    /// The stage rests; the result's `outcome` is nil when it waits for its cutover.
    case staged(String, JobResult)
    case stageFailed(String, Cause)
    /// It may go now: the order may live so long.
    case cleared(String, lifetimeSeconds: Int)
    /// It may not go now: outside its window, or the canary's time is not over.
    case notNow(String, Cause)
    case cutoverRested(String, JobResult)
    /// Lost in its cutover: it keeps its place until it is heard of or its order has expired.
    case connectionLost(String)
    /// What its agent says cannot be so, or has no end: nothing of it counts.
    case notBelieved(String, Cause)
    case heardFrom(String)
    case orderExpired(String)
    case soaked
    /// It was upgraded and proved, and its app is not well any more.
    case turnedUnwell(String, Cause)
    /// The log is lost, and its agent tells of its rollback: under way, or ended.
    case foundGoingBack(String)
    /// Its rollback rests; the result's job is ``Rollout/rollbackJob(of:)``.
    case wentBack(String, JobResult)
    /// Its rollback could not be begun.
    case staysUpgraded(String, Cause)
    /// Ctrl-C. The first ends what is in its cutover and stops, the second lets go.
    case interrupted
    /// A coordinator goes on with what another one left: with these hosts, or all.
    ///
    /// - asks: the plan is asked for anew before anything is staged.
    case resumed([String]?, stageOnly: Bool = false, asks: Bool = false)
  }

  package enum Action: Equatable, Sendable {
    case probe(String)
    case askPlan
    case stage(String)
    /// Whether it may be cut over now.
    case mayGo(String)
    case cutover(String, lifetimeSeconds: Int)
    case follow(String)
    case cancel(String)
    /// Waits, and watches the health of these hosts.
    case soak(seconds: Int, watching: [String])
    /// Puts the backup back that its upgrade made; where that is under way already, follows it.
    case goBack(String, mayBeUnderWay: Bool)
    case finish(Ending)
  }

  package enum Ending: Codable, Equatable, Sendable {
    case done
    case halted(why: String)
    case interrupted
    /// The person said no to the plan.
    case declined
  }

  /// Where a host is on its way.
  package enum Place: Equatable, Sendable {
    case unseen
    case probing
    case planned
    case staging
    case staged
    /// Its turn has come, and it is asked whether it may go now. Nothing is ordered yet.
    case clearing
    /// Its cutover is ordered, or may have been.
    case cutover
    /// As `cutover`, and not heard of.
    case lost
    /// As `cutover`, but to its backup.
    case goingBack
    case settled(Outcome)

    /// Its app may be down.
    package var isInCutover: Bool { self == .cutover || self == .lost || self == .goingBack }
  }

  enum RollbackState: Equatable, Sendable { case none, underWay, ended }

  package struct Member: Equatable, Sendable {
    package internal(set) var name: String
    package internal(set) var place = Place.unseen
    package internal(set) var from: String?
    /// The last result that the agent gave.
    package internal(set) var result: JobResult?
    package internal(set) var cause: Cause?
    /// A job id is spent once its job has an outcome; another try needs another one.
    package internal(set) var attempt = 1
    var orders = 0
    /// What it came to in this rollout before, the oldest first.
    package internal(set) var earlier: [Try] = []
    /// The last of that, until there is something new.
    var before: Try?
    var rollback = RollbackState.none
    /// What the agent said of its rollback, where that came to an end.
    package internal(set) var rollbackResult: JobResult?
    /// Why it could not go back, or what went wrong on the way.
    package internal(set) var rollbackTrouble: Cause?
    /// What was wrong with it when it turned unwell after its proof.
    package internal(set) var unwell: Cause?
    /// What it ended with belongs to a run before this one, and counts no more.
    var isForgiven = false
    /// Its agent was not believed any more before a cutover was ordered.
    var isDoubtedBeforeOrder = false

    package init(name: String) { self.name = name }

    package var outcome: Outcome? {
      if case .settled(let outcome) = place { outcome } else { nil }
    }

    var isAway: Bool { outcome == .unreachable && !isForgiven }

    /// This rollout has brought the release there, and has not tried to take it back.
    package var canGoBack: Bool {
      rollback == .none && result?.outcome == .upgraded && (outcome == .upgraded || unwell != nil)
    }

    /// These count against `max_failures`, and nothing else: what went wrong after `stop`, what is not
    /// known after the order, and what the rehearsal or prepare step found out.
    var isFailure: Bool {
      guard !isForgiven else { return false }
      return switch outcome {
      case .rolledBack: cause?.code != .onFailure
      case .failed: true
      case .unknown: cause?.code != .letGo && !isDoubtedBeforeOrder
      case .refused:
        cause?.code == .prepare || cause?.code == .rehearsal
      case .upgraded, .restored, .current, .deferred, .unreachable, .untouched, .interrupted, nil: false
      }
    }
  }
}

/// Every bound of a rollout, with its unit.
package enum RolloutLimits {
  /// Of how many releases that an upgrade crosses the notes are shown and kept, and how many characters of each.
  package static let notedReleases = 20
  package static let noteCharacters = 4_000
  /// Of how many rollouts at most it is looked up which inventory they were of, where there is none.
  package static let inventoriesLookedFor = 20
  /// From the order to `stop` on the host's own clock, guards that wait included, in seconds.
  package static let orderLifetimeSeconds = 900
  /// How long an order, or its answer, may be under way, in seconds: nobody waits longer for an answer.
  package static let orderTransitSeconds = WireLimits.answerSeconds
  /// Watching health in a soak: how often each host is asked, in seconds, and after how many answers in
  /// a row that it is unwell it counts as such. The agent itself looks several times for each answer.
  package static let healthSeconds = 10
  package static let unwellAnswers = 2
  /// A host that says "still staged, no order here" is ordered again so many times in all.
  package static let ordersPerHost = 3
  /// Waits between two tries to reach a host, in milliseconds: doubled from the first to the last.
  package static let firstRetryMilliseconds: Int64 = 1_000
  package static let lastRetryMilliseconds: Int64 = 30_000
  /// How long a host may stay away while it stages before it counts as unreachable, in seconds.
  package static let stageAwaySeconds = 120
  /// How long to try for a connection over which a cutover is to be ordered, in seconds.
  package static let orderAwaySeconds = 60
  /// A cutover that was lost is waited for no longer than this beyond its order, in seconds.
  package static let longestCutoverSeconds = 7_200
  /// A host that is followed again is waited for at least so long, in seconds: a Pi boots.
  package static let leastFollowSeconds = 120
  /// How long a claim keeps others out unless it is renewed, in seconds.
  package static let claimSeconds = 1_800
  package static let claimRenewalSeconds = 300
  /// How often a host that waits to be confirmed is tried, in milliseconds.
  package static let confirmRetryMilliseconds: Int64 = 2_000
  /// How often a driving fleet looks for `fleet pause` and `fleet abort`, and those for its end, in milliseconds.
  package static let stopPollMilliseconds: Int64 = 1_000
  /// Progress of an upload is told at most so often, in milliseconds.
  package static let progressMilliseconds: Int64 = 200
  /// How long a job's stage, or its cutover, is followed however alive its agent says it is, in seconds. An agent ends
  /// either after six hours (`Launcher.longestJobSeconds`); recovery, and twice the longest wait to be confirmed, come
  /// on top.
  package static let longestJobSeconds = 6 * 3_600 + 2 * WireLimits.confirmSeconds.upperBound + 3_600
}
