import Text
package import Rollout
import Release
package import Wire

/// What was ordered of a host. What its agent reports is held against it: "upgraded" is believed only of the job, to
/// the version and from where it was ordered. Pure.
package struct Ordered: Equatable, Sendable {
  package enum Phase: Equatable, Sendable { case stage, cutover }

  var job: String
  /// nil where it is not known here, and then not held against.
  var target: String?
  /// What the host was found with.
  var from: String?
  /// A backup was to be put back.
  var isRollback = false

  package init(job: String, target: String? = nil, from: String? = nil, isRollback: Bool = false) {
    self.job = job
    self.target = target
    self.from = from
    self.isRollback = isRollback
  }

  /// Why the report cannot be so, as a sentence; nil where it can.
  package func doubt(_ result: JobResult, in phase: Phase) -> String? {
    if result.job != job { return "it reports on the job \(result.job), and \(job) was ordered" }
    if let target, !result.target.isEmpty, !Self.isSame(result.target, target) {
      return "it reports on \(result.target), and \(target) was ordered"
    }
    // Asked for its version after the swap it said the new one.
    let wasAskedBefore = from.flatMap { from in target.map { !Self.isSame(from, $0) } } ?? true
    if wasAskedBefore, let from, let said = result.from, !Self.isSame(said, from) {
      return "it says that it had \(said), and it had said \(from) before"
    }
    switch result.outcome {
    // An agent of before says so of a rollback, too.
    case .upgraded: return committed(result, phase)
    case .restored where isRollback: return committed(result, phase)
    case .rolledBack where phase == .stage: return "it says rolled back, and no cutover was ordered"
    case .rolledBack, .interrupted, .refused, .deferred, nil: return old(result)
    // What needs hands is believed, whatever is said beside it.
    case .failed: return nil
    case .restored, .current, .unreachable, .untouched, .unknown:
      return "it says \"\(result.outcome.map { Wording.outcome($0) } ?? "")\", and no job ends so"
    }
  }

  private func committed(_ result: JobResult, _ phase: Phase) -> String? {
    let target = target ?? result.target
    let says = "it says \(result.outcome.map { Wording.outcome($0) } ?? "")"
    if phase == .stage { return "\(says), and no cutover was ordered" }
    guard let now = result.now else { return "\(says), and not which version runs" }
    if !Self.isSame(now, target) { return "\(says), and that \(now) runs there, not \(target)" }
    return result.healthy == false ? "\(says), and that its app is not well" : nil
  }

  /// Where nothing was changed, or all was put back, the old version runs.
  private func old(_ result: JobResult) -> String? {
    guard let now = result.now, let from = result.from ?? from, !Self.isSame(now, from) else { return nil }
    let what = result.outcome.map { Wording.outcome($0) } ?? "staged"
    return "it says \(what), and that \(now) runs there, not \(from)"
  }

  private static func isSame(_ one: String, _ other: String) -> Bool {
    Version.isSame(one, other)
  }
}

extension JobResult {
  /// Its machine, or its agent, goes down while what was ordered runs and is not committed yet: how that ends is known
  /// once it is back. Where it is the version of before, too, that is how it ended.
  var isCutShort: Bool {
    guard outcome == .interrupted, let now, Version.isSame(now, target) else { return false }
    return from.map { !Version.isSame($0, target) } ?? true
  }
}

extension RolloutRecord {
  /// What is to be believed of an event that an agent caused.
  package func believed(_ event: Rollout.Event) -> Rollout.Event {
    let doubt: (host: String, why: String?)
    switch event {
    case .staged(let host, let result): doubt = (host, ordered(host).doubt(result, in: .stage))
    case .cutoverRested(let host, let result):
      doubt = (host, ordered(host).doubt(result, in: .cutover))
      if isRollback, doubt.why == nil { return .cutoverRested(host, result.asRestored) }
    case .wentBack(let host, let result): doubt = (host, orderedBack(host).doubt(result, in: .cutover))
    default: return event
    }
    return doubt.why.map { .notBelieved(doubt.host, Cause(notBelieved: $0)) } ?? event
  }

  private var target: String { header.version }

  private func ordered(_ host: String) -> Ordered {
    Ordered(
      job: rollout.job(of: host), target: target, from: rollout[host]?.from, isRollback: isRollback)
  }

  private func orderedBack(_ host: String) -> Ordered {
    Ordered(job: rollout.rollbackJob(of: host), target: rollout[host]?.from, from: target, isRollback: true)
  }
}

extension JobResult {
  /// Of a rollback. An agent of before calls it upgraded.
  fileprivate var asRestored: JobResult {
    var result = self
    if result.outcome == .upgraded { result.outcome = .restored }
    return result
  }
}

extension Cause {
  package init(notBelieved why: String) {
    self.init(
      code: .notBelieved,
      text: "\(why): it is not believed, and how the host is has to be looked at there")
  }
}
