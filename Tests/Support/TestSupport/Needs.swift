import Foundation
import Glibc
package import Testing

/// Whether CI runs this: what the machine lacks then fails, instead of being skipped.
package let isCI = ProcessInfo.processInfo.environment["CI"] == "true"

extension Trait where Self == ConditionTrait {
  /// For what only root may do: mounting, giving files away, devices. Whoever is not root is told that it was left out.
  /// Where CI runs nobody is, and it fails instead.
  package static var asRoot: Self {
    .enabled(if: geteuid() == 0 || isCI, "only root can mount, and give files away")
  }
}
