/// At which levels of fleet.yaml which keys are known: what stands at another one is told where it belongs.
struct KeyLevels {
  private let vocabulary: [String: Set<String>]

  /// - Parameter vocabulary: the keys by the name of the mapping; none: nothing is told.
  init(_ vocabulary: [String: Set<String>] = [:]) { self.vocabulary = vocabulary }

  /// `track belongs below defaults:, or in a host's braces`; nil where the key is known nowhere, or the mapping is
  /// none of fleet.yaml's own.
  ///
  /// - Parameter section: where it stands; "hosts": as a host's name.
  func belongs(_ key: String, in section: String) -> String? {
    guard Self.places.contains(where: { $0.section == section }) || Self.others.contains(section) else {
      return nil
    }
    var places = Self.places.filter { vocabulary[$0.section]?.contains(key) == true }.map(\.words)
    // Hosts are called like some of a profile's keys: "backups", "version".
    if places.isEmpty, section != "hosts", vocabulary["profile"]?.contains(key) == true {
      places = ["below profile:"]
    }
    guard let last = places.last else { return nil }
    let others = places.dropLast().joined(separator: ", ")
    return "\(key) belongs \(others.isEmpty ? last : "\(others), or \(last)")"
  }

  private static let places = [
    (section: "inventory", words: "at the left edge of fleet.yaml"),
    (section: "defaults", words: "below defaults:"), (section: "rollout", words: "below rollout:"),
    (section: "host", words: "in a host's braces"),
  ]

  private static let others = ["group", "hosts", "notify", "app", "host-of-app"]
}
