import Testing

/// What steers a rollout is shown on real hosts: each key that the inventory's reader asks for stands in an
/// inventory of a lab test.
@Suite struct PolicyKeyTests {
  private static var asked: Regex<(Substring, Substring)> {
    #/section\.(?:node|value|list|sections)\(\s*"([a-z_]+)"/#
  }
  /// Of what else is read there, what says who goes and when.
  private static let others = [
    "skip", "timezone", "notify", "groups", "hold", "window", "track", "guards",
  ]

  private static func keys(of file: String) -> Set<String> {
    let text = SourceFile.all(in: "Sources/Coordinator/Inventory").first { $0.description.hasSuffix(file) }?
      .text
    return Set((text ?? "").matches(of: asked).map { String($0.1) })
  }

  @Test func `every policy key stands in a lab test`() {
    // Of an entry of notify, one is enough.
    let policy = Self.keys(of: "/RolloutReader.swift").subtracting(["ntfy", "webhook", "run"])
    #expect(policy.count >= 11, "the reader was not understood: \(policy.sorted())")
    let known = ["InventoryReader", "HostSettings", "HostReader", "ProfileReader"].reduce(into: Set<String>())
    {
      $0.formUnion(Self.keys(of: "/\($1).swift"))
    }
    #expect(known.isSuperset(of: Self.others), "no key any more: \(Set(Self.others).subtracting(known))")
    let lab = SourceFile.all(in: "Tests/Lab").map(\.text).joined()
    for key in policy.union(Self.others) {
      #expect(lab.contains("\(key): "), "no lab test has an inventory with \(key)")
    }
  }
}
