import ByteText
import Wire

/// `on_failure: rollback`: when the release is to blame for a halt, the hosts that this rollout upgraded
/// go back to their backups, by a job of its own on each: staged, journaled and proved as any other.
extension Rollout {
  /// The id of its rollback on a host. The claim of its upgrade covers it.
  package func rollbackJob(of host: String) -> String { job(of: host) + Self.rollbackEnding }

  /// The upgrade's job that this one takes back; nil where it is no rollback.
  package static func upgradeJob(of job: String) -> String? {
    job.without(suffix: rollbackEnding).map { String($0) }
  }

  private static let rollbackEnding = ".back"

  var mustGoBack: Bool {
    policy.rollsBack && interruptions == 0 && halt?.isFailure == true && members.contains(where: \.canGoBack)
  }

  /// As many at once as may be cut over at once, and never together what must not be. The last first:
  /// it has the least new data.
  mutating func goBack() -> [Action] {
    var running = inCutover
    var actions: [Action] = []
    if interruptions == 0 {
      for index in members.indices.reversed() where members[index].canGoBack {
        let host = members[index].name
        guard running.count < policy.maxParallel else { break }
        guard !isKeptApart(host, from: running) else { continue }
        running.append(host)
        members[index].place = .goingBack
        members[index].rollback = .underWay
        actions.append(.goBack(host, mayBeUnderWay: false))
      }
    }
    guard running.isEmpty else { return actions }
    return finish()
  }

  /// It was proved before, so its agent calls it upgraded; it is not what one may rely on.
  mutating func turnUnwell(_ index: Int, _ heard: Cause) {
    // The agent's own code would read like a host that was unwell before anything was done.
    let cause = Cause(code: .turnedUnwell, step: heard.step, text: heard.text, logTail: heard.logTail)
    members[index].unwell = cause
    settle(index, .failed, cause)
    stop(.unwell(members[index].name))
  }

  /// How its rollback ended. That job puts the backup back (an agent of before calls that `upgraded`).
  mutating func takeBack(_ index: Int, _ result: JobResult) {
    let cause = result.reason
    // What the rollback installs is what was there before the upgrade.
    if members[index].from == nil, !result.target.isEmpty { members[index].from = result.target }
    switch result.outcome {
    case .restored, .upgraded:
      members[index].rollback = .ended
      members[index].rollbackResult = result
      let first =
        members[index].unwell ?? Cause(code: .onFailure, text: "went back, since the rollout halted")
      settle(index, .rolledBack, first)
    case .failed:
      members[index].rollback = .ended
      members[index].rollbackResult = result
      members[index].rollbackTrouble = members[index].unwell == nil ? nil : cause
      settle(index, .failed, members[index].unwell ?? cause)
    case .rolledBack, .interrupted, .refused, .deferred, .current, .unreachable, .untouched, .unknown, nil:
      stay(index, cause ?? Cause(code: .rollback, text: "the way back did not come to its end"))
    }
  }

  /// It has the new version, and keeps it.
  mutating func stay(_ index: Int, _ cause: Cause) {
    members[index].rollback = .ended
    members[index].rollbackTrouble = cause
    settle(index, members[index].unwell == nil ? .upgraded : .failed, members[index].unwell)
  }
}
