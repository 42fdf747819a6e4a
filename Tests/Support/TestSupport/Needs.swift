import Glibc
package import Testing

extension Trait where Self == ConditionTrait {
  /// For what only root may do: mounting, giving files away, devices. Whoever is not root is told that it was left out.
  package static var asRoot: Self { .enabled(if: geteuid() == 0, "only root can mount, and give files away") }
}
