import Testing
import Wire

@testable import Agent

@Suite struct StepFailureTests {
  @Test func `what leaves the agent is at a step, also where the failure came before any`() {
    #expect(StepFailure.because(.space, "full").cause(at: .receive).step == .receive)
    #expect(
      StepFailure.shutdown.cause(at: .check)
        == Cause(
          code: .shutdown, step: .check, text: "the machine is shutting down"))
    let late = StepFailure.failed(Cause(code: .orderExpired, step: .ask, text: "too old"))
    #expect(late.cause(at: .check).step == .ask)
  }
}
