import Wire

/// When something happens to the disk in the course of an upgrade.
enum Moment: String, CaseIterable, Sendable, CustomStringConvertible {
  /// Before anything is sent.
  case sending
  /// The release is there; nothing is ordered yet.
  case order
  /// The step in which a release builds its environment.
  case prepare
  /// The migration is tried on a copy.
  case rehearse
  /// All is staged; the cutover is not ordered yet.
  case staged
  /// In the app's own stop command: all guards have been asked, and the old version still runs.
  case stop
  /// The step that migrates the data for good, while nothing runs.
  case migrate
  /// The first thing after the swap.
  case finish
  /// In the app's own start command, of the new version.
  case start

  var description: String { rawValue }

  /// Whether the old version has not been asked to stop by then.
  var isBeforeStop: Bool {
    switch self {
    case .sending, .order, .prepare, .rehearse, .staged: true
    case .stop, .migrate, .finish, .start: false
    }
  }

  /// Whether the profile stops there for the test; else the test itself is at this point.
  var isPause: Bool {
    switch self {
    case .sending, .order, .staged: false
    case .prepare, .rehearse, .stop, .migrate, .finish, .start: true
    }
  }

  /// Which time the profile's pause is met: the migration runs in the rehearsal too.
  var occurrence: Int { self == .migrate ? 2 : 1 }

  /// A profile that pauses at this moment until the test has done its part (see ``Intruder``).
  func pausing(_ profile: AppProfile, of pocket: Pocket) -> AppProfile {
    var profile = profile
    let words = [pocket.program, "pause", pocket.site.install, rawValue]
    let pause = Run(command: .arguments(words), timeoutSeconds: 60)
    switch self {
    case .sending, .order, .staged: break
    case .prepare: profile.steps.prepare.insert(pause, at: 0)
    case .rehearse, .migrate: profile.steps.migrate.insert(pause, at: 0)
    case .finish: profile.steps.finish.insert(pause, at: 0)
    case .stop, .start:
      guard case .commands(var start, var stop, let status) = profile.services else { break }
      if self == .stop { stop = Self.after(words, stop) } else { start = Self.after(words, start) }
      profile.services = .commands(start: start, stop: stop, status: status)
    }
    return profile
  }

  private static func after(_ pause: [String], _ run: Run) -> Run {
    var run = run
    run.command = .shell(
      "\(pause.joined(separator: " ")) && exec \(run.command.words.joined(separator: " "))")
    return run
  }
}
