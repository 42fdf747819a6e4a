import Testing

@testable import SSH

@Suite struct AgentKeyChoiceTests {
  private let held: [[UInt8]] = [[1], [2], [3], [4]]

  private func order(_ named: [[UInt8]], only: Bool) -> [[UInt8]] {
    AgentKeyChoice(named: named, namedOnly: only).order(held) { $0 }
  }

  @Test func `those that are named come first, in the order of their names`() {
    #expect(order([[3], [9], [1]], only: false) == [[3], [1], [2], [4]])
    #expect(order([], only: false) == held)
  }

  @Test func `no other is offered where that is said`() {
    #expect(order([[3], [9], [1], [3]], only: true) == [[3], [1]])
    #expect(order([], only: true).isEmpty)
  }
}
