import Inventory
package import Release

/// Hosts that have come to a stepping stone, and where they go on to. Pure.
package struct Onward: Equatable, Sendable {
  /// Where they are; of several legs the newest.
  package var stone: TagName
  /// What lies behind it, and was shown when the way there was asked for; of several the newest.
  package var goal: TagName
  /// In the inventory's order.
  package var hosts: [String]

  /// - Parameters:
  ///   - legs: those that were to be gone.
  ///   - upgraded: the hosts that have the release of their leg now.
  /// - Returns: nil where no stone lies behind any of them.
  package init?(_ legs: [PlanLeg], upgraded: Set<String>) {
    let through = legs.flatMap { leg in
      leg.going.compactMap { entry in
        entry.goal.flatMap { upgraded.contains(entry.host.name) ? (leg.tag, $0, entry.host.name) : nil }
      }
    }
    guard let stone = through.map(\.0).newest, let goal = through.map(\.1).newest else { return nil }
    self.stone = stone
    self.goal = goal
    hosts = through.map(\.2)
  }

  /// Those of them that would go to no newer release than they are said to have: what they say of themselves is not so,
  /// and they would go there for ever.
  package func circling(in plan: Plan) -> [String] {
    plan.legs.filter { $0.tag.version <= stone.version }.flatMap(\.going).map(\.host.name)
  }

  /// Whether what was asked for covers that way, too.
  package func covers(_ legs: [PlanLeg]) -> Bool {
    legs.allSatisfy { leg in leg.going.allSatisfy { ($0.goal ?? leg.tag) == goal } }
  }
}

extension PlanLeg {
  /// The release that lies behind, where this one is a stepping stone for some of those that go.
  package var goal: TagName? { going.compactMap(\.goal).newest }
}

extension [TagName] {
  fileprivate var newest: TagName? { self.max { $0.version < $1.version } }
}
