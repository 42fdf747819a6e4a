import Text
import Driver
import Rollout
import Wire

/// One host in the live view.
struct LiveRow: Sendable {
  let host: String
  let name: String
  private(set) var activity = ""
  private(set) var outcome: Outcome?
  /// Something is being done on it now.
  private(set) var isActive = false
  private var done: Int64?
  private var total: Int64?
  private var isSending = false
  private var wait: HealthWait?
  private(set) var downSince: Int64?
  private var downtimeMilliseconds: Int?
  private var why = ""

  init(_ host: String) {
    self.host = host
    name = visible(host, limit: 40)
  }

  /// Where a rollout has it, before anything is heard of it in this run.
  mutating func sync(_ member: Rollout.Member) {
    downtimeMilliseconds = nil
    switch member.place {
    case .unseen: rest(nil, "")
    case .probing: begin("asking")
    case .planned: rest(nil, "waiting to stage")
    case .staging: begin("connecting")
    case .staged: rest(nil, "staged, ready")
    case .clearing: begin("asking")
    case .cutover, .lost: begin("following")
    case .goingBack: begin("going back")
    case .settled(let outcome):
      downtimeMilliseconds = member.result?.downtimeMilliseconds
      rest(outcome, "", member.rollbackTrouble ?? member.cause)
      if outcome == .failed, member.unwell != nil { activity = "turned unwell" }
    }
  }

  mutating func update(_ line: EventLine, now: Int64) {
    switch line.event {
    case .hostProbed: rest(line.outcome, "waiting to stage", line.cause)
    case .hostUnreachable: rest(.unreachable, "", line.cause)
    case .stageFailed: rest(.refused, "", line.cause)
    case .stageBegan: begin("connecting")
    case .uploading, .uploaded:
      begin("sending")
      isSending = true
      (done, total) = (line.done, line.total)
    case .staged: rest(line.result, "staged, ready")
    case .notNow: rest(.deferred, "", line.cause)
    case .cutoverOrdered: begin("cutover ordered")
    case .following, .heardFrom: begin("following")
    case .cutoverRested:
      downtimeMilliseconds = line.result?.downtimeMilliseconds
      rest(line.result, "staged, ready")
    case .connectionLost: begin("not heard of; it goes on")
    case .orderExpired: rest(.unknown, "")
    case .notBelieved: rest(.unknown, "", line.cause)
    case .goingBack, .foundGoingBack: begin("going back")
    case .stepStarted: line.step.map { begin(Self.words($0)) }
    case .stepProgress:
      wait = HealthWait(line, now: now)
      // The clock of downtime counts to where all holds; if it does not hold, it has run on.
      if let wait, let downSince {
        downtimeMilliseconds = wait.isWell ? Int(max(0, wait.since - downSince)) : nil
      }
      (done, total) = wait == nil ? (line.done, line.total) : (nil, nil)
    case .down: downSince = now
    case .up:
      downSince = nil
      downtimeMilliseconds = line.milliseconds
    default: break
    }
  }

  private static func words(_ step: Step) -> String {
    if step == .undo { return "going back" }
    return (step.isStage ? "staging: " : "cutover: ") + step.rawValue
  }

  private mutating func begin(_ activity: String) {
    (self.activity, isActive, isSending) = (activity, true, false)
    (done, total, wait, outcome, why) = (nil, nil, nil, nil, "")
  }

  private mutating func rest(_ outcome: Outcome?, _ resting: String, _ cause: Cause? = nil) {
    (self.outcome, isActive, downSince) = (outcome, false, nil)
    activity = outcome.map { Wording.outcome($0) } ?? resting
    (done, total, wait) = (nil, nil, nil)
    why = cause?.text ?? ""
  }

  private mutating func rest(_ result: JobResult?, _ resting: String) {
    rest(result?.outcome, resting, result?.reason)
  }

  // MARK: Drawing

  /// What stands behind the activity: the clock of its downtime first, since that is what counts.
  ///
  /// - Parameter withClock: false where that clock goes elsewhere.
  func detail(_ style: LiveStyle, width: Int, now: Int64, withClock: Bool = true) -> String {
    var parts: [String] = []
    if let since = downSince, wait?.isWell != true {
      if withClock { parts.append("down \(Wording.seconds(Int(max(0, now - since))))") }
    } else if let milliseconds = downtimeMilliseconds {
      parts.append("was down \(Wording.seconds(milliseconds))")
    }
    if let progress = progress(style, isWide: width > 60) { parts.append(progress) }
    if let wait { parts.append(wait.words(now: now)) }
    if !why.isEmpty { parts.append(visible(why, limit: 200).replacing("\t", with: " ")) }
    return parts.joined(separator: "  ")
  }

  private func progress(_ style: LiveStyle, isWide: Bool) -> String? {
    guard let done, let total, total > 0 else { return nil }
    let share = min(100, max(0, done * 100 / total))
    let amount =
      isSending || total > 100_000
      ? "\(sizeText(done)) of \(sizeText(total))" : "\(done) of \(total)"
    let bar = isWide ? Self.bar(share, style) + "  " : ""
    return "\(bar)\(amount), \(share) %"
  }

  private static func bar(_ percent: Int64, _ style: LiveStyle) -> String {
    let full = Int(percent / 5)
    let (on, off) = style.unicode ? ("█", "░") : ("#", ".")
    return String(repeating: on, count: full) + String(repeating: off, count: 20 - full)
  }

  func mark(_ style: LiveStyle, now: Int64) -> String {
    switch outcome {
    case .upgraded, .restored, .current: return style.unicode ? "✓" : "+"
    case .rolledBack, .failed, .refused, .unknown: return style.unicode ? "✗" : "x"
    case .deferred, .unreachable, .untouched, .interrupted: return "-"
    case nil: break
    }
    guard isActive else { return style.unicode ? "·" : "." }
    let wheel = style.unicode ? ["⠋", "⠙", "⠸", "⠴", "⠦", "⠇"] : ["|", "/", "-", "\\"]
    return wheel[Int(max(0, now) / 125 % Int64(wheel.count))]
  }

  func painted(_ text: String, _ style: LiveStyle) -> String {
    guard style.color else { return text }
    let paint = outcome.map { Paint($0) } ?? (downSince != nil ? .bold : nil)
    return paint?.on(text) ?? text
  }

  /// Who is shown where there is no room for all: who is at work, then who fared badly, then who waits.
  var rank: Int {
    if downSince != nil { return 0 }
    if isActive { return 1 }
    switch outcome {
    case .failed, .rolledBack, .unknown, .refused: return 2
    case nil: return 3
    case .unreachable, .deferred, .interrupted: return 4
    case .upgraded, .restored, .current, .untouched: return 5
    }
  }
}
