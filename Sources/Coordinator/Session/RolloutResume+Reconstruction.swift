import Hosts
import Text
import Rollout
import Inventory
import Driver
import ByteText
import Release
import SystemPackage
import Wire

/// Takes up a rollout whose log is lost, from what the agents tell of it: what is under way there, and what
/// their last job came to.
extension RolloutResume {
  struct Reconstructed {
    var record: RolloutRecord
    var log: EventLog
    /// The hosts that have an open job of it.
    var hosts: [String]
  }

  /// Who else drives a rollout on these hosts, as their claims say.
  static func others(_ answers: [(host: Host, answer: SurveyAnswer)], session: Session) -> [Claim] {
    answers.compactMap { _, answer in
      guard case .probe(let probe, _) = answer, probe.status.openJob != nil, let claim = probe.status.claim,
        !session.leftClaims.isOfOurs(claim)
      else { return nil }
      return claim
    }
  }

  /// The rollout of the newest open job that the agents tell of, written down anew. nil where no
  /// agent has one, or its log is here.
  static func reconstruct(
    _ answers: [(host: Host, answer: SurveyAnswer)], session: Session
  ) throws -> Reconstructed? {
    let jobs = openJobs(answers, session.leftClaims)
    guard let id = jobs.values.max(), let tag = tag(of: id, target: target(of: id, answers)),
      let name = TagName(tag)
    else { return nil }
    guard let log = try session.store.make(id) else { return nil }
    var header = RolloutHeader(
      rollout: id, app: session.fleet.app, name: session.fleet.name,
      track: "\(Track(majorOf: name.version, channel: name.channel))", tag: tag, release: nil,
      verified: [], policy: Rollout.Policy(session.fleet.policy), hosts: answers.map(\.host.name),
      inventory: session.fleet.folder.string, who: session.context.who)
    let traces = answers.map { (host: $0.host, answer: $0.answer, trace: trace(of: id, in: $0.answer)) }
    // Where hosts go back, that was asked for, whatever the inventory says now.
    if traces.contains(where: { $0.trace == .rollback }) { header.policy.rollsBack = true }

    var lines = [EventLine(header), EventLine(Rollout.Event.begun)]
    lines += traces.filter { $0.trace != .open }.map {
      line($0.host, $0.answer, $0.trace, id, "\(name.version)")
    }
    let open = traces.filter { $0.trace == .open }
    if RolloutRecord(lines: lines)?.rollout.halt != nil {
      // Whatever is ordered there is followed to its end; nothing else begins.
      lines += open.map { entry in
        var line = EventLine(.heardFrom(entry.host.name))
        line.profile = installed(entry.host, entry.answer)?.0.agent
        return line
      }
    } else {
      lines += open.map { line($0.host, $0.answer, .open, id, "\(name.version)") }
      lines.append(EventLine(Rollout.Event.planApproved))
      lines += open.map { EventLine(.staged($0.host.name, JobResult(job: id, target: "\(name.version)"))) }
    }
    for index in lines.indices {
      lines[index].seq = index + 1
      lines[index].time = UTC.text(session.context.time.nowMilliseconds())
      try log.append(lines[index], durable: index == lines.indices.last)
    }
    let names = answers.map(\.host.name).filter { jobs[$0] == id }
    return RolloutRecord(lines: lines).map { Reconstructed(record: $0, log: log, hosts: names) }
  }

  /// What a host says that this job goes to, where it is that far.
  private static func target(of id: String, _ answers: [(host: Host, answer: SurveyAnswer)]) -> String? {
    for case (_, .probe(let probe, _)) in answers {
      if let last = probe.status.last, last.job == id, !last.target.isEmpty { return last.target }
    }
    return nil
  }

  /// The rollouts of the jobs that are open, host by host.
  private static func openJobs(
    _ answers: [(host: Host, answer: SurveyAnswer)], _ claims: LeftClaims
  ) -> [String: String] {
    var jobs: [String: String] = [:]
    for case (let host, .probe(let probe, _)) in answers {
      guard let job = probe.status.openJob, RolloutStore.isID(job) else { continue }
      // Claimed by another fleet: that one drives it.
      if let claim = probe.status.claim, !claims.isOfOurs(claim) { continue }
      jobs[host.name] = Rollout.upgradeJob(of: job) ?? job
    }
    return jobs
  }

  /// What a host shows of a rollout.
  private enum Trace: Equatable { case none, open, ended, rollback }

  private static func trace(of id: String, in answer: SurveyAnswer) -> Trace {
    guard case .probe(let probe, _) = answer else { return .none }
    let last = probe.status.last
    if probe.status.openJob == id { return .open }
    if [probe.status.openJob, last?.job].contains(where: { $0.flatMap(Rollout.upgradeJob(of:)) == id }) {
      return .rollback
    }
    return last?.job == id && last?.outcome != nil ? .ended : .none
  }

  private static func line(
    _ host: Host, _ answer: SurveyAnswer, _ trace: Trace, _ id: String, _ target: String
  ) -> EventLine {
    let probe: Probe
    switch answer {
    case .probe(let found, _): probe = found
    case .error(let error): return EventLine(.hostUnreachable(host.name, Cause(error, at: host.name)))
    case .notAsked: return EventLine(.hostProbed(host.name, .rests(.untouched, from: nil, nil)))
    }
    let found = host.installed(in: probe)
    let version = found.map { "\($0.1)" }
    var line =
      switch trace {
      case .open where found != nil: EventLine(.hostProbed(host.name, .goes(from: version)))
      case .open, .none: EventLine(.hostProbed(host.name, .rests(.untouched, from: version, nil)))
      case .ended: ended(host, probe.status.last ?? JobResult(job: id, target: target), id, target)
      case .rollback: EventLine(.foundGoingBack(host.name))
      }
    line.profile = trace == .none ? nil : found?.0.agent
    return line
  }

  private static func ended(_ host: Host, _ last: JobResult, _ id: String, _ target: String) -> EventLine {
    let doubt = Ordered(job: id, target: target, from: nil).doubt(last, in: .cutover)
    return EventLine(
      doubt.map { .notBelieved(host.name, Cause(notBelieved: $0)) } ?? .cutoverRested(host.name, last)
    )
  }

  private static func installed(_ host: Host, _ answer: SurveyAnswer) -> (Profile, Version)? {
    if case .probe(let probe, _) = answer { host.installed(in: probe) } else { nil }
  }

  /// `20261122-101500-v4.2.0` and `20261122-101500-v4.2.0.2` (a second try) name v4.2.0, unless what a host says of
  /// that job is that it goes to 4.2.0.2.
  static func tag(of id: String, target: String? = nil) -> String? {
    let parts = id.pieces(by: "-", maxSplits: 2).map(String.init)
    guard parts.count == 3 else { return nil }
    let whole = TagName(parts[2])
    let shorter = (parts[2].cut(atLast: ".")?.before).flatMap { TagName(String($0)) }
    guard let whole, let shorter else { return (whole ?? shorter)?.text }
    if let target { return "\(shorter.version)" == target ? shorter.text : whole.text }
    return whole.version.fourth > 1 ? shorter.text : whole.text
  }
}
