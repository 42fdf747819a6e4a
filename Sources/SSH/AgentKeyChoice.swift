/// Which keys of an ssh-agent are offered, and in what order.
struct AgentKeyChoice {
  /// Public halves, in order: of the keys that the user has named for this host.
  let named: [[UInt8]]
  /// `IdentitiesOnly yes` (ssh_config(5)).
  let namedOnly: Bool

  /// Those that are named first, in the order of their names; the others in the agent's own.
  func order<Key>(_ held: [Key], _ blob: (Key) -> [UInt8]) -> [Key] {
    var rest = held
    var result: [Key] = []
    for name in named {
      guard let index = rest.firstIndex(where: { blob($0) == name }) else { continue }
      result.append(rest.remove(at: index))
    }
    return namedOnly ? result : result + rest
  }
}
