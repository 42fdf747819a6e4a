// A profile is data too, wherever it was read: numbers are such as can be (``Figure``) before anybody computes with
// them.

extension AppProfile {
  package var bounded: AppProfile {
    var profile = self
    profile.keepBackups = Figure.count.nearest(keepBackups)
    profile.backupsBytes = Figure.bytes.known(backupsBytes)
    profile.stopTimeoutSeconds = Figure.seconds.nearest(stopTimeoutSeconds)
    profile.downtimeBudgetSeconds = Figure.seconds.known(downtimeBudgetSeconds)
    profile.rehearsalLockSeconds = Figure.seconds.nearest(rehearsalLockSeconds)
    if case .commands(let start, let stop, let status) = services {
      profile.services = .commands(start: start.bounded, stop: stop.bounded, status: status.bounded)
    }
    profile.steps = Steps(
      prepare: steps.prepare.map(\.bounded), complete: steps.complete.map(\.bounded),
      migrate: steps.migrate.map(\.bounded), finish: steps.finish.map(\.bounded))
    profile.guards = guards.map {
      Guard(run: $0.run.bounded, why: $0.why, waitSeconds: Figure.seconds.nearest($0.waitSeconds))
    }
    profile.health = Health(
      healthyForSeconds: Figure.seconds.nearest(health.healthyForSeconds),
      deadlineSeconds: Figure.seconds.nearest(health.deadlineSeconds), checks: health.checks.map(\.bounded))
    profile.forewarn = forewarn?.map(\.bounded)
    profile.parity = parity?.prefix(WireLimits.parityChecks).map {
      ParityCheck(
        name: $0.name, run: $0.run.bounded, compare: $0.compare, margin: Figure.count.nearest($0.margin))
    }
    return profile
  }
}

extension Run {
  var bounded: Run {
    var run = self
    run.timeoutSeconds = Figure.seconds.nearest(timeoutSeconds)
    return run
  }
}

extension HealthCheck {
  var bounded: HealthCheck {
    switch self {
    case .http(var check):
      check.status = Figure.code.nearest(check.status)
      return .http(check)
    case .tcp(let host, let port): return .tcp(host: host, port: Figure.code.nearest(port))
    case .run(let run, let expect): return .run(run.bounded, expect: expect)
    }
  }
}
