internal import Files
internal import SystemPackage
internal import Wire

/// How the app is right now, for who watches it after an upgrade. Changes nothing.
struct HealthAnswer {
  let profile: AppProfile

  /// How often an app that looks unwell is looked at before that is said: a daemon may err for a second.
  /// All looks together stay within what the other side waits for an answer.
  static let looks = 3

  /// nil: it is well.
  func problem() throws(StepFailure) -> Reason? {
    let site = try InstallSite.find(profile)
    let owner = site.ownerName
    let environment = StepEnvironment(
      app: profile.app, from: nil, to: nil, install: profile.install, old: nil,
      rootCovers: site.covers(showing: nil), vars: profile.vars, scratch: nil)
    let runner = CommandRunner()
    let services = AppServices(
      profile: profile, environment: environment, owner: owner,
      output: AgentPaths(app: profile.app).state.appending("app-output"), runner: runner, log: nil)
    let prover = HealthProver(
      services: services.control(), health: profile.health, environment: environment, owner: owner,
      runner: runner, http: WebProbe(), log: nil)
    let began = Monotonic.now()
    for _ in 0..<Self.looks {
      guard let problem = prover.problemNow() else { return nil }
      let isLate = Monotonic.now() - began > .seconds(WireLimits.answerSeconds / Self.looks)
      if isLate { return Self.reason(problem) }
      Monotonic.sleep(.milliseconds(EffectLimits.longestHealthPauseMilliseconds))
    }
    return prover.problemNow().map(Self.reason)
  }

  private static func reason(_ problem: HealthProblem) -> Reason {
    Reason(code: .unhealthy, step: .prove, text: problem.text, logTail: [problem.detail])
  }
}
