import Foundation
import TestSupport
import Testing

@testable import Inventory
@testable import Coordinator

/// What docs/profile.md tells people to write is read without a word.
@Suite struct ProfilePageTests {
  private static let first = "## Your first profile\n"

  /// The YAML of the steps that lead to a first profile, and of the reference behind them.
  private func page() throws -> (steps: [String], reference: [String]) {
    let text = try String(contentsOf: Repository.file("docs/profile.md"), encoding: .utf8)
    let parts = text.components(separatedBy: Self.first)
    try #require(parts.count == 2)
    let end = parts[1].range(of: "\n## ")?.lowerBound ?? parts[1].endIndex
    func blocks(_ text: Substring) -> [String] {
      text.matches(of: #/(?s)```yaml\n(.*?)```/#).map { String($0.1) }
    }
    return (blocks(parts[1][..<end]), blocks(parts[0] + parts[1][end...]))
  }

  private func load(_ profile: String) throws -> Profile {
    let folder = try InventoryFolder("app: growroom\nhosts: { veg: }\n", profile: profile, app: "growroom")
    #expect(folder.complaints() == "", "\(profile)")
    let fleet = try folder.load()
    #expect(fleet.warnings == [])
    return try #require(fleet.profiles.first)
  }

  @Test func `each step to a first profile is right, and the last one has all of the demonstration's`() throws
  {
    let steps = try page().steps
    #expect(steps.count >= 5)
    for count in 1..<steps.count { _ = try load(steps.prefix(count).joined()) }
    let demonstration = try load(
      String(contentsOf: Repository.file("demo/inventory/apps/growroom.yaml"), encoding: .utf8))
    #expect(try load(steps.joined()).agent == demonstration.agent)
  }

  @Test func `each example of the reference is right`() throws {
    let examples = try page().reference
    #expect(examples.count >= 2)
    for example in examples { _ = try load(InventoryFolder.profile + "\n" + example) }
  }
}
