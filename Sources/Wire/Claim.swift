package struct Claim: Codable, Equatable, Sendable {
  package var rollout: String
  /// user@machine of the coordinator.
  package var who: String
  /// The folder of the inventory, on that machine: two that one person has may name the same host, and their rollouts
  /// of one second have the same name. nil from a coordinator that did not say it yet.
  package var inventory: String?
  /// The inventory's name of the host: two of them may lead to one install. nil from a coordinator that did not say it
  /// yet.
  package var host: String?
  package var sinceMilliseconds: Int64
  package var lifetimeSeconds: Int

  package init(
    rollout: String, who: String, inventory: String?, host: String? = nil, sinceMilliseconds: Int64,
    lifetimeSeconds: Int
  ) {
    self.rollout = rollout
    self.who = who
    self.inventory = inventory
    self.host = host
    self.sinceMilliseconds = sinceMilliseconds
    self.lifetimeSeconds = lifetimeSeconds
  }
}
