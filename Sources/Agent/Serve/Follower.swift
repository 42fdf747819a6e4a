import Effects
import Upgrade
import Files
import Glibc
import SystemPackage
import Wire

/// Replays a job's events from where the other side heard it last, until the job rests. A job that rests
/// twice (staged, then ended) is followed twice: so both sides know when it is over. That it rested once,
/// and has gone on since, is no news: who hears that would order again what is under way.
struct Follower {
  let folder: JobFolder

  static let pollMilliseconds = 100
  /// A job that nobody works on for so long, and that does not rest, died with its parent: then we
  /// recover it.
  static let orphanMilliseconds: Int64 = 15_000

  func follow(after: Int, _ conversation: Conversation) throws(Conversation.Ended) {
    guard folder.exists else {
      try conversation.answer(
        .refused(
          Cause(code: .fault, step: .check, text: "there is no job \(folder.id) on this host")))
      return
    }
    var sent = after
    var size: Int64 = -1
    var heard = BootClock.milliseconds()
    var abandoned: Int64?
    var recovery: pid_t?
    var failures = 0
    var step: Step?
    while true {
      let now = BootClock.milliseconds()
      let length = (try? FileStatus.of(folder.events).sizeBytes) ?? 0
      if length != size {
        size = length
        let events = JobEventLog.readAll(folder.events).0
        step = events.last { $0.event == .stepStarted || $0.event == .stepEnded }.flatMap {
          $0.event == .stepStarted ? $0.step : nil
        }
        for event in events where event.seq > sent {
          let isLast = event.seq == events.last?.seq
          sent = event.seq
          guard event.event != .rested || isLast else { continue }
          try conversation.answer(.event(event))
          if event.event == .rested { return }
          heard = now
        }
        if let last = events.last, last.event == .rested {
          // Whoever has heard it all is told the end again: a follower waits for that.
          return try conversation.answer(.event(last))
        }
      }
      if now - heard >= Int64(WireLimits.heartbeatSeconds) * 1000 {
        try conversation.answer(.event(JobEvent(event: .heartbeat, step: step)))
        heard = now
      }
      if let pid = recovery {
        // Not waited for: whoever follows hears heartbeats meanwhile.
        if let status = Detach.ended(pid) {
          recovery = nil
          failures = status == 0 ? 0 : failures + 1
          // The end that it wrote is read next.
          guard JobEventLog.readAll(folder.events).0.last?.event != .rested else { continue }
          if let told = orphaned ?? unwritable(after: sent) { return try conversation.answer(told) }
          if failures == 1 { recovery = startRecovery("/proc/self/exe") }
          if failures > 1 {
            return try conversation.answer(unended(after: sent, "recovery ends with \(status)"))
          }
        }
      } else if isWorkedOn {
        abandoned = nil
      } else if let since = abandoned {
        if now - since > Self.orphanMilliseconds {
          recovery = startRecovery(folder.program.string) ?? startRecovery("/proc/self/exe")
          abandoned = nil
        }
      } else {
        abandoned = now
      }
      pause(milliseconds: Self.pollMilliseconds)
    }
  }

  /// What can be said of a job that nobody works on and that recovery found nothing to do for: an order was
  /// announced, and the machine went down before it was begun.
  private var orphaned: Reply? {
    let events = JobEventLog.readAll(folder.events).0
    guard !isWorkedOn, events.last?.event != .rested else { return nil }
    guard let rest = events.lastIndex(where: { $0.event == .rested }) else {
      let hasBegun = events.contains { $0.event == .stepStarted }
      let text = "the job \(folder.id) was ordered and did not begin"
      return hasBegun ? nil : .refused(Cause(code: .crashed, step: .check, text: text))
    }
    let record = try? Journal.peek(folder.paths.journal)
    let isStaged = record?.state == .staged && record?.job == folder.id
    guard isStaged || !events[rest...].contains(where: { $0.event == .stepStarted }) else { return nil }
    return .event(events[rest])
  }

  /// What can be said of a job whose disk takes no writes.
  private func unwritable(after seq: Int) -> Reply? {
    do {
      _ = try OpenFile.open(folder.events, .writeOnly, options: .append)
      return nil
    } catch {
      return isWorkedOn
        ? nil : unended(after: seq, "the disk takes no writes any more (\(folder.path): \(error.errno))")
    }
  }

  /// The end of a story that cannot be ended: it is told, and not written down. The journal, which a boot goes by,
  /// has the last word; where there is none, the job's facts say whether the app was stopped.
  private func unended(after seq: Int, _ why: String) -> Reply {
    let state = (try? Journal.peek(folder.paths.journal))?.state
    let facts = try? folder.facts()
    let wasStopped =
      state.map(Upgrade.mayHaveStopped) ?? facts.map { $0.stoppedMilliseconds != nil } ?? true
    let order = try? folder.order()
    let outcome: Outcome =
      state == .committed ? order?.success ?? .upgraded : wasStopped ? .failed : .refused
    var result = JobResult(job: folder.id, outcome: outcome, from: facts?.from, target: facts?.target ?? "")
    result.now = (order?.profile).flatMap { profile in
      (try? realPath(FilePath(profile.install))).flatMap { try? Install.version(profile.version, in: $0) }
    }
    result.reason = Cause(
      code: .io, step: wasStopped ? .undo : .check,
      text: "\(why), so the job cannot be ended; "
        + (wasStopped
          ? "the journal says \(state?.rawValue ?? "nothing"), and whether the app runs has to be looked at; "
          : "the app was not stopped; ")
        + "look at the disk and at \(CommandLink.command) recover, then boot the host: that ends the job")
    result.steps = StepStory.records(of: JobEventLog.readAll(folder.events).0)
    result.logPath = folder.log.string
    return .event(JobEvent(seq: seq + 1, event: .rested, result: result))
  }

  private var isWorkedOn: Bool { StateFolder(folder.paths).isLocked }

  /// The job's own program is asked first. Where it does not work, ours, which is newer then, or where it was put anew.
  private func startRecovery(_ program: String) -> pid_t? {
    try? Detach.spawn([program, "recover", folder.paths.app])
  }
}
