/// How far the one open job of an app is, as the agent's journal says it. Until `committed` recovery ends with the old
/// version, from then on with the new one.
package enum JobState: String, Codable, CaseIterable, Sendable {
  /// No job is open.
  case idle
  /// Staging; the old version has not been touched.
  case begin
  /// Everything that can be tried has been; waiting for the order to cut over.
  case staged
  case stopping, stopped
  case swapping, swapped
  /// The new version runs and is well, and waits to be confirmed. Recorded only where that was asked for.
  case proved
  case committed
  case rollingBack = "rolling_back"
  /// The old tree is back at its place; its services may not be.
  case rolledBack = "rolled_back"

  /// No job is at work on the app; one that is staged waits.
  package var isAtRest: Bool { self == .idle || self == .staged }

  /// The app may be down, and what is read there half of something.
  package var isInCutover: Bool {
    switch self {
    case .idle, .begin, .staged: false
    case .stopping, .stopped, .swapping, .swapped, .proved, .committed, .rollingBack, .rolledBack: true
    }
  }
}

extension HostStatus {
  /// nil: a newer agent's, which is not known here.
  package var jobState: JobState? { JobState(rawValue: state) }
}

extension Probe {
  package var isAtRest: Bool { status.jobState?.isAtRest ?? false }
  package var isInCutover: Bool { status.jobState?.isInCutover ?? true }
}
