import Wire

/// How long the app will be down: the rehearsal shows what its data takes, this host's earlier cutovers what
/// stopping, restarting and proving take.
struct Forecast: Equatable {
  var milliseconds: Int
  /// There was no earlier cutover: it can only take longer.
  var isAtLeast: Bool

  /// Cutovers that are looked at, the newest.
  static let cutovers = 3

  /// - Parameters:
  ///   - rehearsal: backup and migration, in milliseconds.
  ///   - earlier: how jobs ended here, in any order; only the upgraded count.
  ///   - healthyForSeconds: the part of *prove* in which the app is up already.
  init(rehearsal: Int, earlier: [JobResult], healthyForSeconds: Int) {
    let standing = earlier.filter { $0.outcome?.isCommitted == true }.map { result in
      result.steps.reduce(0) { sum, record in
        let took: Int = Figure.duration.nearest(record.milliseconds)
        return switch record.step {
        case .stop, .swap, .restart: sum + took
        case .prove: sum + max(0, took - healthyForSeconds * 1000)
        default: sum
        }
      }
    }
    // The middle one, of two the slower: one bad day must not refuse every release after it.
    milliseconds = rehearsal + (standing.isEmpty ? 0 : standing.sorted()[standing.count / 2])
    isAtLeast = standing.isEmpty
  }
}

extension JobSteps {
  /// How the last upgrades of this host went.
  func earlierCutovers() -> [JobResult] {
    JobHistory(paths: paths).results(besides: job, atMost: Forecast.cutovers) {
      $0.outcome?.isCommitted == true
    }
  }
}
