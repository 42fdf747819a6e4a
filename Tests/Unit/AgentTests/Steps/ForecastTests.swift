import Testing
import Wire

@testable import Agent

@Suite struct ForecastTests {
  private func result(
    _ outcome: Outcome, stop: Int = 1_000, restart: Int = 2_000, prove: Int = 13_000
  ) -> JobResult {
    var result = JobResult(job: "j", outcome: outcome, target: "2")
    result.steps = [
      StepRecord(step: .prepare, milliseconds: 60_000, ok: true),
      StepRecord(step: .stop, milliseconds: stop, ok: true),
      StepRecord(step: .carry, milliseconds: 9_000, ok: true),
      StepRecord(step: .restart, milliseconds: restart, ok: true),
      StepRecord(step: .prove, milliseconds: prove, ok: true),
    ]
    return result
  }

  private func forecast(_ earlier: [JobResult]) -> Forecast {
    Forecast(rehearsal: 500, earlier: earlier, healthyForSeconds: 10)
  }

  @Test func `a first upgrade can only say at least`() {
    #expect(forecast([]).milliseconds == 500)
    #expect(forecast([]).isAtLeast)
    #expect(forecast([result(.rolledBack), result(.refused)]).isAtLeast, "they prove nothing")
  }

  @Test func `earlier cutovers say what stopping restarting and proving take`() {
    // The time in which the app was well already is none; nor is what the rehearsal measures.
    #expect(forecast([result(.upgraded)]).milliseconds == 500 + 1_000 + 2_000 + 3_000)
    #expect(!forecast([result(.upgraded)]).isAtLeast)
  }

  @Test func `the middle one counts and of two the slower`() {
    let slow = result(.upgraded, stop: 40_000)
    #expect(forecast([result(.upgraded), slow]).milliseconds == 500 + 40_000 + 5_000)
    #expect(forecast([result(.upgraded), slow, result(.upgraded)]).milliseconds == 500 + 1_000 + 5_000)
  }

  @Test func `a proof that was shorter than its hold takes nothing away`() {
    #expect(forecast([result(.upgraded, prove: 1_000)]).milliseconds == 500 + 3_000)
  }

  // They are read from files, which a failing disk may have changed.
  @Test(arguments: [Int.min, -1, .max])
  func `a time that cannot be is the nearest that can`(milliseconds: Int) {
    let odd = result(.upgraded, stop: milliseconds, restart: milliseconds, prove: milliseconds)
    #expect(forecast([odd]).milliseconds >= 500)
  }
}
