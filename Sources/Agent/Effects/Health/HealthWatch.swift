import ByteText
import Wire

/// One look at the app's health.
struct HealthLook: Equatable, Sendable {
  /// When the look began and ended (``Monotonic``).
  var began: Duration
  var ended: Duration
  /// What the services' states and the profile's checks find not well.
  var problem: HealthProblem?
  /// When those had been asked.
  var checked: Duration
  /// What is not well beside them: what the app says of itself.
  var lacking: HealthProblem?
  /// Of each service its name, invocation and restarts: another value means that it was started again.
  var fingerprint: [String]
  /// A service has failed and nobody will start it again.
  var isOver = false

  /// What of all is not well.
  var trouble: HealthProblem? { problem ?? lacking }
}

/// What is not well, for people.
package struct HealthProblem: Equatable, Sendable, CustomStringConvertible {
  /// Short enough for a line of a report.
  package var text: String
  /// More of it, for the log.
  package var detail: String
  /// The app itself said so: that tells more than a status code does.
  var isOwnWords: Bool

  package init(_ text: String, detail: String? = nil, isOwnWords: Bool = false) {
    self.text = visible(text, limit: 200)
    self.detail = visible(detail ?? text, limit: 1000)
    self.isOwnWords = isOwnWords
  }

  /// What several checks found: the app's own words in short, all of them in the log.
  static func joined(_ problems: [HealthProblem]) -> HealthProblem? {
    guard let first = problems.first(where: \.isOwnWords) ?? problems.first else { return nil }
    return HealthProblem(
      first.text, detail: problems.map(\.detail).joined(separator: "; "), isOwnWords: first.isOwnWords)
  }

  package var description: String { text }
}

/// How far a proof of health has come.
package struct HealthProgress: Equatable, Sendable {
  /// What is not well; nil: all has held for so long.
  package var problem: HealthProblem?
  /// Since the proof began, or since all holds; of `of` at most, or as long as it has to hold.
  package var spent: Duration
  package var of: Duration
}

/// Decides from looks whether the app is well: all must hold without a break for `healthyFor`, within
/// `deadline` counted from the start. Since when the app is up is told by its services and checks alone: what is asked
/// beside them may be there only later, of an app that long works again. Pure: times come with the looks.
struct HealthWatch: Sendable {
  enum Verdict: Equatable, Sendable {
    /// With the time since when its services run and its checks hold without a break.
    case healthy(upSince: Duration)
    case unhealthy(HealthProblem)
    case lookAgain(after: Duration)
  }

  /// How long a failed service may stay so before it is believed.
  static let overFor = Duration.seconds(5)

  private let healthyFor: Duration
  private let start: Duration
  private let deadline: Duration
  private var upSince: Duration?
  private var heldSince: Duration?
  private var fingerprint: [String] = []
  private var overSince: Duration?
  private var lastProblem: HealthProblem?
  private var pauses = GrowingPause.ofHealth

  init(_ health: Health, start: Duration) {
    healthyFor = .seconds(health.healthyForSeconds)
    self.start = start
    deadline = start + .seconds(health.deadlineSeconds)
  }

  mutating func judge(_ look: HealthLook) -> Verdict {
    take(look)
    if let heldSince, let upSince, look.began - heldSince >= healthyFor || healthyFor == .zero {
      // The hold must have been completed in time, too.
      return heldSince + healthyFor <= deadline ? .healthy(upSince: upSince) : .unhealthy(unproved)
    }
    if let overSince, look.ended - overSince >= Self.overFor { return .unhealthy(unproved) }
    // Too late for a hold that has not begun: waiting on would only lengthen the downtime.
    let earliest = (heldSince ?? look.ended) + healthyFor
    guard earliest <= deadline else { return .unhealthy(unproved) }
    var pause = pauses.take()
    if let heldSince { pause = min(pause, max(.milliseconds(1), heldSince + healthyFor - look.ended)) }
    return .lookAgain(after: pause)
  }

  /// As the last look, which was judged, found it.
  func progress(at look: HealthLook) -> HealthProgress {
    if let heldSince { return HealthProgress(problem: nil, spent: look.ended - heldSince, of: healthyFor) }
    // A hold that begins later would not be completed in time.
    return HealthProgress(
      problem: look.trouble, spent: look.ended - start,
      of: max(.zero, deadline - healthyFor - start))
  }

  private mutating func take(_ look: HealthLook) {
    let isRestarted = upSince != nil && look.fingerprint != fingerprint
    if look.problem != nil {
      upSince = nil
    } else if upSince == nil || isRestarted {
      upSince = look.checked
    }
    if let problem = look.trouble {
      lastProblem = problem
      heldSince = nil
    } else if let since = heldSince, isRestarted {
      let seconds = (look.ended - since).wholeMilliseconds / 1000
      let restarted = look.fingerprint.first { !fingerprint.contains($0) }?.pieces(by: " ").first
      lastProblem = HealthProblem("\(restarted ?? "a service") was started again after \(seconds) s")
      heldSince = look.ended
    } else if heldSince == nil {
      heldSince = look.ended
    }
    fingerprint = look.fingerprint
    overSince = look.isOver ? overSince ?? look.ended : nil
  }

  private var unproved: HealthProblem {
    lastProblem
      ?? HealthProblem("it was not well for \(healthyFor.wholeMilliseconds / 1000) s without a break")
  }
}
