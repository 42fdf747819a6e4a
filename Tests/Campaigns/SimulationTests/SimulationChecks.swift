import Agent
import Wire

@testable import Driver
@testable import Report
@testable import Text
@testable import Inventory
@testable import Rollout
@testable import Upgrade
@testable import Coordinator

/// What must hold at every moment, and of every report.
extension FleetSimulation {
  private var policy: Rollout.Policy { record.header.policy }

  /// Of whom the rollout knows, or must expect, that they are in their cutover.
  private func isAccountedFor(_ name: String) -> Bool {
    guard let member = record.rollout[name] else { return false }
    return member.place.isInCutover || member.outcome == .unknown
  }

  // MARK: When a host stops its app

  func checkStop(_ index: Int) {
    let host = hosts[index]
    guard let id = host.openJob, let job = host.jobs[id] else {
      return must(false, "\(host.name) stops for no job")
    }
    must(job.stops <= 1, "\(host.name) stops \(job.stops) times for \(id)")
    must(isAccountedFor(host.name), "\(host.name) stops, and its place is \(describe(host.name))")

    let down = hosts.filter { $0.isInCutover && record.rollout[$0.name]?.outcome != .unknown }.map(\.name)
    must(down.count <= policy.maxParallel, "\(down) are down at once, \(policy.maxParallel) may")
    for set in policy.neverTogether {
      let together = down.filter(set.contains)
      must(together.count <= 1, "\(together) are down together")
    }
    checkTime(index, isRollback: job.isRollback)
  }

  private func checkTime(_ index: Int, isRollback: Bool) {
    let host = hosts[index]
    for text in inventory[index].windows {
      guard let window = try? Window(text) else { continue }
      must(
        WindowClock([window], zone: Self.zone).isOpen(at: now),
        "\(host.name) stops outside its window \(text)")
    }
    let canaries = record.rollout.canaries
    guard policy.canaryForSeconds > 0, !isRollback, !canaries.isEmpty, !canaries.contains(host.name) else {
      return
    }
    for canary in canaries where record.rollout[canary]?.outcome == .upgraded {
      let since = record.facts[canary]?.atReleaseSince.flatMap { UTC.milliseconds($0) } ?? now
      must(
        now >= since + Int64(policy.canaryForSeconds) * 1000,
        "\(host.name) stops before the canary \(canary) has run it \(policy.canaryForSeconds) s")
    }
  }

  private func describe(_ name: String) -> String {
    record.rollout[name].map { "\($0.place)" } ?? "none"
  }

  // MARK: When the rollout decides

  func checkActions(_ actions: [Rollout.Action], wasStopping: Bool, _ event: Rollout.Event) {
    let rollout = record.rollout
    let isNewRun = if case .resumed = event { true } else { false }
    let inCutover = rollout.inCutover
    must(inCutover.count <= policy.maxParallel, "\(inCutover) are in their cutover, after \(event)")
    let staging = rollout.members.count { $0.place == .staging }
    must(staging <= policy.stageParallel, "\(staging) stage at once, after \(event)")
    if let wave = rollout.wave, !wave.isCanary {
      let largest = policy.batches.map { batch in
        switch batch {
        case .hosts(let count): count
        case .percent(let percent): max(1, rollout.members.count * percent / 100)
        }
      }.max()
      must(wave.hosts.count <= largest ?? .max, "a batch of \(wave.hosts)")
    }
    for action in actions {
      switch action {
      case .probe, .stage: must(!wasStopping || isNewRun, "\(action) after the halt")
      case .mayGo(let host), .cutover(let host, _):
        must(!rollout.isStopping, "\(action) after the halt")
        must(
          rollout.wave?.hosts.contains(host) == true || rollout[host]?.orders ?? 0 > 1,
          "\(host) is cut over out of its batch")
        let early = rollout.members.filter { [.unseen, .probing, .planned, .staging].contains($0.place) }
        must(early.isEmpty, "\(host) is cut over before \(early.map(\.name)) staged")
      case .goBack(let host, _):
        must(policy.rollsBack, "\(host) goes back, and nobody asked for that")
        must(
          hosts.first { $0.name == host }?.jobs[rollout.job(of: host)] != nil,
          "\(host) goes back from nothing")
      case .finish:
        must(rollout.members.allSatisfy { $0.outcome != nil }, "it ends with hosts that have no outcome")
        must(inCutover.isEmpty, "it ends with \(inCutover) in their cutover")
      case .follow, .cancel, .askPlan, .soak: break
      }
    }
  }

  // MARK: When it has ended

  /// The report is what the hosts say.
  func checkReport() {
    let report = Report(record)
    for (info, host) in zip(report.hosts, hosts) {
      // Where another try came to nothing, what the one before came to stands.
      let id = record.rollout[host.name]?.result?.job ?? record.rollout.job(of: host.name)
      let job = host.jobs[id]
      let back = host.jobs["\(id).back"]
      let said = job?.rests.last?.outcome
      let isTrue: Bool =
        switch info.outcome {
        case .upgraded:
          said == .upgraded && host.installed == Self.target && info.now?.version == Self.target
            && back?.rests.last?.outcome != .restored
        case .rolledBack:
          (said == .rolledBack || back?.rests.last?.outcome == .restored) && host.installed == Self.old
            && info.now?.version == Self.old
        case .failed:
          said == .failed || back?.rests.last?.outcome == .failed
            || said == .upgraded && info.reason?.code == .turnedUnwell
        case .interrupted: said == .interrupted && host.installed == Self.old
        case .current: host.installed == Self.target
        case .refused, .deferred, .untouched, .unreachable: (job?.stops ?? 0) == 0 && !host.isInCutover
        // A host of a rollout is upgraded, or not.
        case .restored: false
        case .unknown: true
        }
      must(
        isTrue,
        "\(host.name) is called \(info.outcome); its agent says \(said.map { "\($0)" } ?? "nothing"),"
          + " it has \(host.installed), state \(host.state.rawValue), stops \(job?.stops ?? 0)")
    }
  }

  /// After a calm day and a resume nothing is unknown, and nothing is left open on a host.
  func checkCalmEnd() {
    for member in record.rollout.members where member.outcome == .unknown {
      must(false, "\(member.name) is still unknown: \(member.cause?.text ?? "")")
    }
  }
}
