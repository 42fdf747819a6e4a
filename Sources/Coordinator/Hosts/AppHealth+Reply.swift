import Rollout
package import Wire

extension AppHealth {
  /// - Throws: where the answer is none to ``Request/health(_:)``.
  package init(_ reply: Reply) throws(HostError) {
    switch reply {
    case .health(nil): self = .well
    case .health(let problem?): self = .unwell(problem)
    case .refused, .unsupported: self = .unknown
    case let other: throw HostError.unexpected(other)
    }
  }
}
