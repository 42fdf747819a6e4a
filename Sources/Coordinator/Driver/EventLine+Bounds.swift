import Hosts
import Rollout
import Wire

/// What a log says is data too: a disk may have changed it, and somebody may have written into it. Numbers are such
/// as can be (``Figure``) before a rollout, a report or a wait is made of them.
extension EventLine {
  var bounded: EventLine {
    var line = self
    line.seq = Figure.sequence.nearest(seq)
    line.jobSeq = jobSeq.map { Figure.sequence.nearest($0) }
    line.milliseconds = Figure.duration.known(milliseconds)
    (line.done, line.total) = (Figure.bytes.known(done), Figure.bytes.known(total))
    line.result = result?.bounded
    line.profile = profile?.bounded
    line.header = header?.bounded
    return line
  }
}

extension RolloutHeader {
  fileprivate var bounded: RolloutHeader {
    var header = self
    header.release = release?.bounded
    header.policy = policy.bounded
    return header
  }
}

extension Rollout.Policy {
  fileprivate var bounded: Rollout.Policy {
    var policy = self
    if case .first(let count) = canary { policy.canary = .first(Figure.count.nearest(count)) }
    policy.batches = batches.map {
      switch $0 {
      case .hosts(let count): .hosts(Figure.count.nearest(count))
      case .percent(let percent): .percent(Figure.percent.nearest(percent))
      }
    }
    policy.maxParallel = Figure.parallel.nearest(maxParallel)
    policy.stageParallel = Figure.parallel.nearest(stageParallel)
    policy.maxFailures = Figure.count.nearest(maxFailures)
    policy.soakSeconds = Figure.seconds.nearest(soakSeconds)
    policy.canaryForSeconds = Figure.seconds.nearest(canaryForSeconds)
    policy.orderLifetimeSeconds = Figure.seconds.nearest(orderLifetimeSeconds)
    policy.confirmWithinSeconds = Figure.seconds.known(confirmWithinSeconds)
    return policy
  }
}
