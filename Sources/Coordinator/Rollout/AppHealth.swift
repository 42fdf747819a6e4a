package import Wire

/// How an app is when its host is asked, by its profile's services and health checks.
package enum AppHealth: Equatable, Sendable {
  case well
  case unwell(Cause)
  /// It could not be asked, its agent is an older one, or a job is at work there: no news is no failure.
  case unknown

  /// nil where nobody knows.
  package var isWell: Bool? {
    switch self {
    case .well: true
    case .unwell: false
    case .unknown: nil
    }
  }
}
