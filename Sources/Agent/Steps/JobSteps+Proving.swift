import Effects
import Files
import Wire

/// Guards and health, as the steps ask them.
extension JobSteps {
  func askGuards() throws(StepFailure) {
    let keeper = GuardKeeper(
      guards: profile.guards, environment: environment(scratch: nil, old: nil), owner: ownerName,
      runner: runner, log: log)
    switch keeper.ask(waits: true, interruption: { [self] in interruption }) {
    case .go: return
    case .no(let why, let detail): throw .because(.guardSaidNo, "\(why) (\(detail))")
    case .interrupted(let why): throw failure(why)
    }
  }

  private var prover: HealthProver {
    HealthProver(
      services: services.control(), health: profile.health,
      environment: environment(scratch: nil, old: nil), owner: ownerName, runner: runner,
      http: WebProbe(), log: log)
  }

  /// How much longer than once the app may take to hold, in seconds, before it counts as unwell beforehand: a
  /// daemon may err for a second.
  private static let patienceSeconds = 5

  /// Why the app is not well before anything is done to it; nil when it is, and was not started again while it was
  /// looked at: each single look may find a service well that restarts in a loop.
  func problemBefore() throws(StepFailure) -> HealthProblem? {
    var prover = prover
    let hold = min(prover.health.healthyForSeconds, Self.longestHoldSeconds)
    prover.health.healthyForSeconds = hold
    prover.health.deadlineSeconds = 2 * hold + Self.patienceSeconds
    prover.hears = { [self] in tell(.check, $0) }
    switch prover.prove(from: nil, interruption: { [self] in interruption }) {
    case .healthy: return nil
    case .unhealthy(let problem): return problem
    case .interrupted(let why): throw failure(why)
    }
  }

  /// Longer is nobody kept waiting for that, in seconds: the old version runs all the time.
  private static let longestHoldSeconds = 30

  /// How often the app is looked at before it counts as unwell.
  private static let looksNow = 5

  /// Why the app is not well right now; nil when it is.
  func problemNow() -> HealthProblem? {
    let prover = prover
    var problem: HealthProblem?
    for look in 0..<Self.looksNow {
      if look > 0 { Monotonic.sleep(.milliseconds(EffectLimits.longestHealthPauseMilliseconds)) }
      problem = prover.problemNow()
      if problem == nil { return nil }
    }
    return problem
  }

  private func tell(_ step: Step, _ progress: HealthProgress) {
    events.append(
      JobEvent(
        event: .stepProgress, step: step, ok: progress.problem == nil,
        done: Int64(progress.spent.wholeMilliseconds / 1000),
        total: Int64(progress.of.wholeMilliseconds / 1000),
        text: progress.problem?.text))
  }

  /// Waits until all checks have held for `healthy_for`, and what is asked beside them with them.
  ///
  /// - Parameter also: asked in each look that finds the checks well.
  /// - Returns: since when the checks hold (`HealthWatch`), on the clock that counts from the boot.
  func proveHealth(
    _ code: Cause.Code, also: @escaping (InterruptionCheck) -> HealthProver.Finding = { _ in .well }
  ) throws(StepFailure) -> Int64 {
    var prover = prover
    prover.also = also
    prover.hears = { [self] in tell(code == .undo ? .undo : .prove, $0) }
    let verdict = prover.prove(from: Monotonic.now()) { Termination.isWanted ? .shutdown : nil }
    switch verdict {
    case .healthy(let upSince):
      return BootClock.milliseconds() - Int64((Monotonic.now() - upSince).wholeMilliseconds)
    case .unhealthy(let problem):
      throw .because(code, problem.text, tail: [problem.detail])
    case .interrupted: throw .shutdown
    }
  }
}
