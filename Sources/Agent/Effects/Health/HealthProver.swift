import SystemPackage
package import Wire

/// Proves that the app is well: its services run and are not restarted, and every check of the profile
/// passes.
package struct HealthProver {
  package enum Verdict: Equatable, Sendable {
    /// With the time (``Monotonic``) since when its services run and its checks hold without a break.
    case healthy(upSince: Duration)
    case unhealthy(HealthProblem)
    case interrupted(Interruption)
  }

  /// What is asked beside the profile's checks.
  package enum Finding: Equatable, Sendable {
    case well
    case unwell(HealthProblem)
    case interrupted(Interruption)
  }

  var services: any ServiceControl
  package var health: Health
  var environment: StepEnvironment
  var owner: String?
  var runner: any CommandRunning
  var http: any HTTPProbing
  var log: StepLog?
  var time = MonotonicTime.live
  /// Hears where the proof stands when it begins to hold, and when something else is not well.
  package var hears: (HealthProgress) -> Void = { _ in }

  /// Asked in each look that finds all else well.
  package var also: (InterruptionCheck) -> Finding = { _ in .well }

  package init(
    services: any ServiceControl, health: Health, environment: StepEnvironment, owner: String? = nil,
    runner: any CommandRunning, http: any HTTPProbing, log: StepLog? = nil,
    time: MonotonicTime = MonotonicTime.live, hears: @escaping (HealthProgress) -> Void = { _ in }
  ) {
    self.services = services
    self.health = health
    self.environment = environment
    self.owner = owner
    self.runner = runner
    self.http = http
    self.log = log
    self.time = time
    self.hears = hears
  }

  /// What is not well may change with each look.
  private static let hearsEvery = Duration.seconds(1)

  /// Looks until it is proved, or cannot be any more.
  /// - Parameter start: what the deadline is counted from; nil: from the end of the first look. How long a slow host's
  ///   checks take is then no fault of an app that they find well.
  package func prove(from start: Duration?, interruption: InterruptionCheck) -> Verdict {
    var begun = start.map { HealthWatch(health, start: $0) }
    var lastNoted: HealthProblem?
    var lastHeard: HealthProgress?
    var heardAt: Duration?
    while true {
      let look: HealthLook
      switch self.look(interruption) {
      case .success(let taken): look = taken
      case .failure(let stop): return .interrupted(stop.why)
      }
      if look.trouble != lastNoted {
        log?.note("health: \(look.trouble?.detail ?? "well")")
        lastNoted = look.trouble
      }
      var watch = begun ?? HealthWatch(health, start: look.ended)
      defer { begun = watch }
      switch watch.judge(look) {
      case .healthy(let upSince): return .healthy(upSince: upSince)
      case .unhealthy(let problem):
        return services.isShuttingDown ? .interrupted(.shutdown) : .unhealthy(problem)
      case .lookAgain(let pause):
        let progress = watch.progress(at: look)
        let isNews = lastHeard.map { $0.problem?.text != progress.problem?.text } ?? true
        if isNews, heardAt.map({ look.ended - $0 >= Self.hearsEvery }) ?? true {
          hears(progress)
          (lastHeard, heardAt) = (progress, look.ended)
        }
        if let why = interruption() { return .interrupted(why) }
        time.sleep(pause)
      }
    }
  }

  /// One look, without waiting: nil when all is well.
  package func problemNow() -> HealthProblem? {
    switch look({ nil }) {
    case .success(let look): look.trouble
    case .failure: HealthProblem("the machine is shutting down")
    }
  }

  private struct Stop: Error { var why: Interruption }

  private func look(_ interruption: InterruptionCheck) -> Result<HealthLook, Stop> {
    let began = time.now()
    var look = HealthLook(began: began, ended: began, checked: began, fingerprint: [])
    do throws(ServiceError) {
      let states = try services.states()
      look.fingerprint = states.map { "\($0.name) \($0.invocation) \($0.restarts)" }
      look.isOver = states.contains { $0.activity == .failed && !$0.hasJob }
      if let down = states.first(where: { !$0.isUp }) {
        look.problem = HealthProblem("\(down.name) is \(down.words)")
      }
    } catch {
      switch error {
      case .shuttingDown: return .failure(Stop(why: .shutdown))
      case .interrupted(let why): return .failure(Stop(why: why))
      default: look.problem = HealthProblem("\(error)")
      }
    }
    // Where services are down the checks could only say the same again.
    if look.problem == nil {
      switch problems(interruption) {
      case .success(let problems): look.problem = HealthProblem.joined(problems)
      case .failure(let stop): return .failure(stop)
      }
    }
    look.checked = time.now()
    if look.problem == nil {
      switch also(interruption) {
      case .well: break
      case .unwell(let problem): look.lacking = problem
      case .interrupted(let why): return .failure(Stop(why: why))
      }
    }
    look.ended = time.now()
    return .success(look)
  }

  /// What the profile's checks find, in their order: commands side by side, then who listens, which is known at once.
  private func problems(_ interruption: InterruptionCheck) -> Result<[HealthProblem], Stop> {
    var found: [Int: HealthProblem] = [:]
    let asked = health.checks.enumerated().compactMap { index, check -> (Int, Run, String?)? in
      if case .run(let run, let expect) = check { (index, run, expect) } else { nil }
    }
    let answers = runner.ask(
      asked.map(\.1), environment: environment, owner: owner, interruption: interruption)
    for ((index, _, expect), (title, result)) in zip(asked, answers) {
      if case .success(let ended) = result, case .interrupted(let why) = ended.end {
        return .failure(Stop(why: why))
      }
      found[index] = Self.problem(of: title, result, expect: expect)
    }
    for (index, check) in health.checks.enumerated() {
      switch check {
      case .tcp(let host, let port):
        found[index] = TCPProbe.problem(host: host, port: port).map { HealthProblem($0) }
      case .http(let check): found[index] = http.problem(of: check)
      case .run: continue
      }
    }
    return .success(health.checks.indices.compactMap { found[$0] })
  }

  private static func problem(
    of title: String, _ result: Result<CommandResult, CommandError>, expect: String?
  ) -> HealthProblem? {
    switch result {
    case .success(let result):
      if result.succeeded, expect.map(result.output.contains) ?? true { return nil }
      let said = result.tail.last.map { "\"\($0)\"" }
      let wanted = expect.map { ", expected \"\($0)\"" } ?? ""
      let detail = "`\(title)`: \(result.summary)\(wanted), said \(said ?? "nothing")"
      return HealthProblem(said ?? detail, detail: detail, isOwnWords: said != nil)
    case .failure(let error): return HealthProblem("\(error)")
    }
  }
}
