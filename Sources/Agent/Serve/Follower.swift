internal import Files
internal import Glibc
internal import SystemPackage
internal import Wire

/// Replays a job's events and goes on until it rests.
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
          Reason(code: .fault, step: .check, text: "there is no job \(folder.id) on this host")))
      return
    }
    var sent = after
    var size: Int64 = -1
    var heard = BootClock.milliseconds()
    var abandoned: Int64?
    while true {
      let now = BootClock.milliseconds()
      let length = (try? FileStatus.of(folder.events).sizeBytes) ?? 0
      if length != size {
        size = length
        let events = EventLog.readAll(folder.events).0
        for event in events where event.seq > sent {
          try conversation.answer(.event(event))
          sent = event.seq
          heard = now
        }
        if let last = events.last, last.event == .rested {
          // Whoever has heard it all is told the end again: a follower waits for that.
          if last.seq <= after { try conversation.answer(.event(last)) }
          return
        }
      }
      if now - heard >= Int64(WireLimits.heartbeatSeconds) * 1000 {
        try conversation.answer(.event(JobEvent(event: .heartbeat)))
        heard = now
      }
      if isWorkedOn {
        abandoned = nil
      } else if let since = abandoned {
        if now - since > Self.orphanMilliseconds {
          recover()
          endUnbegun()
          abandoned = nil
        }
      } else {
        abandoned = now
      }
      pause(milliseconds: Self.pollMilliseconds)
    }
  }

  private var isWorkedOn: Bool { StateFolder(folder.paths).isLocked }

  private func recover() {
    guard let pid = try? Detach.spawn([folder.program.string, "recover", folder.paths.app]) else {
      return
    }
    _ = Detach.wait(for: pid)
  }

  /// The order was taken, and then the power went, or the job could not be started: nobody will do it.
  private func endUnbegun() {
    guard let lock = try? StateFolder(folder.paths).lock("a look at a job that did not begin") else { return }
    if (try? Journal.peek(folder.paths.journal))?.job != folder.id {
      let tail = EventLog.readAll(folder.events).0.reversed().prefix { $0.event != .rested }
      let hasBegun = tail.contains { $0.event == .stepStarted }
      if !tail.isEmpty || EventLog.readAll(folder.events).0.isEmpty, !hasBegun {
        var result = JobResult(job: folder.id, outcome: .interrupted, target: "")
        result.reason = Reason(code: .crashed, step: .check, text: "the job was ordered, and never began")
        try? EventLog(folder.events).append(JobEvent(event: .rested, result: result))
      }
    }
    lock.release()
  }
}

func pause(milliseconds: Int) {
  Monotonic.sleep(.milliseconds(milliseconds))
}
