import Effects
import Files
import SystemPackage
import Wire

/// How the app is right now, for who watches it after an upgrade. Changes nothing.
struct HealthAnswer {
  let profile: AppProfile

  /// How often an app that looks unwell is looked at before that is said: a daemon may err for a second.
  /// All looks together stay within what the other side waits for an answer.
  static let looks = 3

  /// nil: it is well.
  func problem() throws(StepFailure) -> Cause? {
    let services = AppServices(outsideOfJobs: profile, at: try InstallSite.find(profile))
    let prover = HealthProver(
      services: services.control(), health: profile.health, environment: services.environment,
      owner: services.owner, runner: services.runner, http: WebProbe(), log: nil)
    let began = Monotonic.now()
    for _ in 0..<Self.looks {
      guard let problem = prover.problemNow() else { return nil }
      let isLate = Monotonic.now() - began > .seconds(WireLimits.answerSeconds / Self.looks)
      if isLate { return Self.reason(problem) }
      Monotonic.sleep(.milliseconds(EffectLimits.longestHealthPauseMilliseconds))
    }
    return prover.problemNow().map(Self.reason)
  }

  private static func reason(_ problem: HealthProblem) -> Cause {
    Cause(code: .unhealthy, step: .prove, text: problem.text, logTail: [problem.detail])
  }
}

extension AppServices {
  /// The services of an app that no job works on.
  init(outsideOfJobs profile: AppProfile, at site: InstallSite) {
    let environment = StepEnvironment(
      app: profile.app, from: nil, to: nil, install: profile.install, old: nil,
      rootCovers: site.covers(showing: nil), vars: profile.vars, scratch: nil)
    self.init(
      profile: profile, environment: environment, owner: site.ownerName,
      output: AgentPaths(app: profile.app).state.appending("app-output"), runner: CommandRunner(), log: nil)
  }
}
