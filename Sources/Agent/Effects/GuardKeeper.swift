package import Wire

/// Asks the profile's guards whether now is a good time. Whatever is not a clear yes is a no.
package struct GuardKeeper {
  package enum Answer: Equatable, Sendable {
    case go
    /// The guard's reason, and how it said so.
    case no(why: String, detail: String)
    case interrupted(Interruption)
  }

  var guards: [Guard]
  var environment: StepEnvironment
  var owner: String?
  var runner: any CommandRunning
  var log: StepLog?
  var time = MonotonicTime.live

  package init(
    guards: [Guard], environment: StepEnvironment, owner: String? = nil, runner: any CommandRunning,
    log: StepLog? = nil, time: MonotonicTime = MonotonicTime.live
  ) {
    self.guards = guards
    self.environment = environment
    self.owner = owner
    self.runner = runner
    self.log = log
    self.time = time
  }

  /// - Parameter waits: whether a guard that says no is asked again for as long as it wants to be
  ///   waited for; otherwise its first answer counts.
  package func ask(waits: Bool, interruption: InterruptionCheck) -> Answer {
    for item in guards {
      let answer = ask(item, waits: waits, interruption)
      if answer != .go { return answer }
    }
    return .go
  }

  private func ask(_ item: Guard, waits: Bool, _ interruption: InterruptionCheck) -> Answer {
    let end = time.now() + .seconds(waits ? item.waitSeconds : 0)
    while true {
      let detail: String
      do throws(CommandError) {
        let command = try StepCommand(item.run, environment: environment, owner: owner)
        let result = try runner.run(command, log: log, interruption: interruption)
        if result.succeeded { return .go }
        if case .interrupted(let why) = result.end { return .interrupted(why) }
        detail = result.tail.last.map { "\(result.summary): \($0)" } ?? result.summary
      } catch {
        detail = "\(error)"
      }
      if let why = interruption() { return .interrupted(why) }
      let left = end - time.now()
      guard left > .zero else { return .no(why: item.why, detail: detail) }
      time.sleep(min(left, .seconds(EffectLimits.guardPauseSeconds)))
    }
  }
}
