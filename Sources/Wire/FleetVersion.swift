/// The version of fleet: of the coordinator and of the agent that is built with it.
package enum FleetVersion {
  /// As in Semantic Versioning 2.0.0. Stands here and nowhere else: `scripts/version` reads it for packages and docs.
  package static let text = "0.1.0"
}
