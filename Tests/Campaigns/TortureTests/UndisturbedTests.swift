import Testing
import Wire

/// What torture is measured against: each order as it goes when nothing is done to it.
@Suite(.serialized) struct UndisturbedTests {
  @Test(arguments: Scenario.allCases)
  func `an order that nothing disturbs ends as it should`(_ scenario: Scenario) throws {
    let result = try Undisturbed.result(scenario)
    print(
      "\(scenario): \(result.outcome), calls \(result.counts.map { "\($0.key) \($0.value)" }), \(result.seconds) s"
    )
    #expect(result.problems == [])
    #expect(result.outcome == scenario.outcome?.rawValue ?? "staged")
    #expect((result.counts[.job] ?? 0) > 50, "killat counts nothing")
  }
}
